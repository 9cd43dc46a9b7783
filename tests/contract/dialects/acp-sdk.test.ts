import {
  client,
  methods,
  type InitializeRequest,
  type PromptRequest,
  type RequestPermissionRequest,
} from '@agentclientprotocol/sdk';
import { createWebSocketStream } from '@agentclientprotocol/sdk/experimental/ws-client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { GatewayProcess } from '../../support/gateway-process.ts';
import { eventually, page, SCRIPTED } from './support.ts';

let gateway: GatewayProcess;
let cwd: string;

beforeAll(async () => {
  gateway = await GatewayProcess.start({ args: SCRIPTED });
  cwd = await gateway.directory('sdk');
});
afterAll(() => gateway.dispose());

type Permission = (request: RequestPermissionRequest, signal: AbortSignal) => Promise<string>;

/** The protocol's own client, over its own WebSocket transport: it checks every message by its schemas. */
function connect(permission: Permission = () => Promise.resolve('once'), token = gateway.token) {
  const updates: { sessionId: string; update: { sessionUpdate: string } }[] = [];
  const stream = createWebSocketStream(`ws://127.0.0.1:${gateway.port}/acp`, {
    WebSocket: WebSocket as never,
    ...(token !== '' && { headers: { Authorization: `Bearer ${token}` } }),
  });
  const connection = client({ name: 'sdk' })
    .onNotification(methods.client.session.update, ({ params }) => void updates.push(params))
    .onRequest(methods.client.session.requestPermission, async ({ params, signal }) => ({
      outcome: { outcome: 'selected', optionId: await permission(params, signal) },
    }))
    .connect(stream);
  onTestFinished(() => connection.close());
  return { agent: connection.agent, updates };
}

const hello: InitializeRequest = {
  protocolVersion: 1,
  clientCapabilities: {},
  clientInfo: { name: 'sdk', version: '1' },
};
const prompt = (sessionId: string, text: string): PromptRequest => ({
  sessionId,
  prompt: [{ type: 'text', text }],
});

describe('the protocol’s own SDK as a client', () => {
  test('initialize, new, prompt with a permission, list, load, resume, close, delete', async () => {
    const { agent, updates } = connect();
    const said = await agent.request(methods.agent.initialize, hello);
    expect(said.agentCapabilities).toMatchObject({
      loadSession: true,
      sessionCapabilities: { list: {}, resume: {}, close: {}, delete: {} },
    });
    const session = await agent.buildSession(cwd).start();
    const turn = session.prompt('PLAN ; TOOL ; PERMIT ls ; USAGE ; SAY done');
    expect(await session.readText()).toContain('Permission: once');
    expect((await turn).stopReason).toBe('end_turn');
    const { sessionId } = session;
    const { sessions } = await agent.request(methods.agent.session.list, { cwd });
    expect(sessions).toMatchObject([{ sessionId, cwd }]);

    const other = connect();
    await other.agent.request(methods.agent.initialize, hello);
    await other.agent.request(methods.agent.session.load, { sessionId, cwd, mcpServers: [] });
    const kinds = other.updates.map(({ update }) => update.sessionUpdate);
    expect(kinds).toEqual(
      expect.arrayContaining(['user_message_chunk', 'plan', 'tool_call', 'agent_message_chunk']),
    );
    const third = connect();
    await third.agent.request(methods.agent.initialize, hello);
    await third.agent.request(methods.agent.session.resume, { sessionId, cwd });
    expect(third.updates).toEqual([]);
    await third.agent.request(methods.agent.session.close, { sessionId });
    await agent.request(methods.agent.session.delete, { sessionId });
    expect((await agent.request(methods.agent.session.list, { cwd })).sessions).toEqual([]);
    expect(updates.every((entry) => entry.sessionId === sessionId)).toBe(true);
  });

  test('authenticate with the token; a wrong one rejects', async () => {
    const { agent } = connect(undefined, '');
    const { authMethods } = await agent.request(methods.agent.initialize, hello);
    expect(authMethods).toMatchObject([{ id: 'token', name: 'Gateway token' }]);
    await expect(agent.request(methods.agent.session.list, {})).rejects.toMatchObject({
      code: -32000,
    });
    const _meta = { 'aperture/token': gateway.token };
    await agent.request(methods.agent.authenticate, { methodId: 'token', _meta });
    await agent.request(methods.agent.session.list, {});

    const wrong = connect(undefined, '');
    await wrong.agent.request(methods.agent.initialize, hello);
    const params = { methodId: 'token', _meta: { 'aperture/token': 'not-the-token-at-all' } };
    await expect(wrong.agent.request(methods.agent.authenticate, params)).rejects.toMatchObject({
      code: -32000,
    });
  });

  test('[R41] an aborted prompt is cancelled, and so is session/cancel’s', async () => {
    const { agent, updates } = connect();
    await agent.request(methods.agent.initialize, hello);
    const { sessionId } = await agent.request(methods.agent.session.new, { cwd, mcpServers: [] });
    const first = agent.request(methods.agent.session.prompt, prompt(sessionId, 'SAY a ; HANG'));
    await eventually(() => updates.some((u) => u.update.sessionUpdate === 'agent_message_chunk'));
    await agent.notify(methods.agent.session.cancel, { sessionId });
    expect((await first).stopReason).toBe('cancelled');
    const abort = new AbortController();
    const options = { cancellationSignal: abort.signal };
    const ask = prompt(sessionId, 'SAY b ; HANG');
    const second = agent.request(methods.agent.session.prompt, ask, options);
    await eventually(
      () => updates.filter((u) => u.update.sessionUpdate === 'agent_message_chunk').length === 2,
    );
    abort.abort();
    // Whether the SDK waits for the answer or not, the turn is over on the gateway.
    await second.catch(() => {});
    await eventually(async () =>
      (await gateway.sessions()).some(({ id, turn }) => id === sessionId && turn === 'idle'),
    );
  });

  test('[R57] a permission that the page settles is withdrawn: the handler’s signal aborts', async () => {
    let withdrawn = false;
    const { agent } = connect(
      (_request, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            withdrawn = true;
            reject(new Error('Withdrawn'));
          });
        }),
    );
    await agent.request(methods.agent.initialize, hello);
    const { sessionId } = await agent.request(methods.agent.session.new, { cwd, mcpServers: [] });
    const turn = agent.request(methods.agent.session.prompt, prompt(sessionId, 'PERMIT'));
    const watching = await page(gateway, sessionId);
    const asked = await watching.frame(({ m }) => m?.method === 'session/request_permission');
    const outcome = { outcome: 'selected', optionId: 'always' };
    watching.send({ t: 'answer', k: 'k', id: asked.m.id, result: { outcome } });
    expect((await turn).stopReason).toBe('end_turn');
    await eventually(() => withdrawn);
  });

  test('errors arrive as errors: busy, unknown session, unknown method', async () => {
    const { agent, updates } = connect();
    await agent.request(methods.agent.initialize, hello);
    const { sessionId } = await agent.request(methods.agent.session.new, { cwd, mcpServers: [] });
    const running = agent.request(methods.agent.session.prompt, prompt(sessionId, 'SAY a ; HANG'));
    await eventually(() => updates.length > 0);
    await expect(
      agent.request(methods.agent.session.prompt, prompt(sessionId, 'two')),
    ).rejects.toMatchObject({ code: -32001, data: { code: 'busy', retryable: true } });
    await expect(
      agent.request(methods.agent.session.prompt, prompt('no-such', 'x')),
    ).rejects.toMatchObject({ code: -32002 });
    await expect(agent.request('session/unheard_of', {})).rejects.toMatchObject({ code: -32601 });
    await agent.notify(methods.agent.session.cancel, { sessionId });
    await running;
  });
});
