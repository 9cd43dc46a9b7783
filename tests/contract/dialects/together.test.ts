import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GatewayProcess, scripted } from '../../support/gateway-process.ts';
import { AcpClient, connections, dial, eventually, page, SCRIPTED } from './support.ts';

let gateway: GatewayProcess;
let cwd: string;

beforeAll(async () => {
  gateway = await GatewayProcess.start({
    args: SCRIPTED,
    agents: { crasher: scripted('Crasher', '--crash-after', '5') },
  });
  cwd = await gateway.directory('together');
});
afterAll(() => gateway.dispose());

const expected = (count: number, tag: string): string =>
  Array.from({ length: count }, (_, n) => `${tag}:tok${n} `).join('');

describe('all dialects at once', () => {
  test('[R16] [R53] four stream side by side while others misbehave: each gets its own, whole', async () => {
    const acp = await AcpClient.open(gateway, 'good');
    const acpId = await acp.newSession(cwd);
    const thread = await dial(gateway, '/chat/ws?threadId=good');
    const single = await dial(gateway, '/ws');
    single.send({ type: 'hello', identity: 'good' });
    const { sess_id } = await single.frame(({ type }) => type === 'welcome');
    const session = await gateway.createSession('Good');
    const wire = await page(gateway, session.id, 'good');

    const running = acp.beginPrompt(acpId, 'STREAM 300 2 acp');
    thread.send({
      type: 'message',
      requestId: 'same-id',
      threadId: 'good',
      content: 'STREAM 300 2 thread',
    });
    const payload = { text: 'STREAM 300 2 single' };
    single.send({ type: 'user_query', sess_id, corr_id: 'same-id', payload });
    const prompt = [{ type: 'text', text: 'STREAM 300 2 wire' }];
    wire.send({ t: 'prompt', k: 'same-id', prompt });

    // Meanwhile: garbage, floods, drops, crashes, and one that never reads.
    const deaf = await AcpClient.open(gateway, 'deaf');
    const deafId = await deaf.newSession(cwd);
    deaf.client.socket.pause();
    deaf.beginPrompt(deafId, Array.from({ length: 8 }, () => 'BIG 1000000').join(' ; '));
    const crash = await AcpClient.open(gateway, 'crash');
    crash.beginPrompt(await crash.newSession(cwd, 'crasher'), 'STREAM 100 0');
    for (let i = 0; i < 20; i++) {
      const noisy = await AcpClient.open(gateway, 'noisy');
      for (let j = 0; j < 50; j++) noisy.client.send(`{"garbage":${j}`);
      noisy.begin('session/prompt', { sessionId: acpId, prompt: [{ type: 'text', text: 'x' }] });
      noisy.client.drop();
      const bad = await dial(gateway, '/chat/ws?threadId=good');
      bad.send('{"type":');
      const worse = await dial(gateway, '/ws');
      worse.send(Buffer.alloc(100));
    }

    expect((await acp.response(running)).result.stopReason).toBe('end_turn');
    expect(acp.text(acpId)).toBe(expected(300, 'acp'));
    const final = await thread.frame(({ type }) => type === 'final');
    expect(final.content).toBe(expected(300, 'thread'));
    await single.frame(({ finish_reason }) => finish_reason === 'end_turn');
    const said = single.all(({ type }) => type === 'assistant_response');
    expect(said.map((frame) => frame.payload.text).join('')).toBe(expected(300, 'single'));
    await wire.frame(({ m }) => m?.params.update?.state === 'idle');
    const chunks = wire.all(({ m }) => m?.params.update?.sessionUpdate === 'agent_message_chunk');
    expect(chunks.map(({ m }) => m.params.update.content.text).join('')).toBe(
      expected(300, 'wire'),
    );

    // The deaf one reads again, and nothing is missing.
    deaf.client.socket.resume();
    await deaf.client.until(() => deaf.text(deafId).length === 8_000_000);
    const { connections: live, totals } = await connections(gateway);
    expect(new Set(live.map(({ dialect }) => dialect))).toEqual(
      new Set(['aperture.v1', 'acp', 'thread', 'single']),
    );
    for (const { dialect, open } of totals) {
      expect(live.filter((connection) => connection.dialect === dialect)).toHaveLength(open);
    }
    const mine = live.find(({ client, dialect }) => client === 'good' && dialect === 'aperture.v1');
    expect(mine).toMatchObject({ prompts: 1, finished: 1, active: [], sessions: [session.id] });
  });

  test('one session through all of them: what one begins, the others see', async () => {
    const thread = await dial(gateway, '/chat/ws?threadId=shared');
    const send = (requestId: string, content: string): void =>
      thread.send({ type: 'message', requestId, threadId: 'shared', content });
    send('one', 'SAY from the thread');
    await thread.frame(({ type }) => type === 'final');
    const { id } = (await gateway.sessions()).find(({ title }) => title === 'shared')!;
    const acp = await AcpClient.open(gateway);
    await acp.ask('session/load', { sessionId: id, cwd, mcpServers: [] });
    expect(acp.text(id)).toBe('from the thread');
    expect(await acp.prompt(id, 'SAY from acp')).toBe('end_turn');
    await thread.frame(({ content }) => content === 'from acp');
    const started = await thread.frame(({ type }) => type === 'started');
    expect(started).toMatchObject({ by: 'test', content: 'SAY from acp' });
    send('two', 'SAY and back');
    await acp.client.until(() => acp.text(id).endsWith('and back'));
    // What somebody else asked is told, as an update.
    const asked = acp.updates(id, 'user_message_chunk').map(({ content }) => content.text);
    expect(asked).toEqual(['SAY from the thread', 'SAY and back']);
  });
});

describe('a gateway that is killed', () => {
  test('[R21] /acp: the session is listed again, load shows all that was said, and it goes on', async () => {
    const own = await GatewayProcess.start({ args: SCRIPTED });
    try {
      const directory = await own.directory('kept');
      const first = await AcpClient.open(own);
      const id = await first.newSession(directory);
      await first.prompt(id, 'SAY kept');
      first.beginPrompt(id, 'STREAM 1000 5');
      await first.client.until(() => first.text(id).includes('tok20 '));
      const known = first.text(id);
      await own.stop('SIGKILL');
      await first.client.closing();
      await own.launch();
      const second = await AcpClient.open(own);
      const { sessions } = await second.ask('session/list');
      expect(sessions).toMatchObject([{ sessionId: id, cwd: directory }]);
      await second.ask('session/load', { sessionId: id, cwd: directory, mcpServers: [] });
      // Never less than what a client was told.
      expect(second.text(id).startsWith(known)).toBe(true);
      const asked = second.updates(id, 'user_message_chunk').map(({ content }) => content.text);
      expect(asked).toEqual(['SAY kept', 'STREAM 1000 5']);
      expect(await second.prompt(id, 'SAY on')).toBe('end_turn');
      expect(second.text(id).endsWith('on')).toBe(true);
    } finally {
      await own.dispose();
    }
  });

  test('[R58] a request that was open is not asked again, and resume tells of none', async () => {
    const own = await GatewayProcess.start({ args: SCRIPTED });
    try {
      const directory = await own.directory('asked');
      const first = await AcpClient.open(own);
      const id = await first.newSession(directory);
      first.beginPrompt(id, 'PERMIT');
      await first.asked(id);
      await own.stop('SIGKILL');
      await own.launch();
      for (const method of ['session/load', 'session/resume']) {
        const acp = await AcpClient.open(own);
        await acp.ask(method, { sessionId: id, cwd: directory, mcpServers: [] });
        expect(await acp.prompt(id, 'SAY on')).toBe('end_turn');
        const asked = acp.client.all((frame) => frame.method === 'session/request_permission');
        expect(asked).toEqual([]);
      }
      expect(await eventually(async () => (await own.sessions())[0])).toMatchObject({
        pending: [],
      });
    } finally {
      await own.dispose();
    }
  });
});
