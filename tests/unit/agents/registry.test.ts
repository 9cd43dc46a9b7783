import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApertureError } from '../../../src/core/errors.ts';
import { KNOWN_AGENTS } from '../../../src/gateway/agents/known.ts';
import { loadRegistry } from '../../../src/gateway/agents/registry.ts';

const SELF = ['/opt/node', '/opt/aperture.js'] as const;

let root: string;
let bin: string;

beforeEach(async () => {
  root = await realpath(await mkdtemp(path.join(os.tmpdir(), 'aperture-registry-')));
  bin = path.join(root, 'bin');
  await mkdir(bin);
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** An executable that betrays itself if anybody runs it. */
async function executable(file: string, mode = 0o755): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\ntouch ${root}/was-run\n`);
  await chmod(file, mode);
  return file;
}

async function config(content: unknown): Promise<string> {
  const file = path.join(root, 'config.json');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const load = (options: { configPath?: string; now?: () => number; PATH?: string } = {}) =>
  loadRegistry({
    self: [...SELF],
    platform: 'linux',
    env: { PATH: options.PATH ?? bin, HOME: root },
    ...(options.configPath && { configPath: options.configPath }),
    ...(options.now && { now: options.now }),
  });

describe('built in and known', () => {
  test('[R70] the built-in agent comes first and starts this program again by argument vector', async () => {
    const registry = await load();
    expect(registry.list()[0]).toMatchObject({
      name: 'workspace',
      available: true,
      source: 'builtin',
    });
    expect(registry.get('workspace')).toMatchObject({
      command: '/opt/node',
      args: ['/opt/aperture.js', 'agent', 'workspace'],
    });
  });

  test('known agents that are missing are listed with how to install them, and cannot be started', async () => {
    const registry = await load();
    const listed = registry.list();
    expect(listed.map(({ name }) => name)).toEqual([
      'workspace',
      ...KNOWN_AGENTS.map(({ name }) => name),
    ]);
    for (const info of listed.slice(1)) {
      expect(info).toMatchObject({ available: false, source: 'path' });
      expect(info.install).toBeTruthy();
      expect(registry.get(info.name)).toBeUndefined();
    }
  });

  test('an unknown name is undefined, also one that every object has', async () => {
    const registry = await load();
    expect(registry.get('nobody')).toBeUndefined();
    expect(registry.get('constructor')).toBeUndefined();
    expect(registry.get('__proto__')).toBeUndefined();
  });
});

describe('PATH', () => {
  test('[R70] an agent on PATH is offered with its absolute path and its own variables, and is not run', async () => {
    const file = await executable(path.join(bin, 'gemini'));
    const registry = await load();
    expect(registry.get('gemini')).toEqual({
      name: 'gemini',
      title: 'Gemini CLI',
      command: file,
      args: ['--acp'],
      env: {},
      passEnv: ['GEMINI_*', 'GOOGLE_*'],
    });
    expect(registry.list()[1]).toMatchObject({ name: 'gemini', available: true });
    expect(registry.list()[1]).not.toHaveProperty('install');
    await expect(realpath(path.join(root, 'was-run'))).rejects.toThrow('ENOENT');
  });

  test('what is not executable, a directory, or in a relative entry of PATH is not an agent', async () => {
    await executable(path.join(bin, 'gemini'), 0o644);
    await mkdir(path.join(bin, 'goose'));
    await executable(path.join(root, 'elsewhere', 'opencode'));
    const relative = path.relative(process.cwd(), path.join(root, 'elsewhere'));
    const registry = await load({ PATH: `${bin}::.:${relative}` });
    for (const name of ['gemini', 'goose', 'opencode']) {
      expect(registry.get(name), name).toBeUndefined();
    }
  });

  test('a symlink to an executable counts, as npm makes them', async () => {
    const real = await executable(path.join(root, 'lib', 'codex.js'));
    await symlink(real, path.join(bin, 'codex-acp'));
    expect((await load()).get('codex-acp')?.command).toBe(path.join(bin, 'codex-acp'));
  });

  test('the newer name of an adapter is preferred, the older one still works', async () => {
    await executable(path.join(bin, 'claude-code-acp'));
    expect((await load()).get('claude-agent-acp')?.command).toMatch(/claude-code-acp$/);
    await executable(path.join(bin, 'claude-agent-acp'));
    expect((await load()).get('claude-agent-acp')?.command).toMatch(/claude-agent-acp$/);
  });

  test('an agent that is installed while the gateway runs appears after a few seconds', async () => {
    let now = 0;
    const registry = await load({ now: () => now });
    const file = await executable(path.join(bin, 'opencode'));
    now = 2_999;
    expect(registry.get('opencode')).toBeUndefined();
    now = 3_000;
    expect(registry.get('opencode')?.command).toBe(file);
    await rm(file);
    now = 6_000;
    expect(registry.list().find(({ name }) => name === 'opencode')?.available).toBe(false);
  });

  test('on Windows PATHEXT decides, and Path may be spelt so', async () => {
    const file = await executable(path.join(bin, 'gemini.cmd'), 0o644);
    await executable(path.join(bin, 'goose'), 0o755);
    const registry = await loadRegistry({
      self: [...SELF],
      platform: 'win32',
      env: { Path: `C:\\nowhere;${bin}`, PATHEXT: '.EXE;.CMD' },
    });
    expect(registry.get('gemini')?.command).toBe(file);
    expect(registry.get('goose')).toBeUndefined();
  });
});

describe('the config file', () => {
  test('relative paths are relative to the file; a bare command is found on PATH', async () => {
    const local = await executable(path.join(root, 'tools', 'mine'));
    const onPath = await executable(path.join(bin, 'other'));
    const configPath = await config({
      agents: {
        mine: { title: 'Mine', command: './tools/mine', args: ['acp'], cwd: 'tools' },
        other: { command: 'other', env: { A: 'b' }, passEnv: ['X_*', 'Y'] },
        home: { command: '~/tools/mine' },
      },
      somethingElse: true,
    });
    const registry = await load({ configPath });
    expect(registry.get('mine')).toEqual({
      name: 'mine',
      title: 'Mine',
      command: local,
      args: ['acp'],
      env: {},
      passEnv: [],
      cwd: path.join(root, 'tools'),
    });
    expect(registry.get('other')).toMatchObject({
      title: 'other',
      command: onPath,
      env: { A: 'b' },
      passEnv: ['X_*', 'Y'],
    });
    expect(registry.get('home')?.command).toBe(local);
    expect(registry.list().map(({ name }) => name)).toEqual([
      'workspace',
      'mine',
      'other',
      'home',
      ...KNOWN_AGENTS.map(({ name }) => name),
    ]);
  });

  test('an agent of the config takes the place of a known one, even when it is missing itself', async () => {
    await executable(path.join(bin, 'gemini'));
    const configPath = await config({ agents: { gemini: { command: './nowhere' } } });
    const registry = await load({ configPath });
    const gemini = registry.list().filter(({ name }) => name === 'gemini');
    expect(gemini).toHaveLength(1);
    expect(gemini[0]).toMatchObject({ source: 'config', available: false });
    expect(gemini[0]!.install).toContain('agents.gemini.command');
    expect(registry.get('gemini')).toBeUndefined();
  });

  test('a byte-order mark is no error', async () => {
    const command = await executable(path.join(bin, 'a'));
    const configPath = await config(`\uFEFF${JSON.stringify({ agents: { a: { command } } })}`);
    expect((await load({ configPath })).get('a')?.command).toBe(command);
  });

  test.each([
    ['no JSON', '{ "agents": ', /is not usable: it is not valid JSON/],
    ['an array', [], /the top level: expected an object/],
    ['agents no object', { agents: 3 }, /agents: expected an object \(got 3\)/],
    ['agents a list', { agents: [] }, /agents: expected an object/],
    ['an agent no object', { agents: { a: 'b' } }, /agents\.a: expected an object/],
    ['no command', { agents: { a: { title: 'A' } } }, /agents\.a\.command: is missing/],
    ['an empty command', { agents: { a: { command: '' } } }, /agents\.a\.command: must not be emp/],
    [
      'a number in args',
      { agents: { a: { command: 'c', args: ['x', 1] } } },
      /agents\.a\.args\[1\]: expected a string \(got 1\)/,
    ],
    [
      'args as one line',
      { agents: { a: { command: 'c', args: 'x y' } } },
      /agents\.a\.args: expected a list of strings/,
    ],
    [
      'a number in env',
      { agents: { a: { command: 'c', env: { N: 1 } } } },
      /agents\.a\.env\.N: expected a string/,
    ],
    [
      'a misspelt setting',
      { agents: { a: { command: 'c', arg: [] } } },
      /agents\.a\.arg: unknown setting; known are title, command/,
    ],
    ['a bad name', { agents: { 'a b': { command: 'c' } } }, /agents\.a b: names are 1 to 64/],
    [
      'a bad variable',
      { agents: { a: { command: 'c', passEnv: ['*'] } } },
      /agents\.a\.passEnv\[0\]: expected a variable name/,
    ],
    ['a forbidden key', '{ "agents": { "__proto__": {} } }', /is not usable: it has a key/],
  ])('%s is refused with the place and what to do', async (_, content, message) => {
    const configPath = await config(content);
    const error = await load({ configPath }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ApertureError);
    expect(error).toMatchObject({ code: 'bad_config', retryable: false });
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toContain(configPath);
    expect((error as Error).message).toMatch(/Correct it and start again\.$/);
  });

  test('a file that is not there is refused by its path', async () => {
    await expect(load({ configPath: path.join(root, 'none.json') })).rejects.toMatchObject({
      code: 'bad_config',
      message: expect.stringMatching(/none\.json cannot be read \(ENOENT\)\. Check the path given/),
    });
  });
});
