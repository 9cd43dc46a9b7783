import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GatewayProcess, scripted } from '../../support/gateway-process.ts';
import { AcpClient, dial, eventually, page } from './support.ts';

let gateway: GatewayProcess;
let cwd: string;

beforeAll(async () => {
  gateway = await GatewayProcess.start({
    agents: {
      settings: scripted('Settings', '--settings', '--takes-all'),
      a: scripted('Alpha'),
      refusing: scripted('Refusing', '--refuse-session'),
      locked: scripted('Locked', '--auth', '[{"id":"browser","name":"Browser"}]'),
    },
  });
  cwd = await gateway.directory('acp');
});
afterAll(() => gateway.dispose());

describe('/acp, hello', () => {
  test('what the gateway says of itself, and the methods that it has', async () => {
    const acp = await AcpClient.dial(gateway);
    const hello = await acp.ask('initialize', { protocolVersion: 7, clientCapabilities: {} });
    expect(hello).toMatchObject({
      protocolVersion: 1,
      agentInfo: { name: 'aperture', title: 'Aperture' },
      agentCapabilities: {
        loadSession: true,
        sessionCapabilities: { list: {}, resume: {}, close: {}, delete: {} },
        mcpCapabilities: { http: true, sse: true },
      },
      authMethods: [{ id: 'token' }],
    });
    expect(hello.agentCapabilities._meta.aperture.agents).toContainEqual({
      name: 'a',
      title: 'Alpha',
    });
  });

  test('[R67] without the token: greeted, told of no agent, and every session method asks for it', async () => {
    const acp = await AcpClient.dial(gateway, { token: null });
    const hello = await acp.ask('initialize', { protocolVersion: 1 });
    expect(JSON.stringify(hello)).not.toContain('Alpha');
    for (const method of ['new', 'list', 'load', 'resume', 'close', 'delete', 'prompt']) {
      expect(await acp.refused(`session/${method}`)).toMatchObject({ code: -32000 });
    }
    const before = (await gateway.sessions()).length;
    acp.notify('session/cancel', { sessionId: 'x' });
    const admitted = await acp.ask('authenticate', {
      methodId: 'token',
      _meta: { 'aperture/token': gateway.token },
    });
    expect(JSON.stringify(admitted._meta)).toContain('Alpha');
    expect((await acp.ask('session/list')).sessions).toHaveLength(before);
  });

  test('[R67] a wrong token is refused: in the header before the upgrade, in a message with 4401', async () => {
    await expect(dial(gateway, '/acp', { token: 'not-the-token-at-all' })).rejects.toThrow(
      /^HTTP 401 .*"unauthorized"/,
    );
    const acp = await AcpClient.dial(gateway, { token: null });
    await acp.ask('initialize', { protocolVersion: 1 });
    const params = { methodId: 'token', _meta: { 'aperture/token': 'not-the-token-at-all' } };
    expect(await acp.refused('authenticate', params)).toMatchObject({ code: -32000 });
    expect((await acp.client.closing()).code).toBe(4401);
  });

  test('[R67] a foreign origin and a foreign host are refused before the upgrade', async () => {
    await expect(dial(gateway, '/acp', { origin: 'https://evil.example' })).rejects.toThrow(
      /^HTTP 403 .*"forbidden_origin"/,
    );
    await expect(dial(gateway, '/acp', { headers: { Host: 'evil.example' } })).rejects.toThrow(
      /^HTTP 403 .*"forbidden_host"/,
    );
    // Control: the gateway's own page may.
    await dial(gateway, '/acp', { origin: gateway.origin });
  });

  test('a subprotocol that a client offers is answered, so that browsers stay', async () => {
    const client = await dial(gateway, '/acp', { protocols: ['acp', 'other'] });
    expect(client.socket.protocol).toBe('acp');
  });

  test('plain HTTP is told to upgrade', async () => {
    for (const path of ['/acp', '/chat/ws', '/ws']) {
      const response = await gateway.request('GET', path);
      expect([response.status, await response.json()]).toMatchObject([
        426,
        { error: { code: 'upgrade_required' } },
      ]);
    }
  });
});

describe('/acp, sessions', () => {
  test('[R38] a prompt: updates, then the response; the session is an ordinary one', async () => {
    const acp = await AcpClient.open(gateway, 'editor');
    const id = await acp.newSession(cwd);
    expect(await acp.prompt(id, 'TOOL ; SAY hello')).toBe('end_turn');
    expect(acp.text(id)).toBe('hello');
    expect(acp.updates(id, 'tool_call')).toHaveLength(1);
    // Who sent it needs no echo, and version 1 has no word for a turn's state.
    expect(acp.updates(id, 'user_message_chunk')).toEqual([]);
    expect(acp.updates(id, 'state_update')).toEqual([]);
    const found = (await gateway.sessions()).find((session) => session.id === id);
    expect(found).toMatchObject({ cwd, agent: 'scripted', turn: 'idle' });
    const seen = await page(gateway, id);
    const mine = await seen.frame(
      ({ m }) => m?.params.update?.sessionUpdate === 'user_message_chunk',
    );
    expect(mine.m.params.update._meta.aperture.by).toBe('editor');
  });

  test('the default agent is the first that can be started; another is chosen by name', async () => {
    const acp = await AcpClient.open(gateway);
    const { agents } = (await (await gateway.request('GET', '/v1/agents')).json()) as {
      agents: { name: string; available: boolean }[];
    };
    const result = await acp.ask('session/new', { cwd, mcpServers: [] });
    expect(result._meta.aperture.agent).toBe(agents.find(({ available }) => available)!.name);
    const other = await acp.ask('session/new', {
      cwd,
      mcpServers: [],
      _meta: { 'aperture/agent': 'a' },
    });
    expect(other._meta.aperture).toMatchObject({ agent: 'a' });
  });

  test('MCP servers and directories reach the agent; those named later are told to be ignored', async () => {
    const acp = await AcpClient.open(gateway);
    const more = await gateway.directory('more');
    const mcpServers = [{ name: 'm', command: '/bin/m', args: ['x'], env: [] }];
    const { sessionId } = await acp.ask('session/new', {
      cwd,
      mcpServers,
      additionalDirectories: [more],
      _meta: { 'aperture/agent': 'settings' },
    });
    await acp.prompt(sessionId, 'GIVEN');
    for (const part of ['/bin/m', more]) expect(acp.text(sessionId)).toContain(part);
    const taken = await acp.ask('session/load', { sessionId, cwd, mcpServers });
    expect(taken._meta.aperture.ignored).toEqual(['mcpServers']);
    const bad = { cwd, mcpServers: [{ name: 'm' }] };
    expect(await acp.refused('session/new', bad)).toMatchObject({
      code: -32602,
      data: { code: 'bad_mcp_servers' },
    });
  });

  test('modes and options: told by new and load, changed by set, seen by others, refused by the agent', async () => {
    const acp = await AcpClient.open(gateway);
    const meta = { 'aperture/agent': 'settings' };
    const begun = await acp.ask('session/new', { cwd, mcpServers: [], _meta: meta });
    const { sessionId, modes, configOptions } = begun;
    expect(modes).toMatchObject({ currentModeId: 'ask' });
    expect(configOptions).toHaveLength(2);
    const other = await AcpClient.open(gateway);
    await other.ask('session/resume', { sessionId, cwd });
    expect(await acp.ask('session/set_mode', { sessionId, modeId: 'code' })).toEqual({});
    const change = { sessionId, configId: 'model', value: 'large' };
    const changed = await acp.ask('session/set_config_option', change);
    expect(changed.configOptions[0]).toMatchObject({ id: 'model', currentValue: 'large' });
    await other.client.until(() => other.updates(sessionId, 'config_option_update').length > 0);
    expect(other.updates(sessionId, 'current_mode_update')).toMatchObject([
      { currentModeId: 'code' },
    ]);
    expect((await acp.refused('session/set_mode', { sessionId, modeId: 'none' })).code).toBe(
      -32001,
    );
    const late = await AcpClient.open(gateway);
    const loaded = await late.ask('session/load', { sessionId, cwd, mcpServers: [] });
    expect(loaded.modes).toMatchObject({ currentModeId: 'code' });
    expect(loaded.configOptions[0]).toMatchObject({ currentValue: 'large' });
    // An agent without them: nothing is told, and it refuses by itself.
    const plain = await acp.newSession(cwd);
    const error = await acp.refused('session/set_mode', { sessionId: plain, modeId: 'code' });
    expect(error.message).toContain('Method not found');
    expect(await acp.prompt(plain, 'SAY fine')).toBe('end_turn');
  });

  test('several sessions on one socket stream side by side and do not mix', async () => {
    const acp = await AcpClient.open(gateway);
    const ids = [await acp.newSession(cwd), await acp.newSession(cwd), await acp.newSession(cwd)];
    const stops = await Promise.all(ids.map((id, i) => acp.prompt(id, `STREAM 40 1 s${i}`)));
    expect(stops).toEqual(['end_turn', 'end_turn', 'end_turn']);
    for (const [i, id] of ids.entries()) {
      const expected = Array.from({ length: 40 }, (_, n) => `s${i}:tok${n} `).join('');
      expect(acp.text(id)).toBe(expected);
    }
  });

  test('a prompt while a turn runs is refused with a reason; the running one is not touched', async () => {
    const acp = await AcpClient.open(gateway);
    const id = await acp.newSession(cwd);
    const first = acp.beginPrompt(id, 'SAY on ; HANG');
    await acp.client.until(() => acp.text(id) === 'on');
    const params = { sessionId: id, prompt: [{ type: 'text', text: 'two' }] };
    expect(await acp.refused('session/prompt', params)).toMatchObject({
      code: -32001,
      data: { code: 'busy', retryable: true },
    });
    acp.notify('session/cancel', { sessionId: id });
    expect((await acp.response(first)).result.stopReason).toBe('cancelled');
    expect(await acp.prompt(id, 'SAY two')).toBe('end_turn');
  });

  test('[R41] cancel by $/cancel_request; a foreign or finished id does nothing', async () => {
    const acp = await AcpClient.open(gateway);
    const id = await acp.newSession(cwd);
    await acp.prompt(id, 'SAY before');
    const running = acp.beginPrompt(id, 'SAY on ; HANG');
    await acp.client.until(() => acp.text(id) === 'beforeon');
    for (const requestId of [1, 999, 'x', null]) acp.notify('$/cancel_request', { requestId });
    expect((await acp.ask('session/list')).sessions[0]._meta.aperture.turn).toBe('running');
    acp.notify('$/cancel_request', { requestId: running });
    expect((await acp.response(running)).result.stopReason).toBe('cancelled');
  });

  test('an agent that fails, and one that dies: the prompt is answered with the reason', async () => {
    const acp = await AcpClient.open(gateway);
    const id = await acp.newSession(cwd);
    const failed = await acp.response(acp.beginPrompt(id, 'FAIL on purpose'));
    expect(failed.error.message).toContain('on purpose');
    const died = await acp.response(acp.beginPrompt(id, 'CRASH 3'));
    expect(died.error).toMatchObject({ code: -32001, data: { code: expect.any(String) } });
    // It is started again for the next one.
    expect(await acp.prompt(id, 'SAY again')).toBe('end_turn');
  });

  test('an agent that refuses to start: no session is left behind', async () => {
    const acp = await AcpClient.open(gateway);
    const meta = { 'aperture/agent': 'refusing' };
    expect(await acp.refused('session/new', { cwd, mcpServers: [], _meta: meta })).toMatchObject({
      code: -32001,
      message: expect.stringContaining('Authentication required'),
    });
    expect((await gateway.sessions()).filter(({ agent }) => agent === 'refusing')).toEqual([]);
  });

  test('an agent that wants a sign-in: the client is told, and no session waits for ever', async () => {
    const acp = await AcpClient.open(gateway);
    const meta = { 'aperture/agent': 'locked' };
    expect(await acp.refused('session/new', { cwd, mcpServers: [], _meta: meta })).toMatchObject({
      code: -32001,
      data: { code: 'agent_auth' },
    });
    expect((await gateway.sessions()).filter(({ agent }) => agent === 'locked')).toEqual([]);
  });

  test('list has pages, newest first, and filters by directory', async () => {
    const acp = await AcpClient.open(gateway);
    const here = await gateway.directory('listed');
    const ids = [await acp.newSession(here), await acp.newSession(here)];
    const { sessions } = await acp.ask('session/list', { cwd: here });
    expect(sessions.map((session: { sessionId: string }) => session.sessionId)).toEqual(
      ids.toReversed(),
    );
    expect(sessions[0]).toMatchObject({ cwd: here, title: expect.any(String) });
    expect(Date.parse(sessions[0].updatedAt)).toBeGreaterThan(0);
    expect(await acp.refused('session/list', { cursor: 'rubbish' })).toMatchObject({
      code: -32602,
    });
  });

  test('close cancels and lets go, and the session stays; delete ends it', async () => {
    const acp = await AcpClient.open(gateway);
    const id = await acp.newSession(cwd);
    const running = acp.beginPrompt(id, 'SAY on ; HANG');
    await acp.client.until(() => acp.text(id) === 'on');
    await acp.ask('session/close', { sessionId: id });
    expect((await acp.response(running)).result.stopReason).toBe('cancelled');
    const idle = () =>
      gateway.sessions().then((all) => all.some((s) => s.id === id && s.turn === 'idle'));
    await eventually(idle);
    // Negative control: a turn that a page began is none of a client's that lets go.
    await acp.ask('session/resume', { sessionId: id, cwd });
    const watching = await page(gateway, id);
    const prompt = [{ type: 'text', text: 'SAY still ; PERMIT' }];
    watching.send({ t: 'prompt', k: 'k', prompt });
    await acp.asked(id);
    await acp.ask('session/close', { sessionId: id });
    const { sessions } = await acp.ask('session/list');
    const mine = sessions.find((session: { sessionId: string }) => session.sessionId === id);
    expect(mine._meta.aperture.turn).toBe('requires_action');
    const params = { sessionId: id, prompt: [{ type: 'text', text: 'x' }] };
    expect(await acp.refused('session/prompt', params)).toMatchObject({ code: -32600 });
    await acp.ask('session/delete', { sessionId: id });
    expect((await gateway.sessions()).some((session) => session.id === id)).toBe(false);
    expect(await acp.refused('session/load', { sessionId: id, cwd, mcpServers: [] })).toMatchObject(
      { code: -32002 },
    );
  });
});
