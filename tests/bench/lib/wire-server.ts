import { createServer, type Server } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { WebSocketServer, type WebSocket } from 'ws';
import { GATHER_MS, MAX_GATHERED_FRAMES, MAX_GATHERED_LENGTH } from '../../../src/core/limits.ts';
import type {
  AttachedFrame,
  AttachFrame,
  ClientFrame,
  MessageFrame,
} from '../../../src/core/wire/frames.ts';
import type { SessionSummary } from '../../../src/core/wire/rest.ts';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/** One session's log, and the page that reads it. */
export class BenchSession {
  readonly #log: string[] = [];
  readonly #sockets = new Set<LineSender>();
  /** The last number that a page said it has on disk. */
  persisted = 0;

  constructor(
    readonly id: string,
    readonly title: string,
  ) {}

  get head(): number {
    return this.#log.length;
  }

  get summary(): SessionSummary {
    return {
      id: this.id,
      title: this.title,
      agent: 'bench',
      agentTitle: 'Bench',
      cwd: '/home/ada/code/harbour',
      createdAt: 1_760_000_000_000,
      updatedAt: 1_760_000_000_000,
      agentState: 'ready',
      turn: 'idle',
      epoch: 'bench',
      head: this.head,
      pending: [],
    };
  }

  /** Puts an update of the agent into the log and onto the wire; a time, so that nothing depends on the clock. */
  update(update: Record<string, unknown>): void {
    const frame: MessageFrame = {
      t: 'm',
      n: this.head + 1,
      at: 1_760_000_000_000 + this.head * 100,
      m: { method: 'session/update', params: { sessionId: this.id, update } },
    };
    const text = JSON.stringify(frame);
    this.#log.push(text);
    for (const socket of this.#sockets) socket.send(text);
  }

  say(text: string, messageId?: string): void {
    const content = { type: 'text', text };
    this.update({ sessionUpdate: 'agent_message_chunk', content, ...(messageId && { messageId }) });
  }

  begin(prompt: string): void {
    this.update({ sessionUpdate: 'state_update', state: 'running' });
    this.update({
      sessionUpdate: 'user_message_chunk',
      content: { type: 'text', text: prompt },
    });
  }

  finish(): void {
    this.update({ sessionUpdate: 'state_update', state: 'idle', stopReason: 'end_turn' });
  }

  /** A history of `messages` finished messages, half of them prompts. */
  history(messages: number): void {
    for (let i = 0; i < messages / 2; i++) {
      this.begin(`Question ${i}: what became of part ${i}?`);
      this.say(
        `Answer ${i}. Part **${i}** was read, \`changed${i}\` and tested; nothing else was touched.`,
      );
      this.finish();
    }
  }

  attach(socket: WebSocket, { since, epoch, lines = false }: AttachFrame): void {
    const resumes = epoch === 'bench' && since > 0 && since <= this.head;
    const attached: AttachedFrame = {
      t: 'attached',
      epoch: 'bench',
      mode: resumes ? 'resume' : 'full',
      low: 1,
      head: this.head,
      session: this.summary,
      pending: [],
    };
    socket.send(JSON.stringify(attached));
    const sender = new LineSender(socket, lines);
    for (const text of this.#log.slice(resumes ? since : 0)) sender.send(text);
    this.#sockets.add(sender);
    socket.on('close', () => this.#sockets.delete(sender));
  }
}

/** Sends as the gateway does: frames that come close together in one message, where the page can read that. */
class LineSender {
  #waiting: string[] = [];
  #length = 0;
  #sentAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly socket: WebSocket,
    private readonly lines: boolean,
  ) {}

  send(frame: string): void {
    if (!this.lines) return this.socket.send(frame);
    this.#waiting.push(frame);
    this.#length += frame.length + 1;
    const left = this.#sentAt + GATHER_MS - performance.now();
    const full =
      this.#waiting.length === MAX_GATHERED_FRAMES || this.#length >= MAX_GATHERED_LENGTH - 1024;
    if (left < 1 || full) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), left);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length > 0) this.socket.send(this.#waiting.join('\n'));
    this.#waiting = [];
    this.#length = 0;
    this.#sentAt = performance.now();
  }
}

/**
 * Speaks `aperture.v1` and serves the built page, so that what is measured is the page: with a log in memory
 * that says what it is told to say, as fast as it is told to.
 */
export class WireServer {
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });

  private constructor(
    readonly sessions: readonly BenchSession[],
    private readonly dist: string,
  ) {
    this.#http = createServer((request, response) => {
      void this.#answer(request.url ?? '/').then(
        ({ type, body }) => response.writeHead(200, { 'content-type': type }).end(body),
        () => response.writeHead(404).end(),
      );
    });
    this.#http.on('upgrade', (request, stream, head) => {
      const id = /\/v1\/sessions\/([^/]+)\/ws$/.exec(request.url ?? '')?.[1];
      const session = this.sessions.find((each) => each.id === id);
      if (!session) return stream.destroy();
      this.#sockets.handleUpgrade(request, stream, head, (socket) => serve(session, socket));
    });
  }

  static async start(dist: string, sessions: readonly BenchSession[]): Promise<WireServer> {
    const server = new WireServer(sessions, dist);
    await new Promise<void>((resolve) => server.#http.listen(0, '127.0.0.1', resolve));
    return server;
  }

  /** The page's address, with a token. */
  get url(): string {
    const { port } = this.#http.address() as AddressInfo;
    return `http://127.0.0.1:${port}/#token=bench-bench-bench-bench-bench-00`;
  }

  async #answer(url: string): Promise<{ type: string; body: string | Buffer }> {
    const { pathname } = new URL(url, 'http://bench.invalid');
    const json = (value: unknown) => ({ type: TYPES['.json']!, body: JSON.stringify(value) });
    if (pathname === '/healthz') return json({ name: 'aperture' });
    if (pathname === '/v1/agents') return json({ agents: [], defaultCwd: '/home/ada' });
    if (pathname === '/v1/sessions')
      return json({ sessions: this.sessions.map(({ summary }) => summary) });
    const session = this.sessions.find(({ id }) => pathname === `/v1/sessions/${id}`);
    if (session) return json(session.summary);
    const file = normalize(pathname === '/' ? 'index.html' : pathname.slice(1));
    if (file.startsWith('..')) throw new Error('outside');
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    return { type, body: await readFile(join(this.dist, file)) };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }
}

function serve(session: BenchSession, socket: WebSocket): void {
  socket.on('error', () => socket.terminate());
  socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString()) as ClientFrame;
    if (frame.t === 'attach') session.attach(socket, frame);
    else if (frame.t === 'ping') socket.send(JSON.stringify({ t: 'pong', c: frame.c }));
    else if (frame.t === 'persisted') session.persisted = Math.max(session.persisted, frame.n);
    else if ('k' in frame) socket.send(JSON.stringify({ t: 'ack', k: frame.k, n: session.head }));
  });
}
