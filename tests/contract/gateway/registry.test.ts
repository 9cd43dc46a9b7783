import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi, onTestFinished } from 'vitest';
import { loadRegistry } from '../../../src/gateway/agents/registry.ts';
import { versionOf } from '../../../src/gateway/agents/version.ts';
import { attach, createSession, gateway, http, scratch } from './support.ts';

const SCRIPTED = fileURLToPath(new URL('../../support/agents/scripted.mjs', import.meta.url));

async function executable(file: string, lines: string[]): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${lines.join('\n')}\n`);
  await chmod(file, 0o755);
  return file;
}

/** The scripted agent under a known one's name. */
const asAgent = (bin: string, name: string): Promise<string> =>
  executable(path.join(bin, name), ['#!/bin/sh', `exec "${process.execPath}" "${SCRIPTED}"`]);

/** A home without anything in it, with a directory of programs before all others. */
async function home(
  variables: Record<string, string> = {},
): Promise<{ root: string; bin: string }> {
  const root = await scratch();
  const bin = path.join(root, 'bin');
  await mkdir(bin);
  vi.stubEnv('HOME', root);
  vi.stubEnv('PATH', `${bin}${path.delimiter}${process.env['PATH']}`);
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  return { root, bin };
}

const self = [process.execPath, 'aperture.js'] as const;

/** What a child of this kind really sees. */
async function seen(
  configPath: string | undefined,
  agent: string,
  names: string[],
): Promise<string[]> {
  const registry = await loadRegistry({ self: [...self], ...(configPath && { configPath }) });
  const to = await gateway({ scripted: [] }, { registry });
  const { id } = await createSession(to, agent);
  const page = await attach(to, id);
  const told: string[] = [];
  for (const name of names) {
    const before = page.text.length;
    await page.turn(`ECHO_ENV ${name}`);
    told.push(page.text.slice(before));
  }
  return told;
}

describe('agents', () => {
  test('[R70] see what is on their own allow-list, and no key of the gateway’s besides', async () => {
    const { bin } = await home({
      OPENAI_API_KEY: 'openai',
      ANTHROPIC_API_KEY: 'anthropic',
      APERTURE_TOKEN: 'token',
      AWS_SECRET_ACCESS_KEY: 'aws',
    });
    await asAgent(bin, 'codex-acp');
    await asAgent(bin, 'claude-agent-acp');
    const names = [
      'OPENAI_API_KEY',
      'ANTHROPIC_API_KEY',
      'APERTURE_TOKEN',
      'AWS_SECRET_ACCESS_KEY',
    ];
    expect(await seen(undefined, 'codex-acp', names)).toEqual([
      'OPENAI_API_KEY=openai',
      'ANTHROPIC_API_KEY is not set',
      'APERTURE_TOKEN is not set',
      'AWS_SECRET_ACCESS_KEY is not set',
    ]);
    expect(await seen(undefined, 'claude-agent-acp', names.slice(0, 2))).toEqual([
      'OPENAI_API_KEY is not set',
      'ANTHROPIC_API_KEY=anthropic',
    ]);
  });

  test('[R70] the config file changes a known one’s list, and the account that is told goes with it', async () => {
    const { root, bin } = await home({
      OPENAI_API_KEY: 'openai',
      APERTURE_TOKEN: 'token',
      API_X: 'x',
    });
    await asAgent(bin, 'codex-acp');
    await asAgent(bin, 'opencode');
    const configPath = path.join(root, 'config.json');
    const change = {
      'codex-acp': { passEnv: [] },
      opencode: { title: 'Mine', env: { MODE: 'mine' }, passEnv: ['AP*'] },
    };
    await writeFile(configPath, JSON.stringify({ agents: change }));
    expect(await seen(configPath, 'codex-acp', ['OPENAI_API_KEY'])).toEqual([
      'OPENAI_API_KEY is not set',
    ]);
    // Not even a wildcard gives the gateway's own away.
    expect(await seen(configPath, 'opencode', ['MODE', 'API_X', 'APERTURE_TOKEN'])).toEqual([
      'MODE=mine',
      'API_X=x',
      'APERTURE_TOKEN is not set',
    ]);
    const listed = (await loadRegistry({ self: [...self], configPath })).list();
    const of = (name: string) => listed.find((info) => info.name === name);
    expect(of('codex-acp')).toMatchObject({ account: { from: 'unknown' }, source: 'path' });
    expect(of('opencode')).toMatchObject({ title: 'Mine', homepage: 'https://opencode.ai' });
    const plain = (await loadRegistry({ self: [...self] })).list();
    expect(plain.find(({ name }) => name === 'codex-acp')?.account).toEqual({
      from: 'key',
      text: 'Uses OPENAI_API_KEY from the gateway’s environment.',
    });
  });

  test('one of the config file is told which known one’s program it starts', async () => {
    const { root, bin } = await home();
    const program = await asAgent(bin, 'gemini');
    const configPath = path.join(root, 'config.json');
    const agents = {
      'by-name': { command: 'gemini' },
      'by-path': { command: program },
      'another-kind': { command: program, kind: 'codex-app-server' },
      unknown: { command: process.execPath },
    };
    await writeFile(configPath, JSON.stringify({ agents }));
    const listed = (await loadRegistry({ self: [...self], configPath })).list();
    const known = (name: string) => listed.find((info) => info.name === name)?.known;
    expect(Object.keys(agents).map(known)).toEqual(['gemini', 'gemini', undefined, undefined]);
  });

  test('what changes an unknown agent, or says too much of a known one, is refused', async () => {
    const root = await scratch();
    const configPath = path.join(root, 'config.json');
    for (const agents of [{ mine: { passEnv: [] } }, { gemini: { args: ['--acp'] } }]) {
      await writeFile(configPath, JSON.stringify({ agents }));
      await expect(loadRegistry({ self: [...self], configPath })).rejects.toMatchObject({
        code: 'bad_config',
        message: expect.stringContaining('command: is missing'),
      });
    }
  });
});

describe('versions', () => {
  test('are asked for one by one, of those whose ways are known, without a key', async () => {
    const { root, bin } = await home({ GEMINI_API_KEY: 'secret' });
    await executable(path.join(bin, 'gemini'), [
      '#!/bin/sh',
      `[ "$1" = --version ] && [ -z "$GEMINI_API_KEY" ] && echo "gemini v1.2.3-beta.4 (x64)"`,
      `echo asked >> "${root}/asked"`,
    ]);
    const registry = await loadRegistry({ self: [...self] });
    const to = await gateway({ scripted: [] }, { registry });
    const of = (name: string) => http(to, 'GET', `/v1/agents/${name}/version`);
    expect((await of('gemini')).json).toEqual({ version: '1.2.3-beta.4' });
    expect((await of('gemini')).json).toEqual({ version: '1.2.3-beta.4' });
    expect((await of('workspace')).json).toEqual({});
    expect((await of('nobody')).status).toBe(400);
    expect((await http(to, 'GET', '/v1/agents/gemini/version', { token: null })).status).toBe(401);
    const { readFile } = await import('node:fs/promises');
    expect(await readFile(path.join(root, 'asked'), 'utf8')).toBe('asked\n');
  });

  test('come from the package where there is one, and nothing is run', async () => {
    const root = await scratch();
    const own = path.join(root, 'lib', 'node_modules', '@maker', 'agent');
    const program = await executable(path.join(own, 'dist', 'index.js'), [
      '#!/bin/sh',
      `touch "${root}/was-run"`,
      'echo 9.9.9',
    ]);
    const manifest = (content: object) =>
      writeFile(path.join(own, 'package.json'), JSON.stringify(content));
    const link = path.join(root, 'agent');
    await symlink(program, link);
    await manifest({ name: '@maker/agent', version: '3.2.1', bin: { agent: 'dist/index.js' } });
    expect(await versionOf({ command: link })).toBe('3.2.1');
    await expect(chmod(path.join(root, 'was-run'), 0o600)).rejects.toThrow('ENOENT');
    // A package that the program is not of.
    await manifest({ name: 'other', version: '3.2.1', bin: { other: 'dist/other.js' } });
    expect(await versionOf({ command: link })).toBe('9.9.9');
  });

  test('a program that says nothing, fails, or hangs has none', async () => {
    const root = await scratch();
    const program = (name: string, ...lines: string[]) =>
      executable(path.join(root, name), ['#!/bin/sh', ...lines]);
    const of = async (name: string, ...lines: string[]) =>
      versionOf({ command: await program(name, ...lines) }, 1_500);
    expect(await of('quiet', 'true')).toBeUndefined();
    expect(await of('failing', 'echo 1.2.3', 'exit 1')).toBeUndefined();
    expect(await of('hanging', 'echo 1.2.3', 'sleep 600 & wait')).toBeUndefined();
    expect(await of('wordy', 'yes 1.2.3 | head -c 5000000')).toBe('1.2.3');
    expect(await versionOf({ command: path.join(root, 'none') })).toBeUndefined();
  });
});
