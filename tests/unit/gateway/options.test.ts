import { describe, expect, test } from 'vitest';
import { defaultDataDir } from '../../../src/gateway/cli/data-dir.ts';
import type { AgentInfo } from '../../../src/core/wire/rest.ts';
import { agentsText } from '../../../src/gateway/cli/agents.ts';
import { mayOpen } from '../../../src/gateway/cli/open-browser.ts';
import { parseCommand, type ServeOptions } from '../../../src/gateway/cli/options.ts';

function serve(argv: string[], env: Record<string, string> = {}): ServeOptions {
  const command = parseCommand(argv, env);
  if (command.name !== 'serve') throw new Error(command.name);
  return command.options;
}

/** What the command line is refused with; empty when it is not. */
function message(argv: string[], env: Record<string, string> = {}): string {
  try {
    parseCommand(argv, env);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('the command line', () => {
  test('defaults', () => {
    expect(serve([])).toEqual({
      port: 4800,
      host: '127.0.0.1',
      token: undefined,
      dataDir: undefined,
      config: undefined,
      open: true,
      allowOrigins: [],
      allowHosts: [],
      roots: [],
      maxSessions: 50,
      defaultAgent: undefined,
      queryToken: false,
      initTimeoutMs: undefined,
    });
  });

  test('a flag wins over its variable; lists repeat or have commas', () => {
    const env = {
      APERTURE_PORT: '5000',
      APERTURE_HOST: '::1',
      APERTURE_TOKEN: 'from-the-environment',
      APERTURE_DATA_DIR: '/data',
      APERTURE_CONFIG: '/c.json',
      APERTURE_NO_OPEN: '1',
      APERTURE_ALLOW_ORIGIN: 'https://a.example, https://b.example',
      APERTURE_ALLOW_HOST: 'box:4800',
      APERTURE_ROOT: '/srv,/home',
      APERTURE_MAX_SESSIONS: '7',
      APERTURE_DEFAULT_AGENT: 'claude',
      APERTURE_QUERY_TOKEN: '1',
      APERTURE_INIT_TIMEOUT_MS: '90000',
    };
    expect(serve([], env)).toEqual({
      port: 5000,
      host: '::1',
      token: 'from-the-environment',
      dataDir: '/data',
      config: '/c.json',
      open: false,
      allowOrigins: ['https://a.example', 'https://b.example'],
      allowHosts: ['box:4800'],
      roots: ['/srv', '/home'],
      maxSessions: 7,
      defaultAgent: 'claude',
      queryToken: true,
      initTimeoutMs: 90_000,
    });
    const argv = ['--port', '0', '--root', '/a', '--root=/b', '--allow-origin', 'http://c:1'];
    expect(serve(argv, env)).toMatchObject({
      port: 0,
      roots: ['/a', '/b'],
      allowOrigins: ['http://c:1'],
    });
    expect(serve([], { APERTURE_PORT: '', APERTURE_NO_OPEN: '0' })).toMatchObject({
      port: 4800,
      open: true,
    });
  });

  test('commands', () => {
    expect(parseCommand(['--help', '--port', '1'], {}).name).toBe('help');
    expect(parseCommand(['-v'], {}).name).toBe('version');
    expect(parseCommand(['agents', '--config', 'x'], {})).toEqual({
      name: 'agents',
      config: 'x',
      json: false,
    });
    expect(parseCommand(['agents', '--json'], {})).toMatchObject({ json: true });
    expect(() => parseCommand(['--json'], {})).toThrow(/aperture agents/);
    // The built-in agent's own arguments are none of ours.
    expect(parseCommand(['agent', 'workspace', '--whatever'], {})).toEqual({
      name: 'agent',
      agent: 'workspace',
    });
  });

  test('[R47] what is wrong is named, the token is not repeated', () => {
    expect(message(['--prot'])).toContain('--prot');
    expect(message(['--port', '1.5'])).toContain('“1.5”');
    expect(message(['--port', '-1'])).not.toBe('');
    expect(message([], { APERTURE_PORT: 'x' })).toContain('--port');
    expect(message(['--token', 'secret'])).toContain('16');
    expect(message(['--token', 'secret'])).not.toContain('secret');
    expect(message(['--token', 'with a blank in the middle'])).not.toBe('');
    expect(message(['--host', 'http://x'])).toContain('--host');
    expect(message(['--allow-host', 'https://x'])).toContain('--allow-host');
    expect(message(['start'])).toContain('“start”');
    for (const bad of [['--prot'], ['--port', 'x'], ['start']])
      expect(message(bad)).toMatch(/aperture --help$/);
  });

  test('state is kept where the platform keeps it', () => {
    expect(defaultDataDir({ XDG_STATE_HOME: '/state' }, 'linux')).toBe('/state/aperture');
    expect(defaultDataDir({ XDG_STATE_HOME: 'relative' }, 'linux')).toMatch(
      /\/\.local\/state\/aperture$/,
    );
  });

  test('a browser is opened only where somebody would see it', () => {
    const screen = { DISPLAY: ':0' };
    expect(mayOpen(screen, true, 'linux')).toBe(true);
    expect(mayOpen({}, true, 'linux')).toBe(false);
    expect(mayOpen(screen, false, 'linux')).toBe(false);
    expect(mayOpen({ ...screen, CI: 'true' }, true, 'linux')).toBe(false);
    expect(mayOpen({}, true, 'darwin')).toBe(true);
    expect(mayOpen({ SSH_CONNECTION: 'x' }, true, 'darwin')).toBe(false);
  });

  test('the table of agents lines up; for programs it is JSON', async () => {
    const source = 'path';
    const account = { from: 'key' as const, text: 'Uses A_KEY.' };
    const registry = {
      list: () =>
        [
          { name: 'a', title: 'Short', available: true, description: 'One', account, source },
          {
            name: 'longer',
            title: 'T',
            available: false,
            install: 'npm i',
            needs: 'Luck.',
            source,
          },
        ] satisfies AgentInfo[],
      get: () => undefined,
      version: async (name: string) => (name === 'a' ? '1.2.3' : undefined),
    };
    expect((await agentsText(registry, false)).split('\n').slice(0, 4)).toEqual([
      '●  a       Short  1.2.3  One',
      '                         Uses A_KEY.',
      '○  longer  T             npm i',
      '                         Needs: Luck.',
    ]);
    const json = JSON.parse(await agentsText(registry, true));
    expect(json.agents).toEqual([{ ...registry.list()[0], version: '1.2.3' }, registry.list()[1]]);
  });
});
