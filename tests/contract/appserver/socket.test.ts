import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadRegistry } from '../../../src/gateway/agents/registry.ts';
import { AppServerSocket } from '../../support/servers/app-server-socket.ts';
import { attach, createSession, eventually, gateway, http, scratch } from '../gateway/support.ts';
import { calls, options, said, type Scene } from './support.ts';

async function server(flags: string[] = [], token?: string): Promise<AppServerSocket> {
  const started = await AppServerSocket.start(flags, token);
  onTestFinished(() => started.close());
  return started;
}

/** A session with an app-server that runs already, by the config file. */
async function scene(url: string, token?: string): Promise<Scene> {
  const root = await scratch();
  const configPath = path.join(root, 'config.json');
  if (token !== undefined) await writeFile(path.join(root, 'token'), `${token}\n`);
  const codex = {
    kind: 'codex-app-server',
    url,
    ...(token !== undefined && { tokenFile: 'token' }),
  };
  await writeFile(configPath, JSON.stringify({ agents: { codex } }));
  const registry = await loadRegistry({ self: [process.execPath], configPath });
  const to = await gateway({}, { registry });
  const { id } = await createSession(to, 'codex');
  return { to, id, page: await attach(to, id) };
}

const failed = (page: Scene['page'], count = 1) =>
  page.until(
    () => page.logged('_aperture/agent').filter(({ state }) => state === 'failed')[count - 1],
  );

describe('a Codex app-server that runs already', () => {
  test('is spoken with by WebSocket: deltas, approvals, interrupt, steer', async () => {
    const { page } = await scene((await server()).url);
    await page.turn('SAY first ; THINK why');
    expect(said(page)).toEqual(['first']);
    expect(said(page, 'agent_thought_chunk').join('')).toContain('why');

    const run = page.prompt('RUN make it');
    const request = await page.request();
    page.answer(request, options(page).find(({ kind }) => kind === 'allow_once')!.optionId);
    expect((await page.turnEnd(run)).stopReason).toBe('end_turn');
    expect(calls(page)).toMatchObject([{ status: 'completed' }]);
    expect(said(page).at(-1)).toBe('Decision: accept');

    const hangs = page.prompt('SAY begun ; HANG');
    await page.until(() => said(page).includes('begun'));
    const prompt = [{ type: 'text', text: 'SAY steered' }];
    page.send({ t: 'prompt', k: 'more', prompt, steer: true });
    expect((await page.turnEnd(hangs)).stopReason).toBe('end_turn');
    expect(said(page).at(-1)).toBe('steered');

    const stopped = page.prompt('HANG');
    await page.ack(stopped);
    page.cancel();
    expect((await page.turnEnd(stopped)).stopReason).toBe('cancelled');
  });

  test('[R43] that goes away ends the turn once; the next message dials again, and goes on', async () => {
    const store = path.join(await scratch(), 'threads.json');
    const codex = await server(['--store', store]);
    const { page } = await scene(codex.url);
    await page.turn('SAY remember');
    const cut = page.prompt('SAY half ; HANG');
    await page.until(() => said(page).includes('half'));
    for (const socket of codex.sockets) socket.close(1012, 'Going down');
    expect((await page.turnEnd(cut)).stopReason).toBe('error');
    expect(await failed(page)).toMatchObject({
      error: { code: 'agent_lost', retryable: true },
      message: expect.stringContaining('Going down'),
    });
    expect(await page.turn('SAY again')).toBe('end_turn');
    expect(codex.dialled).toBe(2);
    expect(codex.heard.map(({ method }) => method)).toContain('thread/resume');
    expect(page.logged('_aperture/notice')).toEqual([]);
  });

  test('shows its token, which is read from its file, and says so when that is refused', async () => {
    const codex = await server([], 'right-token');
    const { page } = await scene(codex.url, 'right-token');
    expect(await page.turn('SAY in')).toBe('end_turn');
    const other = await scene(codex.url, 'wrong-token');
    const { error, message } = await failed(other.page);
    expect(error.code).toBe('agent_unreachable');
    expect(message).toMatch(/refuses the token/);
    // Nobody's log has the token.
    expect(JSON.stringify(other.page.frames)).not.toContain('wrong-token');
    expect(codex.dialled).toBe(1);
  });

  test('that is not there says where it was looked for, and is looked for again', async () => {
    const { page } = await scene('ws://127.0.0.1:1');
    const { message } = await failed(page);
    expect(message).toContain('cannot be reached at ws://127.0.0.1:1: nothing listens there');
    expect(await page.turn('hello?')).toBe('error');
    await failed(page, 2);
  });

  test('is left when the session ends, and its running turn is interrupted first', async () => {
    const codex = await server();
    const { to, id, page } = await scene(codex.url);
    await page.ack(page.prompt('SAY begun ; HANG'));
    await page.until(() => said(page).includes('begun'));
    await http(to, 'DELETE', `/v1/sessions/${id}`);
    await eventually(() => codex.sockets.size === 0);
    expect(codex.heard.at(-1)?.method).toBe('turn/interrupt');
  });
});

const refusal = async (codex: object): Promise<string> => {
  const configPath = path.join(await scratch(), 'config.json');
  await writeFile(configPath, JSON.stringify({ agents: { codex } }));
  const loaded = loadRegistry({ self: [process.execPath], configPath });
  return loaded.then(
    () => '',
    (error: Error) => error.message,
  );
};

describe('its entry in the config file', () => {
  const kind = 'codex-app-server';

  test.each([
    [{ url: 'ws://127.0.0.1:4500' }, 'agents.codex.url: is only for the kind codex-app-server.'],
    [{ kind, url: 'ws://far.example:4500' }, 'expected wss://…, or ws://127.0.0.1:…'],
    [{ kind, url: 'http://127.0.0.1:4500' }, 'expected wss://…'],
    [{ kind, url: 'wss://me:secret@far.example' }, 'expected wss://…'],
    [{ kind, url: 'ws://127.0.0.1:1', command: 'codex' }, 'agents.codex.command: has no meaning'],
    [{ kind, url: 'ws://127.0.0.1:1', env: { A: 'b' } }, 'agents.codex.env: has no meaning'],
    [{ command: 'codex', tokenFile: 'x' }, 'agents.codex.tokenFile: is only for a url.'],
  ])('%j is refused', async (codex, words) => {
    expect(await refusal(codex)).toContain(words);
  });

  test.each(['wss://far.example/codex', 'ws://[::1]:4500', 'ws://localhost:4500'])(
    '%s is fine',
    async (url) => {
      expect(await refusal({ kind, url })).toBe('');
    },
  );
});
