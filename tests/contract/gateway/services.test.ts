import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  attach,
  createSession,
  eventually,
  gateway,
  isAlive,
  scratch,
  type Page,
} from './support.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- answers have every shape
type Reply = any;

/** A session in a directory of its own, and one page. */
async function begun(flags: string[] = []): Promise<{ page: Page; cwd: string; outside: string }> {
  const to = await gateway({ scripted: flags });
  const [cwd, outside] = [await scratch(), await scratch()];
  const { id } = await createSession(to, 'scripted', { cwd });
  return { page: await attach(to, id), cwd, outside };
}

/** Has the agent ask for these, one after the other. @returns what it was answered. */
async function calls(page: Page, ...asked: [method: string, params: object][]): Promise<Reply[]> {
  const before = page.text.length;
  const lines = asked.map(([method, params]) => `CALL ${method} ${JSON.stringify(params)}`);
  expect(await page.turn(lines.join('\n'))).toBe('end_turn');
  return replies(page.text.slice(before));
}

const replies = (text: string): Reply[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

const read = (file: string, more: object = {}): [string, object] => [
  'fs/read_text_file',
  { path: file, ...more },
];
const write = (file: string, content: string): [string, object] => [
  'fs/write_text_file',
  { path: file, content },
];

describe('files for an agent', () => {
  test('the agent is told what it may ask for', async () => {
    const { page } = await begun();
    await page.turn('GIVEN');
    expect(replies(page.text)[0][0]).toMatchObject({
      fs: { readTextFile: true, writeTextFile: true },
      terminal: true,
    });
  });

  test('are read whole and in part, and written with the directories above them; the log tells every page', async () => {
    const { page, cwd } = await begun();
    await writeFile(path.join(cwd, 'a.txt'), 'one\ntwo\nthree\nfour');
    const answers = await calls(
      page,
      read('$CWD/a.txt'),
      read('$CWD/a.txt', { line: 2, limit: 2 }),
      read('$CWD/a.txt', { line: 4 }),
      read('$CWD/a.txt', { line: 9 }),
      read('$CWD/a.txt', { limit: 0 }),
      write('$CWD/deep/er/b.txt', 'new ☃\n'),
      read('$CWD/deep/er/b.txt'),
      write('$CWD/a.txt', 'short'),
    );
    expect(answers.slice(0, 7)).toEqual([
      { content: 'one\ntwo\nthree\nfour' },
      { content: 'two\nthree\n' },
      { content: 'four' },
      { content: '' },
      { content: '' },
      {},
      { content: 'new ☃\n' },
    ]);
    expect(await readFile(path.join(cwd, 'deep/er/b.txt'), 'utf8')).toBe('new ☃\n');
    expect(await readFile(path.join(cwd, 'a.txt'), 'utf8')).toBe('short');
    const logged = page.logged('_aperture/file');
    expect(logged).toHaveLength(8);
    expect(logged[5]).toEqual({ op: 'write', path: path.join(cwd, 'deep/er/b.txt'), bytes: 8 });
  });

  test('[R70] nothing outside of the session’s directory: not by name, not by .., not by a link, not by a link that leads nowhere', async () => {
    const { page, cwd, outside } = await begun();
    const secret = path.join(outside, 'secret.txt');
    await writeFile(secret, 'secret');
    await symlink(secret, path.join(cwd, 'link.txt'));
    await symlink(outside, path.join(cwd, 'linked'));
    await symlink(path.join(outside, 'new.txt'), path.join(cwd, 'dangling.txt'));
    const answers = await calls(
      page,
      read(secret),
      read(`$CWD/../${path.basename(outside)}/secret.txt`),
      read('$CWD/link.txt'),
      read('$CWD/linked/secret.txt'),
      write(path.join(outside, 'new.txt'), 'x'),
      write('$CWD/linked/new.txt', 'x'),
      write('$CWD/linked/deep/new.txt', 'x'),
      write('$CWD/dangling.txt', 'x'),
      write('$CWD/link.txt', 'x'),
    );
    expect(answers.map(({ error }) => error?.code)).toEqual([
      -32602, -32602, -32602, -32602, -32602, -32602, -32602, -32002, -32602,
    ]);
    expect(answers[0].error.message).toContain(
      'outside of this session’s directory'.replace('’', "'"),
    );
    expect(await readFile(secret, 'utf8')).toBe('secret');
    await expect(readFile(path.join(outside, 'new.txt'))).rejects.toThrow('ENOENT');
    expect(JSON.stringify(answers)).not.toContain('secret"');
  });

  test('control: a link that stays inside is followed', async () => {
    const { page, cwd } = await begun();
    await writeFile(path.join(cwd, 'real.txt'), 'real');
    await symlink('real.txt', path.join(cwd, 'link.txt'));
    const answers = await calls(page, read('$CWD/link.txt'), write('$CWD/link.txt', 'more'));
    expect(answers).toEqual([{ content: 'real' }, {}]);
    expect(await readFile(path.join(cwd, 'real.txt'), 'utf8')).toBe('more');
  });

  test('what cannot be is answered with why, and the agent goes on', async () => {
    const { page, cwd } = await begun();
    await mkdir(path.join(cwd, 'dir'));
    await writeFile(path.join(cwd, 'binary'), Buffer.from([0xff, 0xfe, 0x00]));
    await writeFile(path.join(cwd, 'huge'), Buffer.alloc(9 * 1024 * 1024, 'x'));
    const answers = await calls(
      page,
      read('$CWD/none.txt'),
      read('$CWD/dir'),
      read('$CWD/binary'),
      read('$CWD/huge'),
      read('relative.txt'),
      read('$CWD/none.txt', { line: 0 }),
      ['fs/write_text_file', { path: '$CWD/x', content: 7 }],
      ['fs/read_text_file', { path: '$CWD/none.txt', sessionId: 'another' }],
    );
    expect(answers.map(({ error }) => error.code)).toEqual([
      -32002, -32602, -32602, -32602, -32602, -32602, -32602, -32602,
    ]);
    for (const { error } of answers) expect(error.message.length).toBeGreaterThan(10);
    expect(page.logged('_aperture/file').every(({ error }) => error !== undefined)).toBe(true);
  });
});

const run = (script: string, more: object = {}): [string, object] => [
  'terminal/create',
  { command: process.execPath, args: ['-e', script], ...more },
];
const of = (method: string): [string, object] => [`terminal/${method}`, { terminalId: '$TERM' }];

describe('terminals for an agent', () => {
  test('run a program without a shell, in the session’s directory; output and end are told to agent and pages', async () => {
    const { page, cwd } = await begun();
    const script = `console.log(process.cwd(), process.argv[1]); console.error('err'); process.exitCode = 3`;
    const answers = await calls(
      page,
      run(script, { args: ['-e', script, '$HOME; `id`'] }),
      of('wait_for_exit'),
      of('output'),
      of('release'),
      of('output'),
    );
    const { terminalId } = answers[0];
    expect(answers[1]).toEqual({ exitCode: 3, signal: null });
    expect(answers[2]).toMatchObject({ truncated: false, exitStatus: { exitCode: 3 } });
    expect(answers[2].output).toContain(`${cwd} $HOME; \`id\`\n`);
    expect(answers[2].output).toContain('err\n');
    expect(answers[3]).toEqual({});
    expect(answers[4].error.code).toBe(-32002);
    const news = page.logged('_aperture/terminal').filter(({ id }) => id === terminalId);
    expect(news[0]).toMatchObject({ state: 'started', command: process.execPath, cwd });
    expect(
      news
        .filter(({ state }) => state === 'output')
        .map(({ text }) => text)
        .join(''),
    ).toBe(answers[2].output);
    expect(news.slice(-2).map(({ state }) => state)).toEqual(['exited', 'released']);
  });

  test('[R70] see nothing of the gateway’s environment but the allow-list, and what the agent sets', async () => {
    process.env['APERTURE_TEST_KEY'] = 'billed-to-somebody';
    const { page } = await begun();
    const script = `console.log(JSON.stringify([process.env.APERTURE_TEST_KEY, process.env.MINE, typeof process.env.PATH]))`;
    const answers = await calls(
      page,
      run(script, { env: [{ name: 'MINE', value: 'yes' }] }),
      of('wait_for_exit'),
      of('output'),
    );
    delete process.env['APERTURE_TEST_KEY'];
    expect(JSON.parse(answers[2].output)).toEqual([null, 'yes', 'string']);
  });

  test('[R70] start nowhere outside, and what cannot start says why', async () => {
    const { page, outside } = await begun();
    const answers = await calls(
      page,
      run('0', { cwd: outside }),
      run('0', { cwd: '$CWD/none' }),
      ['terminal/create', { command: 'no-such-program-at-all' }],
      ['terminal/create', { command: 'echo hello' }],
      ['terminal/create', {}],
      run('0', { args: [1] }),
    );
    expect(answers.map(({ error }) => error.code)).toEqual([
      -32602, -32002, -32002, -32002, -32602, -32602,
    ]);
    expect(answers[3].error.message).toContain('without a shell');
  });

  test('[R30] keep the newest output, cut at a whole character, and say that it was cut; the log is bounded too', async () => {
    const { page } = await begun();
    const answers = await calls(
      page,
      run(`process.stdout.write('é'.repeat(100))`, { outputByteLimit: 7 }),
      of('wait_for_exit'),
      of('output'),
      run(`process.stdout.write('x'.repeat(3e6))`),
      of('wait_for_exit'),
      of('output'),
    );
    expect(answers[2]).toMatchObject({ output: 'ééé', truncated: true });
    expect(answers[5].truncated).toBe(true);
    expect(answers[5].output.length).toBe(1024 * 1024);
    const news = page.logged('_aperture/terminal');
    const { terminalId } = answers[3];
    const flood = news.filter(({ id }) => id === terminalId);
    const logged = flood.reduce((sum, { text = '' }) => sum + text.length, 0);
    expect(logged).toBeLessThan(1.2 * 1024 * 1024);
    expect(flood.filter(({ state }) => state === 'truncated')).toHaveLength(1);
  });

  test('are killed when told to, with all that they started, and can still be asked', async () => {
    const { page } = await begun();
    const script = `const c = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e3)']); console.log(c.pid); setInterval(() => {}, 1e3)`;
    await calls(page, run(script));
    await page.until(() =>
      page.logged('_aperture/terminal').some(({ state }) => state === 'output'),
    );
    const pid = Number(page.logged('_aperture/terminal').find(({ text }) => text).text);
    expect(isAlive(pid)).toBe(true);
    const answers = await calls(page, of('kill'), of('wait_for_exit'), of('output'));
    expect(answers[1]).toEqual({ exitCode: null, signal: 'SIGKILL' });
    expect(answers[2].output).toBe(`${pid}\n`);
    await eventually(() => !isAlive(pid));
  });

  test('[R58] end with their session', async () => {
    const to = await gateway({ scripted: [] });
    const { id } = await createSession(to, 'scripted', { cwd: await scratch() });
    const page = await attach(to, id);
    await calls(page, run(`console.log(process.pid); setInterval(() => {}, 1e3)`));
    await page.until(() =>
      page.logged('_aperture/terminal').some(({ state }) => state === 'output'),
    );
    const pid = Number(page.logged('_aperture/terminal').find(({ text }) => text).text);
    to.pool.end(to.pool.get(id)!, 'rest');
    await eventually(() => !isAlive(pid));
  });

  test('[R41] a request that the agent takes back is answered as cancelled, and the terminal lives on', async () => {
    const { page } = await begun();
    await page.turn(
      [
        `CALL ${run(`setInterval(() => {}, 1e3)`)
          .map((part) => (typeof part === 'string' ? part : JSON.stringify(part)))
          .join(' ')}`,
        'TAKE_BACK terminal/wait_for_exit {"terminalId":"$TERM"}',
        'CALL terminal/output {"terminalId":"$TERM"}',
      ].join('\n'),
    );
    const [, taken, output] = replies(page.text);
    expect(taken.error.code).toBe(-32800);
    expect(output).toMatchObject({ exitStatus: null });
  });

  test('[R58] a permission request that the agent takes back is settled for every page', async () => {
    const { page } = await begun();
    const asked = {
      toolCall: { toolCallId: 't' },
      options: [{ optionId: 'a', name: 'A', kind: 'allow_once' }],
    };
    await page.turn(`TAKE_BACK session/request_permission ${JSON.stringify(asked)}`);
    expect(replies(page.text)[0].error.code).toBe(-32800);
    expect(page.logged('_aperture/request_resolved')).toMatchObject([
      { by: 'gateway', outcome: 'cancelled', reason: 'withdrawn' },
    ]);
    expect(page.updates('state_update').map(({ state }) => state)).toEqual([
      'running',
      'requires_action',
      'running',
      'idle',
    ]);
  });
});
