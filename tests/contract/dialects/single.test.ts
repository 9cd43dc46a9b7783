import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eavesdropped, heardAt } from '../../support/eavesdropped.ts';
import { GatewayProcess, scripted } from '../../support/gateway-process.ts';
import {
  Client,
  dial,
  eventually,
  page,
  SCRIPTED,
  type DialOptions,
  type Frame,
} from './support.ts';

let gateway: GatewayProcess;

beforeAll(async () => {
  gateway = await GatewayProcess.start({ args: SCRIPTED });
});
afterAll(() => gateway.dispose());

/** A socket that was welcomed. */
class Single {
  private constructor(
    readonly client: Client,
    readonly welcome: Frame,
  ) {}

  static async open(
    hello: object = {},
    options: DialOptions & { to?: GatewayProcess } = {},
  ): Promise<Single> {
    const { to = gateway, ...rest } = options;
    const client = await dial(to, '/ws', rest);
    client.send({ type: 'hello', identity: 'tester', ...hello });
    return new Single(client, await client.frame(({ type }) => type === 'welcome'));
  }

  get sessId(): string {
    return this.welcome.sess_id;
  }

  query(text: string, corr_id?: string): void {
    this.client.send({ type: 'user_query', sess_id: this.sessId, corr_id, payload: { text } });
  }

  pieces(corrId: string): Frame[] {
    return this.client.all(
      ({ type, corr_id }) => type === 'assistant_response' && corr_id === corrId,
    );
  }

  text(corrId: string): string {
    return this.pieces(corrId)
      .map(({ payload }) => payload.text)
      .join('');
  }

  end(corrId: string): Promise<Frame> {
    return this.client.frame(
      ({ type, corr_id, finish_reason }) =>
        corr_id === corrId && (type === 'error' || (finish_reason ?? null) !== null),
      `end of ${corrId}`,
    );
  }
}

const sessionTitled = async (title: string, to = gateway) =>
  (await to.sessions()).find((session) => session.title === title);

describe('single requests', () => {
  test('[R49] hello, welcome, a query, its answer in pieces with a finish reason at the end', async () => {
    const single = await Single.open();
    expect(single.welcome).toEqual({
      type: 'welcome',
      sess_id: expect.any(String),
      resumed: false,
    });
    single.query('SAY one ; THINK hm ; SAY two', 'c1');
    expect(await single.end('c1')).toMatchObject({
      sess_id: single.sessId,
      finish_reason: 'end_turn',
    });
    expect(single.text('c1')).toBe('onetwo');
    expect(single.pieces('c1').filter((piece) => piece.finish_reason !== null)).toHaveLength(1);
    // The next one on the same socket remembers: it is the same session.
    single.query('SAY three', 'c2');
    await single.end('c2');
    expect(single.text('c2')).toBe('three');
    expect(single.text('c1')).toBe('onetwo');
  });

  test('a query without a name gets one, and its text may be a string', async () => {
    const single = await Single.open();
    single.client.send({ type: 'user_query', sess_id: single.sessId, payload: 'SAY plain' });
    expect((await single.end('q1')).finish_reason).toBe('end_turn');
    expect(single.text('q1')).toBe('plain');
  });

  test('[R49] hello starts no agent: a session is made by the first query', async () => {
    const before = (await gateway.sessions()).length;
    const single = await Single.open();
    expect(await gateway.sessions()).toHaveLength(before);
    single.query('SAY made', 'c');
    await single.end('c');
    expect(await gateway.sessions()).toHaveLength(before + 1);
  });

  test('[R49] one query at a time: a second is busy, and does not disturb the first', async () => {
    const single = await Single.open();
    single.query('SAY on ; PERMIT', 'first');
    single.query('SAY no', 'at-once');
    expect(await single.end('at-once')).toMatchObject({
      type: 'error',
      code: 'busy',
      retryable: true,
    });
    const asked = await single.client.frame(({ type }) => type === 'approval_required');
    expect(asked).toMatchObject({ corr_id: 'first', sess_id: single.sessId });
    single.query('SAY no', 'later');
    expect((await single.end('later')).code).toBe('busy');
    single.client.send({ type: 'approval', id: asked.id, optionId: 'once' });
    await single.end('first');
    expect(single.text('first')).toBe('onPermission: once');
    // Control: a second socket is how to have two at once.
    const [one, two] = [await Single.open(), await Single.open()];
    one.query('SAY a ; HANG', 'c');
    two.query('SAY b', 'c');
    expect((await two.end('c')).finish_reason).toBe('end_turn');
    await one.client.until(() => one.text('c') === 'a');
  });

  test('[R47] errors name the query, with code, message and retryable', async () => {
    const single = await Single.open();
    single.query('SAY half ; FAIL on purpose', 'bad');
    expect(await single.end('bad')).toEqual({
      type: 'error',
      sess_id: single.sessId,
      corr_id: 'bad',
      code: expect.any(String),
      message: expect.stringContaining('on purpose'),
      retryable: expect.any(Boolean),
    });
    single.query('SAY fine', 'good');
    expect((await single.end('good')).finish_reason).toBe('end_turn');
  });

  test('[R49] closing the socket stops the agent: session/cancel reaches it, and nothing is said after it', async () => {
    const heard = path.join(await gateway.directory('heard'), 'lines.txt');
    const own = await GatewayProcess.start({
      args: SCRIPTED,
      agents: { scripted: eavesdropped(heard) },
    });
    try {
      for (const close of [
        (client: Client) => client.socket.close(1000),
        (client: Client) => client.drop(),
      ]) {
        const single = await Single.open({}, { to: own });
        single.query('SAY on ; HANG', 'c');
        await single.client.until(() => single.text('c') === 'on');
        const cancels = await heardAt(heard, 'session/cancel');
        close(single.client);
        // Sooner than anything but the close itself could find it: grace time and sweeps take longer than a test waits.
        // How soon, tests/bench measures.
        const all = await eventually(async () => {
          const now = await heardAt(heard, 'session/cancel');
          return now.length > cancels.length && now;
        });
        expect(all).toHaveLength(cancels.length + 1);
        await eventually(async () => (await own.sessions()).every(({ turn }) => turn === 'idle'));
      }
    } finally {
      await own.dispose();
    }
  });

  test('[R49] a query whose socket closes before its agent is there is not begun', async () => {
    const own = await GatewayProcess.start({
      args: SCRIPTED,
      agents: { scripted: scripted('Slow', '--slow-initialize', '300') },
    });
    try {
      const single = await Single.open({}, { to: own });
      single.query('SAY never', 'c');
      single.client.drop();
      const [session] = await eventually(async () => {
        const all = await own.sessions();
        return all[0]?.agentState === 'ready' && all;
      });
      expect(session!.turn).toBe('idle');
      const seen = await page(own, session!.id);
      await seen.frame(({ m }) => m?.method === '_aperture/agent' && m.params.state === 'ready');
      expect(JSON.stringify(seen.frames)).not.toContain('agent_message_chunk');
    } finally {
      await own.dispose();
    }
  });

  test('a session is taken up again by its sess_id, if nobody else has it', async () => {
    const first = await Single.open();
    first.query('SAY one', 'c');
    await first.end('c');
    // Held: whoever asks for it gets another.
    const beside = await Single.open({ sess_id: first.sessId });
    expect(beside.welcome.resumed).toBe(false);
    expect(beside.sessId).not.toBe(first.sessId);
    first.client.drop();
    const again = await eventually(async () => {
      const single = await Single.open({ sess_id: first.sessId });
      return single.welcome.resumed === true && single;
    });
    expect(again.sessId).toBe(first.sessId);
    again.query('SAY two', 'd');
    await again.end('d');
    expect(again.client.all((frame) => frame.corr_id === 'c')).toEqual([]);
    // Negative control: nobody takes up what is no such session.
    for (const sess_id of ['made-up', (await gateway.sessions())[0]!.id]) {
      expect((await Single.open({ sess_id })).welcome.resumed).toBe(false);
    }
  });

  test('the session is in the page’s list while it lasts, and what a page begins there is not told here', async () => {
    const single = await Single.open({ identity: { name: 'a robot' } });
    single.query('visible in the list', 'c');
    await single.end('c');
    const session = (await sessionTitled('visible in the list'))!;
    const watching = await page(gateway, session.id, 'tab-1');
    const prompt = [{ type: 'text', text: 'SAY secret' }];
    watching.send({ t: 'prompt', k: 'k', prompt });
    await watching.frame(
      ({ m }) => m?.params.update?.state === 'idle' && m.params.update._meta.aperture.key === 'k',
    );
    single.query('SAY mine', 'd');
    await single.end('d');
    expect(JSON.stringify(single.client.frames)).not.toContain('secret');
    const first = await watching.frame(
      ({ m }) => m?.params.update?.sessionUpdate === 'user_message_chunk',
    );
    expect(first.m.params.update._meta.aperture.by).toBe('a robot');
    // A page ends it: the socket is told.
    await gateway.request('DELETE', `/v1/sessions/${session.id}`);
    expect((await single.client.closing()).code).toBe(4410);
  });
});

describe('single requests, who may come in', () => {
  test('[R67] by the hello; a wrong token, another frame first, or none in time: 4401', async () => {
    const good = await Single.open({ token: gateway.token }, { token: null });
    good.query('SAY in', 'c');
    await good.end('c');
    for (const frame of [
      { type: 'hello', identity: 'x' },
      { type: 'hello', identity: 'x', token: 'not-the-token-at-all' },
      { type: 'user_query', sess_id: 'x', payload: 'x' },
    ]) {
      const client = await dial(gateway, '/ws', { token: null });
      client.send(frame);
      expect((await client.closing()).code).toBe(4401);
    }
    const silent = await dial(gateway, '/ws', { token: null });
    expect((await silent.closing()).code).toBe(4401);
    await expect(dial(gateway, '/ws', { origin: 'https://evil.example' })).rejects.toThrow(
      'HTTP 403',
    );
    const inQuery = await dial(gateway, `/ws?token=${gateway.token}`, { token: null });
    expect((await inQuery.closing()).code).toBe(4401);
  });

  test('[R71] bad frames cost their own socket at most', async () => {
    const bystander = await Single.open();
    for (const frame of ['{"type":', '[]', '{"a":1}', '{"type":"x","__proto__":1}']) {
      const single = await Single.open();
      single.client.send(frame);
      expect((await single.client.closing()).code).toBe(1002);
    }
    const early = await dial(gateway, '/ws');
    early.send({ type: 'user_query', sess_id: 'x', payload: 'x' });
    await early.frame(({ code }) => code === 'hello_first');
    const sess_id = bystander.sessId;
    const bad: [object, string][] = [
      [{ type: 'user_query', sess_id: 'other', corr_id: 'b0', payload: 'x' }, 'wrong_session'],
      [{ type: 'user_query', sess_id, corr_id: 'b1', payload: 7 }, 'bad_message'],
      [{ type: 'user_query', sess_id, corr_id: 'b2', payload: {} }, 'bad_message'],
      [{ type: 'user_query', sess_id, corr_id: 'b3', payload: ' ' }, 'empty_prompt'],
    ];
    for (const [i, [frame, code]] of bad.entries()) {
      bystander.client.send(frame);
      expect((await bystander.end(`b${i}`)).code).toBe(code);
    }
    bystander.client.send({ type: 'hello', identity: 'again' });
    await bystander.client.frame(({ type, code }) => type === 'error' && code === 'bad_message');
    bystander.client.send({ type: 'unheard_of' });
    bystander.query('SAY fine', 'good');
    expect((await bystander.end('good')).finish_reason).toBe('end_turn');
  });
});
