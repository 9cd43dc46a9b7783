import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionSummary } from '../../src/core/wire/rest.ts';
import { ROOT } from './files.ts';

const SCRIPT = join(ROOT, 'tests/support/agents/scripted.mjs');
const START_MS = 20_000;
const STOP_MS = 10_000;

export interface AgentEntry {
  title: string;
  kind?: 'codex-app-server';
  command: string;
  args: string[];
  env?: Record<string, string>;
}

/** One that runs already, and is not started. */
export interface ServerEntry {
  title: string;
  kind: 'codex-app-server';
  url: string;
}

/** The scripted agent with these flags, as an entry of the gateway's config file. */
export const scripted = (title: string, ...flags: string[]): AgentEntry => ({
  title,
  command: process.execPath,
  args: [SCRIPT, ...flags],
});

const AGENTS: Record<string, AgentEntry> = {
  scripted: scripted('Scripted'),
  colliding: scripted('Colliding', '--ids', 'colliding'),
  exits: scripted('Exits at once', '--exit-at-once'),
  silent: scripted('Never answers', '--never-initialize'),
  anonymous: scripted('Without message ids', '--no-message-id'),
};

export interface GatewayOptions {
  args?: string[];
  env?: Record<string, string>;
  /** 0 for any free one. */
  port?: number;
  agents?: Record<string, AgentEntry | ServerEntry>;
}

/** The built gateway as a process of its own, with a folder of its own that goes when it goes. */
export class GatewayProcess {
  /** `http://127.0.0.1:<port>` */
  origin = '';
  token = '';
  port = 0;
  /** Everything that it printed. */
  output = '';
  #child: ChildProcess | undefined;

  private constructor(
    /** Sessions' directories stand below this one. */
    readonly work: string,
    private readonly folder: string,
    private readonly options: GatewayOptions,
  ) {}

  static async start(options: GatewayOptions = {}): Promise<GatewayProcess> {
    const folder = await mkdtemp(join(await realpath(tmpdir()), 'aperture-gateway-'));
    const work = join(folder, 'work');
    await mkdir(work);
    const agents = { ...AGENTS, ...options.agents };
    await writeFile(join(folder, 'config.json'), JSON.stringify({ agents }));
    const gateway = new GatewayProcess(work, folder, options);
    await gateway.launch();
    return gateway;
  }

  /** Of the gateway's process. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** The address that opens the page signed in. */
  get link(): string {
    return `${this.origin}/#token=${this.token}`;
  }

  /** Starts the process; after {@link stop} it takes the same port and token again. */
  async launch(): Promise<void> {
    const child = spawn(
      process.execPath,
      [
        join(ROOT, 'dist-gateway/aperture.js'),
        '--port',
        String(this.port || (this.options.port ?? 0)),
        '--data-dir',
        join(this.folder, 'data'),
        '--config',
        join(this.folder, 'config.json'),
        '--root',
        this.work,
        '--no-open',
        // With “=”, because a token may begin with a dash.
        ...(this.token ? [`--token=${this.token}`] : []),
        ...(this.options.args ?? []),
      ],
      {
        cwd: this.work,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...this.options.env },
      },
    );
    this.#child = child;
    // A run that is stopped in the middle leaves nothing behind.
    const end = (): void => void child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string): void =>
        reject(new Error(`The gateway ${why}. It said:\n${this.output}`));
      const timer = setTimeout(() => fail('was not ready in time'), START_MS);
      const hear = (bytes: Buffer): void => {
        this.output += bytes.toString();
        const ready = /Aperture is ready: (http:\/\/[^/\s]+)\/#token=(\S+)/.exec(this.output);
        if (!ready || this.#child !== child) return;
        clearTimeout(timer);
        this.origin = ready[1]!;
        this.token = ready[2]!;
        this.port = Number(new URL(this.origin).port);
        resolve();
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('exit', (code) => (clearTimeout(timer), fail(`ended with code ${code}`)));
    });
  }

  /** @returns its exit code, or the signal's name. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return null;
    this.output = '';
    return new Promise((resolve) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      child.once('exit', (code, killer) => {
        clearTimeout(timer);
        resolve(code ?? killer);
      });
      child.kill(signal);
    });
  }

  /** Stops it and removes its folder. */
  async dispose(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  async request(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(this.origin + path, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  /** A directory below {@link work}, made if need be. */
  async directory(name: string): Promise<string> {
    const path = join(this.work, name);
    await mkdir(path, { recursive: true });
    return path;
  }

  /** @throws Error if the gateway refuses, with what it said. */
  async createSession(
    title: string,
    agent = 'scripted',
    directory = 'project',
  ): Promise<SessionSummary> {
    const cwd = await this.directory(directory);
    const response = await this.request('POST', '/v1/sessions', { agent, cwd, title });
    const text = await response.text();
    if (response.status !== 201) throw new Error(`${response.status}: ${text}`);
    return JSON.parse(text) as SessionSummary;
  }

  async sessions(): Promise<SessionSummary[]> {
    const response = await this.request('GET', '/v1/sessions');
    return ((await response.json()) as { sessions: SessionSummary[] }).sessions;
  }
}
