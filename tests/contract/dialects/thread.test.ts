import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GatewayProcess } from '../../support/gateway-process.ts';
import { Client, connections, dial, eventually, page, SCRIPTED, type Frame } from './support.ts';

let gateway: GatewayProcess;
let threads = 0;

beforeAll(async () => {
  gateway = await GatewayProcess.start({ args: SCRIPTED });
});
afterAll(() => gateway.dispose());

const withToken = (token: string): string =>
  `/chat/ws?threadId=t&token=${encodeURIComponent(token)}`;

const newThread = (): string => `thread-${++threads}`;

/** Signed in as clients with headers do. */
const open = (threadId: string, to = gateway): Promise<Client> =>
  dial(to, `/chat/ws?threadId=${encodeURIComponent(threadId)}`);

function send(client: Client, threadId: string, requestId: string, content: string): void {
  client.send({ type: 'message', requestId, threadId, content });
}

const of = (client: Client, requestId: string, type: string): Frame[] =>
  client.all((frame) => frame.requestId === requestId && frame.type === type);

const end = (client: Client, requestId: string): Promise<Frame> =>
  client.frame(
    (frame) =>
      frame.requestId === requestId && ['final', 'error', 'cancelled'].includes(frame.type),
    `end of ${requestId}`,
  );

const told = (client: Client, requestId: string): string =>
  of(client, requestId, 'token')
    .map(({ token }) => token)
    .join('');

const sessionOf = async (threadId: string) =>
  (await gateway.sessions()).find(({ title }) => title === threadId);

describe('threads', () => {
  test('[R38] tokens and a final, each with its request; the session is in the list', async () => {
    const thread = newThread();
    const client = await open(thread);
    send(client, thread, 'one', 'SAY hello ; THINK hm ; SAY there');
    expect(await end(client, 'one')).toEqual({
      type: 'final',
      requestId: 'one',
      threadId: thread,
      stopReason: 'end_turn',
      content: 'hellothere',
      message: { role: 'assistant', content: 'hellothere' },
    });
    expect(told(client, 'one')).toBe('hellothere');
    // Both families of clients find the text where they look.
    for (const frame of of(client, 'one', 'token')) expect(frame.value).toBe(frame.token);
    for (const frame of client.frames) expect(frame.requestId).toBe('one');
    expect(await sessionOf(thread)).toMatchObject({ title: thread, turn: 'idle' });
  });

  test('[R46] missing and mismatched thread ids close 1008', async () => {
    for (const path of ['/chat/ws', '/chat/ws?threadId=', `/chat/ws?threadId=${'x'.repeat(129)}`]) {
      for (const token of [gateway.token, null]) {
        const client = await dial(gateway, path, { token });
        expect((await client.closing()).code).toBe(1008);
      }
    }
    const bad: object[] = [
      { type: 'message', requestId: 'r', content: 'x' },
      { type: 'message', requestId: 'r', threadId: 'other', content: 'x' },
      { type: 'cancel', requestId: 'r', threadId: 'other' },
    ];
    for (const frame of bad) {
      const thread = newThread();
      const client = await open(thread);
      client.send(frame);
      expect((await client.closing()).code).toBe(1008);
      expect(await sessionOf(thread)).toBeUndefined();
    }
    // Control: the right one is let be.
    const thread = newThread();
    const client = await open(thread);
    send(client, thread, 'r', 'SAY x');
    expect((await end(client, 'r')).type).toBe('final');
    expect(client.closed).toBeUndefined();
  });

  test('[R38] the same requestId again runs once: on this socket, on another, and when it is over', async () => {
    const thread = newThread();
    const [one, two] = [await open(thread), await open(thread)];
    send(one, thread, 'same', 'SAY begun ; PERMIT');
    send(one, thread, 'same', 'SAY begun ; PERMIT');
    const asked = await one.frame(({ type }) => type === 'approval_required');
    send(two, thread, 'same', 'SAY begun ; PERMIT');
    one.send({ type: 'approval', id: asked.id, optionId: 'once' });
    await Promise.all([end(one, 'same'), end(two, 'same')]);
    expect(told(one, 'same')).toBe('begunPermission: once');
    expect(told(two, 'same')).toBe('begunPermission: once');
    const three = await open(thread);
    send(three, thread, 'same', 'SAY begun ; PERMIT');
    expect(await end(three, 'same')).toMatchObject({
      type: 'final',
      content: 'begunPermission: once',
    });
    const { id } = (await sessionOf(thread))!;
    const seen = await page(gateway, id);
    await seen.frame(({ m }) => m?.method === '_aperture/request_resolved');
    expect(
      seen.all(({ m }) => m?.params.update?.sessionUpdate === 'user_message_chunk'),
    ).toHaveLength(1);
  });

  test('[R41] cancel: idempotent, and nothing for a finished or foreign request', async () => {
    const thread = newThread();
    const client = await open(thread);
    send(client, thread, 'one', 'SAY on ; HANG');
    await client.until(() => told(client, 'one') === 'on');
    client.send({ type: 'cancel', requestId: 'other' });
    // A second message meanwhile is refused, and ends nothing but itself.
    send(client, thread, 'two', 'SAY two');
    expect(await end(client, 'two')).toMatchObject({
      type: 'error',
      code: 'busy',
      retryable: true,
    });
    expect((await sessionOf(thread))!.turn).toBe('running');
    client.send({ type: 'cancel', requestId: 'one' });
    client.send({ type: 'cancel', requestId: 'one' });
    expect((await end(client, 'one')).type).toBe('cancelled');
    send(client, thread, 'three', 'SAY three');
    expect((await end(client, 'three')).content).toBe('three');
    client.send({ type: 'cancel', requestId: 'one' });
    send(client, thread, 'four', 'SAY four');
    expect((await end(client, 'four')).content).toBe('four');
    expect(of(client, 'one', 'cancelled')).toHaveLength(1);
  });

  test('[R41] a first message that is cancelled at once', async () => {
    const thread = newThread();
    const client = await open(thread);
    send(client, thread, 'one', 'HANG');
    client.send({ type: 'cancel', requestId: 'one' });
    expect((await end(client, 'one')).type).toBe('cancelled');
    expect((await sessionOf(thread))!.turn).toBe('idle');
  });

  test('[R47] an agent that fails is an error with code, message and retryable', async () => {
    const thread = newThread();
    const client = await open(thread);
    send(client, thread, 'one', 'SAY half ; FAIL on purpose');
    expect(await end(client, 'one')).toEqual({
      type: 'error',
      requestId: 'one',
      threadId: thread,
      code: expect.any(String),
      message: expect.stringContaining('on purpose'),
      retryable: expect.any(Boolean),
    });
  });

  test('[R39] sockets of one thread see the same, also what a page began; a late one from its beginning', async () => {
    const thread = newThread();
    const [one, two] = [await open(thread), await open(thread)];
    send(one, thread, 'first', 'SAY first');
    await Promise.all([end(one, 'first'), end(two, 'first')]);
    expect(of(one, 'first', 'started')).toEqual([]);
    expect(of(two, 'first', 'started')).toMatchObject([{ by: 'thread', content: 'SAY first' }]);
    const { id } = (await sessionOf(thread))!;
    const watching = await page(gateway, id, 'tab-1');
    const prompt = [{ type: 'text', text: 'SAY second ; PERMIT ; SAY end' }];
    watching.send({ t: 'prompt', k: 'second', prompt });
    const asked = await one.frame(({ type }) => type === 'approval_required');
    const late = await open(thread);
    await late.frame(({ type }) => type === 'approval_required');
    one.send({ type: 'approval', id: asked.id, optionId: 'once' });
    for (const client of [one, two, late]) {
      expect(await end(client, 'second')).toMatchObject({
        content: 'secondPermission: onceend',
      });
      expect(of(client, 'second', 'started')).toMatchObject([{ by: 'tab-1' }]);
    }
    // What was before is not told again.
    expect(of(late, 'first', 'token')).toEqual([]);
  });

  test('[R57] page and socket race for an approval: one wins, the other is told', async () => {
    const thread = newThread();
    const client = await open(thread);
    send(client, thread, 'one', 'PERMIT rm');
    const asked = await client.frame(({ type }) => type === 'approval_required');
    expect(asked).toMatchObject({ requestId: 'one', title: 'rm' });
    expect(asked.options.map((option: { optionId: string }) => option.optionId)).toEqual([
      'once',
      'always',
      'reject',
    ]);
    client.send({ type: 'approval', id: asked.id, optionId: 'nothing such' });
    expect(await client.frame(({ type }) => type === 'approval_refused')).toMatchObject({
      requestId: 'one',
      id: asked.id,
      code: 'unknown_option',
    });
    const { id } = (await sessionOf(thread))!;
    const watching = await page(gateway, id);
    const outcome = { outcome: 'selected', optionId: 'reject' };
    watching.send({ t: 'answer', k: 'k', id: asked.id, result: { outcome } });
    expect(await client.frame(({ type }) => type === 'approval_resolved')).toMatchObject({
      id: asked.id,
      by: 'page',
      outcome: 'selected',
      optionId: 'reject',
    });
    client.send({ type: 'approval', id: asked.id, optionId: 'once' });
    await client.frame(({ code }) => code === 'already_resolved');
    expect((await end(client, 'one')).content).toBe('Permission: reject');
  });

  test('[R43] a dropped socket does not stop the request; the next one gets it whole', async () => {
    const thread = newThread();
    const first = await open(thread);
    send(first, thread, 'long', 'STREAM 100 5');
    await first.until(() => told(first, 'long').includes('tok3 '));
    first.drop();
    const second = await open(thread);
    const expected = Array.from({ length: 100 }, (_, n) => `tok${n} `).join('');
    expect((await end(second, 'long')).content).toBe(expected);
    expect(told(second, 'long')).toBe(expected);
  });

  test('[R16] the session ends: its sockets are told and closed, others are not, the thread can begin again', async () => {
    const [thread, other] = [newThread(), newThread()];
    const [client, bystander] = [await open(thread), await open(other)];
    send(client, thread, 'one', 'SAY on ; HANG');
    send(bystander, other, 'one', 'SAY on ; SLEEP 300 ; SAY done');
    await client.until(() => told(client, 'one') === 'on');
    const { id } = (await sessionOf(thread))!;
    await gateway.request('DELETE', `/v1/sessions/${id}`);
    expect((await end(client, 'one')).type).toBe('cancelled');
    expect((await client.closing()).code).toBe(4410);
    expect((await end(bystander, 'one')).content).toBe('ondone');
    const again = await open(thread);
    send(again, thread, 'two', 'SAY anew');
    expect((await end(again, 'two')).content).toBe('anew');
    expect((await sessionOf(thread))!.id).not.toBe(id);
  });

  test('[R26] two first messages at once make one session', async () => {
    const thread = newThread();
    const clients = await Promise.all([1, 2, 3, 4].map(() => open(thread)));
    for (const [i, client] of clients.entries()) send(client, thread, `r${i}`, `SAY ${i}`);
    await Promise.all(clients.map((client, i) => end(client, `r${i}`)));
    expect((await gateway.sessions()).filter(({ title }) => title === thread)).toHaveLength(1);
  });
});

describe('threads, who may come in', () => {
  test('[R67] by a first frame; anything else first, a wrong token, or none in time: 4401', async () => {
    const path = (): string => `/chat/ws?threadId=${newThread()}`;
    const thread = newThread();
    const good = await dial(gateway, `/chat/ws?threadId=${thread}`, { token: null });
    good.send({ type: 'auth', token: gateway.token });
    send(good, thread, 'one', 'SAY in');
    expect((await end(good, 'one')).content).toBe('in');
    for (const frame of [
      { type: 'auth', token: 'not-the-token-at-all' },
      { type: 'auth' },
      { type: 'message', requestId: 'r', threadId: 't', content: 'x' },
    ]) {
      const client = await dial(gateway, path(), { token: null });
      client.send(frame);
      expect((await client.closing()).code).toBe(4401);
    }
    const silent = await dial(gateway, path(), { token: null });
    expect((await silent.closing()).code).toBe(4401);
  });

  test('[R67] not by the address, and such a token is never logged', async () => {
    const thread = newThread();
    const path = `/chat/ws?threadId=${thread}&token=${gateway.token}`;
    const client = await dial(gateway, path, { token: null });
    expect(await client.frame(({ type }) => type === 'error')).toMatchObject({
      message: expect.stringContaining('--query-token'),
    });
    expect((await client.closing()).code).toBe(4401);
    await eventually(() => gateway.output.includes('socket.token_in_query'));
    const lines = gateway.output.split('\n').filter((line) => !line.startsWith('Aperture is'));
    expect(lines.join('\n')).not.toContain(gateway.token);
  });

  test('[R67] a foreign origin is refused before the upgrade', async () => {
    const path = `/chat/ws?threadId=${newThread()}`;
    await expect(dial(gateway, path, { origin: 'https://evil.example' })).rejects.toThrow(
      'HTTP 403',
    );
  });

  test('[R71] bad frames cost their own socket at most', async () => {
    const thread = newThread();
    const bystander = await open(thread);
    for (const frame of ['{"type":', '[]', '{"a":1}', '{"type":"x","__proto__":1}']) {
      const client = await open(thread);
      client.send(frame);
      expect((await client.closing()).code).toBe(1002);
    }
    const binary = await open(thread);
    binary.send(Buffer.from('{}'));
    expect((await binary.closing()).code).toBe(1002);
    // What can be read and makes no sense is answered.
    bystander.send({ type: 'message', requestId: 'r', threadId: thread, content: 7 });
    expect(await end(bystander, 'r')).toMatchObject({ type: 'error', code: 'bad_message' });
    send(bystander, thread, 'empty', ' ');
    expect(await end(bystander, 'empty')).toMatchObject({ type: 'error', code: 'empty_prompt' });
    bystander.send({ type: 'unheard_of' });
    send(bystander, thread, 'good', 'SAY good');
    expect((await end(bystander, 'good')).content).toBe('good');
  });
});

describe('threads, over restarts', () => {
  test('[R21] a killed gateway: the thread is the same session, what ran is told as cut, requests run once', async () => {
    const own = await GatewayProcess.start({ args: SCRIPTED });
    try {
      const thread = newThread();
      const first = await open(thread, own);
      send(first, thread, 'done', 'SAY done');
      await end(first, 'done');
      send(first, thread, 'cut', 'SAY begun ; HANG');
      await first.until(() => told(first, 'cut') === 'begun');
      const [before] = await own.sessions();
      await own.stop('SIGKILL');
      await first.closing();
      await own.launch();
      const second = await open(thread, own);
      send(second, thread, 'done', 'SAY done');
      expect((await end(second, 'done')).content).toBe('done');
      send(second, thread, 'cut', 'SAY begun ; HANG');
      expect(await end(second, 'cut')).toMatchObject({
        type: 'error',
        code: 'turn_interrupted',
        retryable: true,
      });
      send(second, thread, 'new', 'SAY new');
      expect((await end(second, 'new')).content).toBe('new');
      expect((await own.sessions()).map(({ id }) => id)).toEqual([before!.id]);
    } finally {
      await own.dispose();
    }
  });

  test('[R67] --query-token: old clients come in by the address, and the gateway warns of it', async () => {
    const own = await GatewayProcess.start({
      args: [...SCRIPTED, '--query-token'],
    });
    try {
      expect(own.output).toMatch(/warn query_token/);
      expect(gateway.output).not.toMatch(/warn query_token/);
      const client = await dial(own, withToken(own.token), { token: null });
      send(client, 't', 'one', 'SAY in');
      expect((await end(client, 'one')).content).toBe('in');
      const wrong = await dial(own, withToken('not-the-token-at-all'), { token: null });
      expect((await wrong.closing()).code).toBe(4401);
      const { totals } = await connections(own);
      expect(totals.find(({ dialect }) => dialect === 'thread')).toMatchObject({
        opened: 2,
        prompts: 1,
      });
    } finally {
      await own.dispose();
    }
  });
});
