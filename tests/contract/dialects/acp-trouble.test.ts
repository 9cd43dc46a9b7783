import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GatewayProcess } from '../../support/gateway-process.ts';
import { AcpClient, connections, eventually, page } from './support.ts';

let gateway: GatewayProcess;
let cwd: string;

beforeAll(async () => {
  gateway = await GatewayProcess.start();
  cwd = await gateway.directory('acp');
});
afterAll(() => gateway.dispose());

describe('/acp, permissions', () => {
  test('[R57] asked of the client, answered by it, seen as resolved by the page', async () => {
    const acp = await AcpClient.open(gateway, 'asker');
    const id = await acp.newSession(cwd);
    const watching = await page(gateway, id);
    const running = acp.beginPrompt(id, 'PERMIT rm');
    const request = await acp.asked(id);
    expect(request.params.toolCall.title).toBe('rm');
    acp.permit(request.id, 'once');
    expect((await acp.response(running)).result.stopReason).toBe('end_turn');
    expect(acp.text(id)).toBe('Permission: once');
    const resolved = await watching.frame(({ m }) => m?.method === '_aperture/request_resolved');
    expect(resolved.m.params).toMatchObject({ by: 'asker', optionId: 'once' });
  });

  test('[R57] the page was faster: the request is taken back, and a late answer changes nothing', async () => {
    const acp = await AcpClient.open(gateway);
    const id = await acp.newSession(cwd);
    const watching = await page(gateway, id);
    const running = acp.beginPrompt(id, 'PERMIT ; PERMIT two');
    const request = await acp.asked(id);
    const asked = await watching.frame(({ m }) => m?.method === 'session/request_permission');
    watching.send({
      t: 'answer',
      k: 'faster',
      id: asked.m.id,
      result: { outcome: { outcome: 'selected', optionId: 'reject' } },
    });
    await acp.client.frame(
      ({ method, params }) => method === '$/cancel_request' && params.requestId === request.id,
    );
    acp.permit(request.id, 'always');
    const second = await acp.client.frame(
      ({ method, params }) =>
        method === 'session/request_permission' && params.toolCall.title === 'two',
    );
    acp.permit(second.id, 'once');
    await acp.response(running);
    expect(acp.text(id)).toBe('Permission: rejectPermission: once');
  });

  test('[R57] ten racing answers from pages and clients: the agent hears one', async () => {
    const acps = [await AcpClient.open(gateway, 'r0')];
    const id = await acps[0]!.newSession(cwd);
    for (let i = 1; i < 5; i++) {
      const acp = await AcpClient.open(gateway, `r${i}`);
      await acp.ask('session/resume', { sessionId: id, cwd });
      acps.push(acp);
    }
    const pages = await Promise.all([0, 1, 2, 3, 4].map((i) => page(gateway, id, `p${i}`)));
    const running = acps[0]!.beginPrompt(id, 'PERMIT');
    const requests = await Promise.all(acps.map((acp) => acp.asked(id)));
    const asked = await pages[0]!.frame(({ m }) => m?.method === 'session/request_permission');
    for (const [i, acp] of acps.entries()) {
      acp.permit(requests[i].id, 'once');
      const outcome = { outcome: 'selected', optionId: 'reject' };
      pages[i]!.send({ t: 'answer', k: `race-${i}`, id: asked.m.id, result: { outcome } });
    }
    await acps[0]!.response(running);
    expect(['Permission: once', 'Permission: reject']).toContain(acps[0]!.text(id));
    const all = pages[0]!.all(({ m }) => m?.method === '_aperture/request_resolved');
    expect(all).toHaveLength(1);
  });

  test('a client that cannot answer says so by an error; the request waits for somebody else', async () => {
    const acp = await AcpClient.open(gateway);
    const id = await acp.newSession(cwd);
    const running = acp.beginPrompt(id, 'PERMIT');
    const request = await acp.asked(id);
    const error = { code: -32601, message: 'Method not found' };
    acp.client.send({ jsonrpc: '2.0', id: request.id, error });
    const other = await AcpClient.open(gateway);
    await other.ask('session/resume', { sessionId: id, cwd });
    // One that comes later is asked what still waits.
    other.permit((await other.asked(id)).id, 'once');
    expect((await acp.response(running)).result.stopReason).toBe('end_turn');
    expect(acp.text(id)).toBe('Permission: once');
  });
});

describe('/acp, connections that end', () => {
  test('[R43] a dropped socket does not stop the turn; load shows all of it', async () => {
    const first = await AcpClient.open(gateway);
    const id = await first.newSession(cwd);
    first.beginPrompt(id, 'STREAM 100 5');
    await first.client.until(() => first.text(id).includes('tok3 '));
    first.client.drop();
    const second = await AcpClient.open(gateway);
    await second.ask('session/load', { sessionId: id, cwd, mcpServers: [] });
    expect(second.updates(id, 'user_message_chunk')).toMatchObject([
      { content: { text: 'STREAM 100 5' } },
    ]);
    await second.client.until(() => second.text(id).includes('tok99 '));
    const expected = Array.from({ length: 100 }, (_, n) => `tok${n} `).join('');
    expect(second.text(id)).toBe(expected);
    // Control: resume repeats nothing.
    const third = await AcpClient.open(gateway);
    await third.ask('session/resume', { sessionId: id, cwd });
    await expect
      .poll(async () => (await gateway.sessions()).find((each) => each.id === id)!.turn)
      .toBe('idle');
    expect(await third.prompt(id, 'SAY new')).toBe('end_turn');
    expect(third.text(id)).toBe('new');
  });

  test('[R21] the same prompt by its key, from a second socket: it runs once, and both are answered', async () => {
    const [one, two] = [await AcpClient.open(gateway), await AcpClient.open(gateway)];
    const id = await one.newSession(cwd);
    await two.ask('session/resume', { sessionId: id, cwd });
    const key = { 'aperture/key': 'the-same' };
    const first = one.beginPrompt(id, 'PERMIT', key);
    const request = await one.asked(id);
    const second = two.beginPrompt(id, 'PERMIT', key);
    await two.ask('session/list');
    one.permit(request.id, 'once');
    expect((await one.response(first)).result.stopReason).toBe('end_turn');
    expect((await two.response(second)).result.stopReason).toBe('end_turn');
    // And once more, when it is long over.
    const third = two.beginPrompt(id, 'PERMIT', key);
    expect((await two.response(third)).result.stopReason).toBe('end_turn');
    expect(two.text(id)).toBe('Permission: once');
  });

  test('[R48] every connection is listed, with what it does and did', async () => {
    const acp = await AcpClient.open(gateway, 'counted');
    const id = await acp.newSession(cwd);
    await acp.prompt(id, 'SAY one');
    const running = acp.beginPrompt(id, 'SAY two ; HANG');
    await acp.client.until(() => acp.text(id) === 'onetwo');
    const mine = (await connections(gateway)).connections.find((c) => c.client === 'counted')!;
    expect(mine).toMatchObject({
      dialect: 'acp',
      sessions: [id],
      prompts: 2,
      finished: 1,
      active: [{ sessionId: id }],
      reconnects: 0,
    });
    expect(mine.framesIn).toBeGreaterThanOrEqual(4);
    expect(mine.framesOut).toBeGreaterThanOrEqual(5);
    acp.notify('session/cancel', { sessionId: id });
    await acp.response(running);
    acp.client.drop();
    const gone = await eventually(async () =>
      (await connections(gateway)).recent.find((c) => c.id === mine.id),
    );
    expect(gone).toMatchObject({ cancels: 1, active: [], closed: { code: 1006 } });
    const again = await AcpClient.open(gateway, 'counted');
    await again.ask('session/resume', { sessionId: id, cwd });
    const back = (await connections(gateway)).connections.find((c) => c.client === 'counted')!;
    expect(back.reconnects).toBe(1);
    // Every line of it names its connection and its session.
    const line = new RegExp(`request.began connectionId=${mine.id} dialect=acp sessionId=${id}`);
    expect(gateway.output).toMatch(line);
    // Negative control: the list is for who has the token.
    expect((await fetch(`${gateway.origin}/v1/connections`)).status).toBe(401);
  });
});

describe('/acp, bad input', () => {
  test('[R71] is answered as JSON-RPC has it, and the socket goes on', async () => {
    const acp = await AcpClient.open(gateway);
    const id = await acp.newSession(cwd);
    const deep = `${'['.repeat(100)}${']'.repeat(100)}`;
    const answers: [string | Buffer, number][] = [
      ['{"jsonrpc":', -32700],
      ['nonsense', -32700],
      ['[]', -32600],
      ['[{"jsonrpc":"2.0","id":1,"method":"initialize"}]', -32600],
      ['"text"', -32600],
      ['{}', -32600],
      ['{"id":{},"method":"initialize"}', -32600],
      [`{"id":1,"method":"x","params":{"a":${deep}}}`, -32600],
      ['{"id":1,"method":"x","params":{"__proto__":{}}}', -32600],
      [Buffer.from([1, 2, 3]), -32600],
    ];
    for (const [frame] of answers) acp.client.send(frame);
    await acp.client.until(() => acp.client.all((f) => f.id === null).length === answers.length);
    expect(acp.client.all((f) => f.id === null).map((f) => f.error.code)).toEqual(
      answers.map(([, code]) => code),
    );
    const byMethod: [string, object, number][] = [
      ['session/unheard_of', {}, -32601],
      ['constructor', {}, -32601],
      ['session/prompt', {}, -32602],
      ['session/prompt', { sessionId: id, prompt: 'text' }, -32602],
      ['session/prompt', { sessionId: id, prompt: [] }, -32602],
      ['session/prompt', { sessionId: 'no-such', prompt: [{ type: 'text', text: 'x' }] }, -32002],
      ['session/new', { mcpServers: [] }, -32602],
      ['session/new', { cwd: 'relative' }, -32602],
      ['session/new', { cwd: '/' }, -32602],
      ['session/new', { cwd, _meta: { 'aperture/agent': 'no such' } }, -32602],
      ['session/load', { sessionId: 7 }, -32602],
      ['initialize', {}, -32602],
      ['authenticate', {}, -32602],
    ];
    for (const [method, params, code] of byMethod) {
      expect([method, (await acp.refused(method, params)).code]).toEqual([method, code]);
    }
    acp.client.send('{"jsonrpc":"2.0","id":77,"method":"session/list","params":[1]}');
    expect((await acp.response(77)).error.code).toBe(-32602);
    // Answers to what nobody asked, and notifications of nothing.
    acp.client.send({ jsonrpc: '2.0', id: 12_345, result: {} });
    acp.notify('session/cancel', { sessionId: 'no-such' });
    acp.notify('whatever', {});
    expect(await acp.prompt(id, 'SAY fine')).toBe('end_turn');
  });

  test('[R71] a bad answer to a permission request leaves it open', async () => {
    const acp = await AcpClient.open(gateway);
    const id = await acp.newSession(cwd);
    const running = acp.beginPrompt(id, 'PERMIT');
    const request = await acp.asked(id);
    acp.client.send({ jsonrpc: '2.0', id: request.id, result: { outcome: 'yes' } });
    const { sessions } = await acp.ask('session/list');
    expect(sessions[0]._meta.aperture.turn).toBe('requires_action');
    acp.notify('session/cancel', { sessionId: id });
    expect((await acp.response(running)).result.stopReason).toBe('cancelled');
  });

  test('before initialize nothing works', async () => {
    const acp = await AcpClient.dial(gateway);
    expect(await acp.refused('session/list')).toMatchObject({ code: -32600 });
  });
});
