import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { lineLogger } from '../../../src/gateway/logger.ts';
import { attach, createSession, eventually, gateway, http, isAlive, scratch } from './support.ts';

describe('agents that misbehave', () => {
  test('[R16] one that exits at once: the session says why, and no other is touched', async () => {
    const to = await gateway({ scripted: [], broken: ['--exit-at-once', '7'] });
    const [bad, good] = [await createSession(to, 'broken'), await createSession(to)];
    const page = await attach(to, bad.id);
    const failed = await page.until(() =>
      page.logged('_aperture/agent').find(({ state }) => state === 'failed'),
    );
    expect(failed).toMatchObject({ code: 7, error: { code: 'agent_exited' } });
    expect(failed.message).toContain('exit code 7');
    expect(failed.stderr).toContain('told to exit at once');
    expect((await http(to, 'GET', `/v1/sessions/${bad.id}`)).json).toMatchObject({
      agentState: 'failed',
      error: { code: 'agent_exited' },
    });
    // A prompt tries again and ends, visibly.
    expect(await page.turn('hello?')).toBe('error');
    const other = await attach(to, good.id);
    expect(await other.turn('SAY fine')).toBe('end_turn');
  });

  test('one whose command is not there says so', async () => {
    const to = await gateway();
    const { id } = await createSession(to, 'gone');
    const page = await attach(to, id);
    await page.until(() => page.logged('_aperture/agent').some(({ state }) => state === 'failed'));
    expect(page.logged('_aperture/agent').at(-1)).toMatchObject({
      message: expect.stringContaining('“/no/such/agent” was not found'),
      error: { code: 'agent_not_found' },
    });
  });

  test('one that never answers `initialize` fails in time, and its process is gone', async () => {
    const to = await gateway(
      { scripted: ['--never-initialize'] },
      { timings: { initTimeoutMs: 300 } },
    );
    const { id } = await createSession(to);
    const pid = to.pool.get(id)!.agentPid!;
    const page = await attach(to, id);
    await page.until(() => page.logged('_aperture/agent').some(({ state }) => state === 'failed'));
    expect(page.logged('_aperture/agent').at(-1)).toMatchObject({
      error: { code: 'agent_timeout', retryable: true },
      message: expect.stringContaining('“initialize”'),
    });
    await eventually(() => !isAlive(pid));
  });

  test.each([
    ['never opens a session', '--never-session', 'agent_timeout', 1_000],
    ['wants a sign-in', '--refuse-session', 'agent_auth', 30_000],
    ['speaks another version', '--protocol', 'agent_protocol', 30_000],
  ])('one that %s says so', async (_what, flag, code, initTimeoutMs) => {
    const to = await gateway({ scripted: [flag, '9'] }, { timings: { initTimeoutMs } });
    const { id } = await createSession(to);
    const page = await attach(to, id);
    await page.until(
      () => page.logged('_aperture/agent').some(({ error }) => error?.code === code),
      code,
    );
  });

  test('a prompt that comes while the agent starts runs when it is ready; cancelling it then is quick', async () => {
    const to = await gateway({ scripted: ['--slow-initialize', '400'] });
    const { id, agentState } = await createSession(to);
    expect(agentState).toBe('starting');
    const page = await attach(to, id);
    expect(await page.turn('SAY patient')).toBe('end_turn');
    expect(page.text).toBe('patient');

    const other = await attach(to, (await createSession(to)).id);
    const k = other.prompt('SAY never');
    await other.ack(k);
    other.cancel();
    expect(await other.turnEnd(k)).toMatchObject({ stopReason: 'cancelled' });
    expect(await other.turn('SAY next')).toBe('end_turn');
    expect(other.text).toBe('next');
  });

  test('[R43] a crash in mid-turn ends the turn once; the next prompt starts the agent again', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const page = await attach(to, id);
    const k = page.prompt('SAY half ; CRASH 5');
    expect(await page.turnEnd(k)).toMatchObject({ stopReason: 'error' });
    expect(page.logged('_aperture/agent').at(-1)).toMatchObject({
      state: 'failed',
      code: 5,
      error: { code: 'agent_crashed' },
      stderr: expect.stringContaining('told to crash'),
    });
    expect(page.text).toBe('half');

    expect(await page.turn('SAY whole')).toBe('end_turn');
    const ends = page.updates('state_update').filter(({ state }) => state === 'idle');
    expect(ends.map(({ stopReason }) => stopReason)).toEqual(['error', 'end_turn']);
    // It cannot load, so the reader is told that it forgot.
    expect(page.logged('_aperture/notice')).toHaveLength(1);
    expect((await http(to, 'GET', `/v1/sessions/${id}`)).json.error).toBeUndefined();
  });

  test('[R21] an agent that can load its session goes on, and its replay shows nothing twice', async () => {
    const directory = await scratch();
    const store = path.join(directory, 'store');
    const to = await gateway({ scripted: ['--load', '--store', store] });
    const { id } = await createSession(to);
    const page = await attach(to, id);
    await page.turn('SAY before');
    await page.turnEnd(page.prompt('CRASH'));
    expect(await page.turn('SAY after')).toBe('end_turn');
    expect(page.text).toBe('beforeafter');
    expect(page.updates('user_message_chunk')).toHaveLength(3);
    expect(page.logged('_aperture/notice')).toEqual([]);
  });

  test('[R71] lines that are no messages are skipped', async () => {
    const lines: string[] = [];
    const logger = lineLogger((line) => lines.push(line));
    const to = await gateway({ scripted: ['--garbage'] }, { logger });
    const { id } = await createSession(to);
    const page = await attach(to, id);
    expect(await page.turn('STREAM 50')).toBe('end_turn');
    expect(page.text).toContain('tok49 ');
    expect(page.updates('agent_message_chunk')).toHaveLength(50);
    // [R48] They are told, without what stood in them.
    expect(lines.join('')).toContain('agent.bad_line');
    expect(lines.join('')).not.toContain('this line is no JSON');
  });

  test('[R30] one that asks and never reads an answer is stopped before it fills the memory', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const page = await attach(to, id);
    expect(await page.turn('DEAF 16 12')).toBe('error');
    const { json } = await http(to, 'GET', `/v1/sessions/${id}`);
    expect(json).toMatchObject({ agentState: 'failed', error: { code: 'agent_flood' } });
    // It can be started again.
    expect(await page.turn('SAY on')).toBe('end_turn');
  });

  test('an agent that exits in order is `exited`, and comes back with the next prompt', async () => {
    const to = await gateway();
    const { id } = await createSession(to);
    const page = await attach(to, id);
    await page.turnEnd(page.prompt('CRASH 0'));
    expect(page.logged('_aperture/agent').at(-1)).toMatchObject({ state: 'exited', code: 0 });
    expect(await page.turn('SAY back')).toBe('end_turn');
  });

  test('[R70] an agent sees the allow-list of variables only, and works in its own directory', async () => {
    process.env['APERTURE_TEST_SECRET'] = 'hidden';
    try {
      const directory = await scratch();
      const to = await gateway();
      const { id } = await createSession(to, 'scripted', { cwd: directory });
      const page = await attach(to, id);
      await page.turn('ECHO_ENV APERTURE_TEST_SECRET ; CWD ; ECHO_ENV PATH');
      expect(page.text).toContain('APERTURE_TEST_SECRET is not set');
      expect(page.text).toContain(`cwd=${directory} process=${directory}`);
      expect(page.text).toContain('PATH=/');
    } finally {
      delete process.env['APERTURE_TEST_SECRET'];
    }
  });

  test('a directory that vanished is named, not the command', async () => {
    const directory = path.join(await scratch(), 'project');
    await mkdir(directory);
    const to = await gateway();
    const { id } = await createSession(to, 'scripted', { cwd: directory });
    const page = await attach(to, id);
    await page.turnEnd(page.prompt('CRASH'));
    await rm(directory, { recursive: true });
    expect(await page.turn('hello')).toBe('error');
    expect(page.logged('_aperture/agent').at(-1).message).toContain('does not exist any more');
  });

  test('[R29] ending a session ends its agent and what that started, even if it is stubborn', async () => {
    const to = await gateway({ scripted: ['--ignore-sigterm'] }, { timings: { stopGraceMs: 200 } });
    const { id } = await createSession(to, 'scripted', { cwd: tmpdir() });
    const page = await attach(to, id);
    await page.turn('CHILD');
    const grandchild = Number(/Child: (\d+)/.exec(page.text)![1]);
    const pid = to.pool.get(id)!.agentPid!;
    expect(isAlive(pid) && isAlive(grandchild)).toBe(true);
    expect((await http(to, 'DELETE', `/v1/sessions/${id}`)).status).toBe(204);
    expect((await page.closing()).code).toBe(4410);
    await eventually(() => !isAlive(pid) && !isAlive(grandchild));
    expect((await http(to, 'GET', `/v1/sessions/${id}`)).status).toBe(404);
  });

  test('closing the gateway tells the pages and leaves no process behind', async () => {
    const to = await gateway();
    const ids = [(await createSession(to)).id, (await createSession(to)).id];
    const list = await Promise.all(ids.map((id) => attach(to, id)));
    await Promise.all(list.map((page) => page.turn('SAY hi')));
    const pids = ids.map((id) => to.pool.get(id)!.agentPid!);
    list[0]!.prompt('HANG');
    await Promise.all([to.close(), to.close()]);
    for (const page of list) expect((await page.closing()).code).toBe(1012);
    expect(pids.some(isAlive)).toBe(false);
  });
});
