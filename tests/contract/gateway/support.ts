import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import { decodeServerFrame } from '../../../src/core/wire/decode.ts';
import {
  SUBPROTOCOL,
  type AttachedFrame,
  type MessageFrame,
  type ServerFrame,
} from '../../../src/core/wire/frames.ts';
import type { SessionSummary } from '../../../src/core/wire/rest.ts';
import type { AgentRegistry, AgentSpec } from '../../../src/gateway/agents/types.ts';
import { startGateway, type Gateway, type GatewayOptions } from '../../../src/gateway/gateway.ts';
import { FrameKeeper } from '../../support/frame-keeper.ts';

export const TOKEN = 'a-token-that-is-long-enough-for-a-test';
const SCRIPTED = fileURLToPath(new URL('../../support/agents/scripted.mjs', import.meta.url));

/** Agents by name, each the scripted one with flags; `gone` has a command that does not exist. */
export function scriptedRegistry(flags: Record<string, string[]>): AgentRegistry {
  const specs = new Map<string, AgentSpec>();
  for (const [name, args] of Object.entries(flags)) {
    specs.set(name, {
      name,
      title: `Agent ${name}`,
      command: process.execPath,
      args: [SCRIPTED, ...args],
      env: {},
      passEnv: [],
    });
  }
  specs.set('gone', { ...specs.values().next().value!, name: 'gone', command: '/no/such/agent' });
  return {
    list: () => [
      ...[...specs.values()].map(({ name, title }) => ({
        name,
        title,
        available: true,
        source: 'config' as const,
      })),
      {
        name: 'missing',
        title: 'Missing',
        available: false,
        source: 'path' as const,
        install: 'npm install -g missing',
      },
    ],
    get: (name) => specs.get(name),
  };
}

/** A gateway for one test; gone, with all its agents, when the test is over. */
export async function gateway(
  flags: Record<string, string[]> = { scripted: [] },
  options: Partial<GatewayOptions> = {},
): Promise<Gateway> {
  const started = await startGateway({
    registry: scriptedRegistry(flags),
    token: TOKEN,
    port: 0,
    ...options,
    timings: { stopGraceMs: 1_000, ...options.timings },
  });
  onTestFinished(() => started.close());
  return started;
}

export async function scratch(): Promise<string> {
  const directory = await realpath(await mkdtemp(path.join(tmpdir(), 'aperture-test-')));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every shape
  json: any;
}

/** Plain HTTP, with any header (fetch would not let tests set Host or Origin) and any path. */
export function http(
  to: Gateway,
  method: string,
  target: string,
  options: { body?: unknown; headers?: Record<string, string>; token?: string | null } = {},
): Promise<Answer> {
  const { token = TOKEN } = options;
  const body =
    options.body === undefined || typeof options.body === 'string'
      ? options.body
      : JSON.stringify(options.body);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port: to.port,
        method,
        path: target,
        headers: {
          ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
          ...options.headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          let json: unknown;
          try {
            json = JSON.parse(text);
          } catch {
            json = undefined;
          }
          resolve({ status: response.statusCode!, headers: response.headers, text, json });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

export async function createSession(
  to: Gateway,
  agent = 'scripted',
  more: { cwd?: string; title?: string } = {},
): Promise<SessionSummary> {
  const { status, json } = await http(to, 'POST', '/v1/sessions', {
    body: { agent, cwd: more.cwd ?? tmpdir(), title: more.title },
  });
  if (status !== 201) throw new Error(`Not created: ${JSON.stringify(json)}`);
  return json as SessionSummary;
}

/** A page as the wire sees it: one socket, every frame kept. */
export class Page extends FrameKeeper<ServerFrame> {
  #keys = 0;

  constructor(
    socket: WebSocket,
    readonly client: string,
  ) {
    super(socket, decodeServerFrame, client);
  }

  get messages(): MessageFrame[] {
    return this.frames.filter((frame) => frame.t === 'm');
  }

  get attached(): AttachedFrame | undefined {
    return this.frames.find((frame) => frame.t === 'attached');
  }

  get numbers(): number[] {
    return this.messages.map(({ n }) => n);
  }

  /** `session/update`s of this kind. */
  // oxlint-disable-next-line typescript/no-explicit-any -- agents' payloads have every shape
  updates(kind: string): any[] {
    return this.messages
      .filter(({ m }) => m.method === 'session/update')
      .map(({ m }) => m.params['update'] as { sessionUpdate: string })
      .filter((update) => update.sessionUpdate === kind);
  }

  /** Parameters of entries with this method. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  logged(method: string): any[] {
    return this.messages.filter(({ m }) => m.method === method).map(({ m }) => m.params);
  }

  /** What the agent said, all chunks joined. */
  get text(): string {
    return this.updates('agent_message_chunk')
      .map(({ content }) => content.text)
      .join('');
  }

  /** Sends a prompt. @returns its key. */
  prompt(text: string, k = `${this.client}-${this.#keys++}`): string {
    this.send({ t: 'prompt', k, prompt: [{ type: 'text', text }] });
    return k;
  }

  cancel(): string {
    const k = `${this.client}-${this.#keys++}`;
    this.send({ t: 'cancel', k });
    return k;
  }

  answer(id: string, optionId: string | undefined): string {
    const k = `${this.client}-${this.#keys++}`;
    const outcome =
      optionId === undefined ? { outcome: 'cancelled' } : { outcome: 'selected', optionId };
    this.send({ t: 'answer', k, id, result: { outcome } });
    return k;
  }

  ack(k: string) {
    return this.until(
      () => this.frames.find((frame) => frame.t === 'ack' && frame.k === k),
      `ack of ${k}`,
    );
  }

  async refused(k: string) {
    const frame = await this.until(
      () => this.frames.find((frame) => frame.t === 'refused' && frame.k === k),
      `refusal of ${k}`,
    );
    return frame.t === 'refused' ? frame.error : undefined;
  }

  /** The end of the turn that this prompt began. */
  turnEnd(k: string): Promise<{ stopReason: string }> {
    return this.until(
      () =>
        this.updates('state_update').find(
          (update) => update.state === 'idle' && update._meta.aperture.key === k,
        ),
      `end of turn ${k}`,
    );
  }

  /** Prompt and wait for its end. @returns the stop reason. */
  async turn(text: string): Promise<string> {
    return (await this.turnEnd(this.prompt(text))).stopReason;
  }

  /** The next permission request that is not among `known`. */
  request(known: readonly string[] = []): Promise<string> {
    return this.until(
      () =>
        this.messages.find(
          ({ m }) => m.method === 'session/request_permission' && !known.includes(m.id!),
        )?.m.id,
      'a permission request',
    );
  }

  closing(): Promise<{ code: number; reason: string }> {
    return this.until(() => this.closed, 'close');
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closing();
  }
}

let pages = 0;

/** Opens a socket without attaching. Rejects with `HTTP <status>` when the upgrade is refused. */
export function dial(
  to: Gateway,
  id: string,
  options: ClientOptions & { protocols?: string[]; path?: string; client?: string } = {},
): Promise<Page> {
  const { protocols = [SUBPROTOCOL], path: given, client = `page-${++pages}`, ...rest } = options;
  const socket = new WebSocket(
    `ws://127.0.0.1:${to.port}${given ?? `/v1/sessions/${id}/ws`}`,
    protocols,
    rest,
  );
  onTestFinished(() => socket.terminate());
  const page = new Page(socket, client);
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(page));
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => reject(new Error(`HTTP ${response.statusCode} ${body}`)));
    });
    socket.on('error', reject);
  });
}

export async function attach(
  to: Gateway,
  id: string,
  more: { since?: number; epoch?: string; client?: string } = {},
): Promise<Page> {
  const page = await dial(to, id, { client: more.client });
  page.send({
    t: 'attach',
    token: TOKEN,
    client: page.client,
    epoch: more.epoch,
    since: more.since ?? 0,
  });
  await page.until(() => page.attached, 'attached');
  return page;
}

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** For what no frame tells. */
export async function eventually(what: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await what())) {
    if (Date.now() > deadline) throw new Error(`Never so: ${what.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
