import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { attach, createSession, eventually, http, isAlive } from './support.ts';
import type { Gateway } from '../../../src/gateway/gateway.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const SCRIPTED = path.join(ROOT, 'tests/support/agents/scripted.mjs');

let home: string;
let bundle: string;

beforeAll(async () => {
  // Below node_modules: what is not bundled (the store's native part) is found from there.
  const cache = path.join(ROOT, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  home = await realpath(await mkdtemp(path.join(cache, 'aperture-cli-')));
  bundle = path.join(home, 'dist-gateway/aperture.js');
  // As `npm run build:gateway` does it, but where no other test is.
  await build({
    root: ROOT,
    logLevel: 'error',
    build: {
      ssr: 'src/gateway/main.ts',
      outDir: path.dirname(bundle),
      emptyOutDir: false,
      target: 'node20',
      copyPublicDir: false,
      rolldownOptions: { output: { entryFileNames: 'aperture.js', codeSplitting: false } },
    },
    ssr: { noExternal: true },
  });
  await mkdir(path.join(home, 'dist'));
  await writeFile(path.join(home, 'dist/index.html'), '<!doctype html><title>Aperture</title>');
}, 60_000);

afterAll(() => rm(home, { recursive: true, force: true }));

interface Run {
  stdout: string;
  stderr: string;
  code: number | null;
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
}

function run(args: string[], env: Record<string, string> = {}, program = bundle): Run {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: home,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: home, ...env },
  });
  const state: Run = {
    stdout: '',
    stderr: '',
    code: null,
    pid: child.pid!,
    kill: (signal) => child.kill(signal),
  };
  child.stdout.on('data', (chunk) => (state.stdout += chunk));
  child.stderr.on('data', (chunk) => (state.stderr += chunk));
  child.on('close', (code) => (state.code = code));
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return state;
}

async function finished(args: string[], env?: Record<string, string>, program?: string) {
  const state = run(args, env, program);
  await eventually(() => state.code !== null);
  return state;
}

/** Started and ready; what it printed as an address to talk to. */
async function ready(args: string[], env?: Record<string, string>, program?: string) {
  const state = run(args, env, program);
  await eventually(() => state.code !== null || state.stdout.includes('\n'));
  const line = /^Aperture is ready: (http:\/\/(.+):(\d+)\/)#token=(\S+)\n$/.exec(state.stdout);
  if (!line) throw new Error(`Not ready: ${state.stdout}${state.stderr}`);
  const at = { url: line[1]!, port: Number(line[3]), token: line[4]! } as Gateway;
  return { state, at, host: line[2]! };
}

describe('the command line', () => {
  test('--help, --version and agents answer and end', async () => {
    const help = await finished(['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const flag of ['--port', '--token', '--data-dir', '--allow-origin', '--root', '--no-open'])
      expect(help.stdout).toContain(flag);
    const { version } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'));
    expect(await finished(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` });
    const agents = await finished(['agents']);
    expect(agents.stdout).toMatch(/● {2}workspace/);
    expect(agents.stdout).toContain('npm install -g');
  });

  test('[R47] what is wrong is said in one line, without a stack, with exit code 2', async () => {
    const bad: [args: string[], says: string][] = [
      [['--prot', '1'], '--prot'],
      [['--port', 'abc'], '--port must be a whole number'],
      [['--port', '70000'], '65535'],
      [['--port'], '--port'],
      [['--token', 'short'], 'at least 16 characters'],
      [['--config', path.join(home, 'none.json')], 'none.json'],
      [['--root', path.join(home, 'none')], 'does not exist'],
      [['--allow-origin', '*'], 'exact origin'],
      [['--allow-origin', 'null'], 'exact origin'],
      [['--max-sessions', '0'], '--max-sessions'],
      [['--data-dir', '/dev/null/x'], '--data-dir'],
      [['--host', '192.0.2.1'], '--host'],
      [['serve'], 'serve'],
    ];
    const runs = [];
    for (const [args] of bad) runs.push(await finished(['--no-open', '--port', '0', ...args]));
    for (const [i, { code, stdout, stderr }] of runs.entries()) {
      const [args, says] = bad[i]!;
      expect(stderr, args.join(' ')).toContain(says);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).not.toContain('short');
    }
  });

  test('a port in use is said, with what to do', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    onTestFinished(() => {
      taken.close();
    });
    await eventually(() => taken.listening);
    const { port } = taken.address() as net.AddressInfo;
    const { code, stderr, stdout } = await finished(['--port', String(port), '--no-open']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`Port ${port} is in use`);
    expect(stderr).toContain('--port');
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('[R67] one ready line; the token is kept for its owner alone and never logged', async () => {
    const dataDir = path.join(home, 'data');
    const first = await ready(['--port', '0', '--data-dir', dataDir]);
    expect(first.host).toBe('127.0.0.1');
    expect(Buffer.from(first.at.token, 'base64url').length).toBeGreaterThanOrEqual(16);
    expect((await stat(path.join(dataDir, 'token'))).mode & 0o777).toBe(0o600);
    expect((await http(first.at, 'GET', '/', { token: null })).text).toContain('Aperture');
    await http(first.at, 'GET', '/v1/agents', { token: first.at.token });
    await http(first.at, 'GET', '/v1/agents', { token: 'wrong-token-wrong-token' });
    first.state.kill('SIGTERM');
    await eventually(() => first.state.code !== null);
    expect(first.state.code).toBe(0);
    expect(first.state.stdout.split('\n')).toHaveLength(2);
    expect(first.state.stderr).not.toContain(first.at.token);

    const second = await ready(['--port', '0'], { APERTURE_DATA_DIR: dataDir });
    expect(second.at.token).toBe(first.at.token);
    const given = 'given-by-the-user-1234';
    const third = await ready(['--token', given], {
      APERTURE_PORT: '0',
      APERTURE_TOKEN: 'another-token-1234567',
      APERTURE_HOST: '0.0.0.0',
    });
    expect(third.at.token).toBe(given);
    expect(third.host).toBe('127.0.0.1');
  });

  test('SIGTERM in mid-turn: pages are told, agents are gone, exit code 0', async () => {
    const config = path.join(home, 'config.json');
    const agents = { scripted: { command: process.execPath, args: [SCRIPTED] } };
    await writeFile(config, JSON.stringify({ agents }));
    const token = 'a-token-that-is-long-enough-for-a-test';
    const { state, at } = await ready(['--port', '0', '--config', config, '--token', token]);
    const { id } = await createSession(at, 'scripted', { cwd: home });
    const page = await attach(at, id);
    await page.turn('CHILD');
    const child = Number(/Child: (\d+)/.exec(page.text)![1]);
    page.prompt('STREAM 100000 5');
    await page.until(() => page.text.includes('tok5'));
    expect(isAlive(child)).toBe(true);
    state.kill('SIGTERM');
    expect((await page.closing()).code).toBe(1012);
    await eventually(() => state.code !== null);
    expect(state.code).toBe(0);
    await eventually(() => !isAlive(child));
  });

  test.each([
    ['ends with the shell that npm started it by', { npm_lifecycle_event: 'start' }, true],
    ['otherwise outlives the shell that it was started from', {}, false],
  ])('%s', async (_, env, ends) => {
    // Not the shell's last command, or it would take the shell's place.
    const command = `"${process.execPath}" "${bundle}" --port 0 --no-open & echo $!; wait; true`;
    const shell = spawn('sh', ['-c', command], {
      cwd: home,
      env: { PATH: process.env['PATH'], HOME: home, ...env },
    });
    let said = '';
    shell.stdout.on('data', (data: Buffer) => (said += data.toString()));
    await eventually(() => said.includes('is ready'));
    const pid = Number.parseInt(said);
    onTestFinished(() => {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    });
    shell.kill('SIGTERM');
    if (ends) return eventually(() => !isAlive(pid));
    await eventually(() => shell.exitCode !== null || shell.signalCode !== null);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(isAlive(pid)).toBe(true);
  });

  test('it runs from the link that npm makes, finds its page, and starts its own agent', async () => {
    const link = path.join(home, 'aperture');
    await symlink(bundle, link);
    const token = 'a-token-that-is-long-enough-for-a-test';
    const { at } = await ready(['--port', '0', '--token', token], {}, link);
    expect((await http(at, 'GET', '/', { token: null })).status).toBe(200);
    const { id } = await createSession(at, 'workspace', { cwd: home });
    const page = await attach(at, id);
    expect(await page.turn('/help')).toBe('end_turn');
    expect(page.text).not.toBe('');
  });
});
