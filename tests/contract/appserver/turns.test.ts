import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLevelJournal } from '../../../src/gateway/journal/level.ts';
import type { Gateway } from '../../../src/gateway/gateway.ts';
import { attach, createSession, gateway, scratch } from '../gateway/support.ts';
import { calls, registry, said, scene } from './support.ts';

/** Which value each option has. */
const current = (options: { id: string; currentValue: string }[]): object =>
  Object.fromEntries(options.map(({ id, currentValue }) => [id, currentValue]));

/** Gateways that follow one another on the same data directory. */
async function generations(flags: string[]): Promise<() => Promise<Gateway>> {
  const location = path.join(await scratch(), 'log');
  let last: Gateway | undefined;
  return async () => {
    await last?.close();
    last = await gateway(
      {},
      { registry: registry(flags), openJournal: () => openLevelJournal({ location }) },
    );
    return last;
  };
}

describe('a turn of a Codex app-server, in the words of the log', () => {
  test('a message comes in its pieces, once, and the turn ends', async () => {
    const { page } = await scene();
    expect(await page.turn('STREAM 40')).toBe('end_turn');
    expect(page.updates('agent_message_chunk')).toHaveLength(40);
    expect(said(page)).toEqual([Array.from({ length: 40 }, (_, n) => `tok${n} `).join('')]);
    // Its echo of the prompt is not a second one.
    expect(page.updates('user_message_chunk')).toHaveLength(1);
    expect(page.updates('state_update').map(({ state }) => state)).toEqual(['running', 'idle']);
  });

  test.each([
    ['tells items whole', '--no-deltas'],
    ['tells pieces only', '--no-items'],
    ['answers turn/start last', '--answer-last'],
  ])('the same from one that %s', async (_what, flag) => {
    const { page } = await scene([flag]);
    expect(await page.turn('SAY hello ; STREAM 3')).toBe('end_turn');
    expect(said(page)).toEqual(['hello', 'tok0 tok1 tok2 ']);
    // It is not mistaken for the turn that comes next.
    expect(await page.turn('SAY again')).toBe('end_turn');
    expect(said(page).at(-1)).toBe('again');
  });

  test('[R26] ids that come twice stand for two messages and two calls', async () => {
    const { page } = await scene(['--ids', 'colliding']);
    expect(await page.turn('SAY one ; SAY two ; FREE first ; FREE second')).toBe('end_turn');
    expect(await page.turn('SAY three ; FREE third')).toBe('end_turn');
    expect(said(page)).toEqual(['one', 'two', 'three']);
    expect(calls(page).map(({ title }) => title)).toEqual(['first', 'second', 'third']);
  });

  test('thoughts are told once, in their parts', async () => {
    const { page } = await scene();
    await page.turn('THINK Let me see. ; SAY done');
    expect(said(page, 'agent_thought_chunk')).toEqual(['Let me see.\n\nAnd more.']);
    const whole = await scene(['--no-deltas']);
    await whole.page.turn('THINK Let me see.');
    expect(said(whole.page, 'agent_thought_chunk')[0]).toContain('Let me see.');
  });

  test('a command is a tool call with a terminal: output as it comes, the rest at its end, exit code', async () => {
    const { page } = await scene();
    await page.turn('FREE ls -l');
    expect(calls(page)).toMatchObject([
      {
        title: 'ls -l',
        kind: 'execute',
        status: 'failed',
        rawInput: { command: "/bin/bash -lc 'ls -l'" },
        content: [{ type: 'terminal' }],
      },
    ]);
    const terminal = page.logged('_aperture/terminal');
    expect(terminal.map(({ state }) => state)).toEqual(['started', 'output', 'exited']);
    expect(terminal[1].text).toBe('one\ntwo\nthree\n');
    expect(terminal.at(-1)).toMatchObject({ exitCode: 3 });
    expect(calls(page)[0].content[0].terminalId).toBe(terminal[0].id);
  });

  test('output that lost its beginning on the way is shown whole in the end', async () => {
    const { page } = await scene();
    await page.turn('TORN ls');
    const [{ content }] = calls(page);
    expect(content).toHaveLength(1);
    const shown = page
      .logged('_aperture/terminal')
      .filter(({ id }) => id === content[0].terminalId);
    expect(shown.find(({ state }) => state === 'output').text).toBe('one\ntwo\nthree\n');
    expect(shown.at(-1)).toMatchObject({ state: 'exited', exitCode: 3 });
  });

  test('plan, usage, title, a tool of an MCP server', async () => {
    const { page } = await scene();
    await page.turn('PLAN ; USAGE ; TITLE A better name ; CALL');
    expect(page.updates('plan').at(-1).entries).toMatchObject([
      { content: 'Look', status: 'completed' },
      { content: 'Leap', status: 'pending' },
    ]);
    expect(page.updates('usage_update')).toMatchObject([{ used: 1200, size: 10_000 }]);
    expect(page.updates('session_info_update')).toMatchObject([{ title: 'A better name' }]);
    expect(calls(page)).toMatchObject([
      {
        title: 'files: read',
        status: 'completed',
        rawInput: { path: 'x' },
        content: [{ type: 'content', content: { text: 'what stood there' } }],
      },
    ]);
  });

  test('a failed turn says why, and whether the same may succeed later', async () => {
    const { page } = await scene();
    expect(await page.turn('SAY half ; FAIL')).toBe('error');
    expect(page.logged('_aperture/error').at(-1)).toMatchObject({
      error: { message: 'Codex says: It went wrong. (In detail.)', retryable: true },
    });
    expect(await page.turn('FAIL contextWindowExceeded')).toBe('error');
    expect(page.logged('_aperture/error').at(-1).error.retryable).toBe(false);
    expect(await page.turn('FAIL unauthorized')).toBe('error');
    expect(page.logged('_aperture/error').at(-1).error).toMatchObject({
      code: 'agent_auth',
      message: expect.stringContaining(' login” in a terminal'),
    });
    expect(await page.turn('SAY on')).toBe('end_turn');
  });

  test('[R30] trouble and warnings are told once, not at every attempt', async () => {
    const { page } = await scene();
    await page.turn('RETRY ; WARN careful ; WARN careful');
    await page.turn('WARN careful');
    expect(page.logged('_aperture/notice').map(({ text }) => text)).toEqual([
      'Codex has trouble with its model, and tries again: no route',
      'Codex: careful',
    ]);
  });

  test('[R41] cancel interrupts the turn; a command that runs is told as ended', async () => {
    const { page } = await scene();
    const k = page.prompt('SAY begun ; FREE x ; HANG');
    await page.until(() =>
      page.logged('_aperture/terminal').some(({ state }) => state === 'exited'),
    );
    page.cancel();
    page.cancel();
    expect(await page.turnEnd(k)).toMatchObject({ stopReason: 'cancelled' });
    expect(page.logged('_aperture/error')).toEqual([]);
    expect(await page.turn('SAY next')).toBe('end_turn');
    expect(said(page)).toEqual(['begun', 'next']);
  });

  test('[R40] a message can go into the turn that runs, and runs once; the turn goes on under its own key', async () => {
    const { page } = await scene();
    const ready = await page.until(() =>
      page.logged('_aperture/agent').find(({ state }) => state === 'ready'),
    );
    expect(ready.steer).toBe(true);
    const k = page.prompt('SAY begun ; HANG');
    await page.until(() => said(page)[0] === 'begun');
    const steered = { t: 'prompt', prompt: [{ type: 'text', text: 'SAY steered' }] };
    // Negative control: without the wish, it is to wait.
    page.send({ ...steered, k: 'plain' });
    expect(await page.refused('plain')).toMatchObject({ code: 'busy' });
    page.send({ ...steered, k: 'steered', steer: true });
    page.send({ ...steered, k: 'steered', steer: true });
    expect(await page.turnEnd(k)).toMatchObject({ stopReason: 'end_turn' });
    expect(said(page)).toEqual(['begun', 'steered']);
    expect(page.updates('user_message_chunk').map(({ _meta }) => _meta.aperture.key)).toEqual([
      k,
      'steered',
    ]);
    expect(page.updates('state_update').map(({ state }) => state)).toEqual(['running', 'idle']);
    // With no turn running, it is a prompt like any other.
    page.send({ ...steered, k: 'first', steer: true });
    expect(await page.turnEnd('first')).toMatchObject({ stopReason: 'end_turn' });
  });

  test('a message that the turn does not take is told as such', async () => {
    const { page } = await scene(['--no-steer']);
    const k = page.prompt('SAY begun ; HANG');
    await page.until(() => said(page)[0] === 'begun');
    page.send({ t: 'prompt', k: 'lost', steer: true, prompt: [{ type: 'text', text: 'now' }] });
    await page.until(() => page.logged('_aperture/error').find(({ key }) => key === 'lost'));
    page.cancel();
    expect(await page.turnEnd(k)).toMatchObject({ stopReason: 'cancelled' });
  });

  test('[R58] one that does not stop is given up, and started again for the next prompt', async () => {
    const { page } = await scene(['--no-interrupt'], { timings: { cancelGraceMs: 100 } });
    const k = page.prompt('SAY begun ; HANG');
    await page.until(() => said(page)[0] === 'begun');
    page.cancel();
    expect(await page.turnEnd(k)).toMatchObject({ stopReason: 'cancelled' });
    expect(page.logged('_aperture/error').at(-1).error.code).toBe('cancel_timeout');
    expect(await page.turn('SAY fresh')).toBe('end_turn');
  });

  test('[R54] what comes after a turn’s end is not its own any more', async () => {
    const { page } = await scene();
    await page.turn('SAY in time ; LATE');
    await page.turn('SAY one ; SAY two');
    await page.turn('SAY three');
    expect(said(page)).toEqual(['in time', 'one', 'two', 'three']);
  });

  test('settings: model, effort, approvals and sandbox go with the next turn, once', async () => {
    const { page } = await scene();
    const ready = await page.until(() =>
      page.logged('_aperture/agent').find(({ state }) => state === 'ready'),
    );
    expect(current(ready.configOptions)).toEqual({
      model: 'big',
      effort: 'low',
      approvals: 'on-request',
      sandbox: 'read-only',
    });
    const set = (option: string, value: string): void =>
      page.send({ t: 'set_option', k: `${option}-${value}`, option, value });
    set('effort', 'high');
    set('model', 'small');
    set('sandbox', 'workspace-write');
    set('approvals', 'on-request');
    const last = await page.until(() => {
      const updates = page.updates('config_option_update');
      return updates.find(({ _meta }) => _meta?.aperture.key === 'approvals-on-request');
    });
    // What it cannot do takes its own default.
    expect(current(last.configOptions)).toMatchObject({ model: 'small', effort: 'none' });
    await page.turn('TURN_PARAMS');
    expect(JSON.parse(said(page).at(-1)!)).toEqual({
      model: 'small',
      effort: 'none',
      sandboxPolicy: {
        type: 'workspaceWrite',
        writableRoots: [],
        networkAccess: false,
        excludeTmpdirEnvVar: false,
        excludeSlashTmp: false,
      },
    });
    await page.turn('TURN_PARAMS');
    expect(JSON.parse(said(page).at(-1)!)).toEqual({});
    set('model', 'huge');
    await page.until(() => page.logged('_aperture/error').find(({ key }) => key === 'model-huge'));
    page.send({ t: 'set_mode', k: 'mode', mode: 'code' });
    await page.until(() => page.logged('_aperture/error').find(({ key }) => key === 'mode'));
  });

  test('directory, MCP servers and more directories reach the thread', async () => {
    const [cwd, more] = [await scratch(), await scratch()];
    const to = await gateway({}, { registry: registry([]) });
    const mcpServers = [
      { name: 'files', command: 'serve', args: ['-v'], env: [{ name: 'A', value: '1' }] },
      { type: 'http', name: 'far', url: 'http://127.0.0.1:1/', headers: [] },
      { type: 'sse', name: 'old', url: 'http://127.0.0.1:1/', headers: [] },
    ];
    const session = await to.pool.create({
      agent: 'codex',
      cwd,
      title: undefined,
      mcpServers,
      additionalDirectories: [more],
    });
    const page = await attach(to, session.id);
    await page.turn('GIVEN');
    expect(JSON.parse(said(page)[0]!)).toEqual({
      cwd,
      config: {
        'mcp_servers.files': { command: 'serve', args: ['-v'], env: { A: '1' } },
        'mcp_servers.far': { url: 'http://127.0.0.1:1/', http_headers: {} },
        'sandbox_workspace_write.writable_roots': [more],
      },
    });
    expect(page.logged('_aperture/notice').map(({ text }) => text)).toEqual([
      'Codex cannot use the MCP server “old” (sse); the session goes on without.',
    ]);
  });

  test('images and embedded text go as what Codex takes', async () => {
    const { page } = await scene();
    const k = 'with-image';
    page.send({
      t: 'prompt',
      k,
      prompt: [
        { type: 'image', mimeType: 'image/png', data: 'AAAA' },
        { type: 'resource', resource: { uri: 'file:///a.txt', text: 'inside' } },
      ],
    });
    await page.turnEnd(k);
    expect(said(page).join()).toContain('data:image/png;base64,AAAAfile:///a.txt:');
    expect(said(page).join()).toContain('inside');
  });
});

describe('a Codex app-server over restarts', () => {
  test('[R21] the thread is resumed after the gateway was restarted, and nothing is told twice', async () => {
    const next = await generations([
      '--config-warning',
      '--store',
      path.join(await scratch(), 'threads'),
    ]);
    const first = await next();
    const { id } = await createSession(first, 'codex');
    await (await attach(first, id)).turn('SAY before');
    const page = await attach(await next(), id);
    expect(await page.turn('SAY after')).toBe('end_turn');
    expect(said(page)).toEqual(['before', 'after']);
    expect(page.logged('_aperture/notice')).toMatchObject([
      { text: 'Codex: Something is odd: In a file.' },
    ]);
  });

  test('[R58] a turn that was cut is told as cut, and its request as cancelled', async () => {
    const next = await generations(['--store', path.join(await scratch(), 'threads')]);
    const first = await next();
    const { id } = await createSession(first, 'codex');
    const before = await attach(first, id);
    const k = before.prompt('RUN ls');
    await before.request();
    const page = await attach(await next(), id);
    expect(await page.turnEnd(k)).toMatchObject({ stopReason: 'interrupted' });
    expect(page.logged('_aperture/request_resolved')).toMatchObject([
      { outcome: 'cancelled', reason: 'gateway_restarted' },
    ]);
  });

  test('one that forgot its thread says so', async () => {
    const next = await generations([]);
    const first = await next();
    const { id } = await createSession(first, 'codex');
    await (await attach(first, id)).turn('SAY before');
    const page = await attach(await next(), id);
    expect(await page.turn('SAY after')).toBe('end_turn');
    expect(page.logged('_aperture/notice')[0].text).toContain('does not remember');
  });
});
