import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import type { SessionSummary } from '../../../src/core/wire/rest.ts';
import { summary } from '../client/kit.ts';

type Frame = Record<string, unknown> & { t: string; k: string };

/** Just enough of a gateway, over real sockets: sessions, their logs, and what it was asked. */
export class TinyGateway {
  readonly token = 'a-token-of-some-length';
  readonly sessions = new Map<string, SessionSummary>();
  readonly logs = new Map<string, object[]>();
  readonly asked: string[] = [];
  readonly frames: { id: string; frame: Frame }[] = [];
  /** Answers frames of pages, after attach; the default acknowledges. */
  onFrame: (id: string, frame: Frame, socket: WebSocket) => void = (_, { k }, socket) => {
    if (k) socket.send(JSON.stringify({ t: 'ack', k, n: 0 }));
  };
  url = '';
  /** Answers as a static host does that has none of these files. */
  isStatic = false;
  readonly #server: Server;
  readonly #wire: WebSocketServer;

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#wire = new WebSocketServer({ server: this.#server });
    this.#wire.on('connection', (socket, request) => {
      const id = request.url?.split('/')[3] ?? '';
      socket.on('error', () => {});
      socket.on('message', (data: Buffer) => this.#frame(id, JSON.parse(data.toString()), socket));
    });
  }

  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get sockets(): number {
    return this.#wire.clients.size;
  }

  add(...ids: string[]): void {
    for (const id of ids) this.sessions.set(id, summary(id, { createdAt: this.sessions.size }));
  }

  async close(): Promise<void> {
    for (const socket of this.#wire.clients) socket.terminate();
    this.#wire.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #frame(id: string, frame: Frame, socket: WebSocket): void {
    this.frames.push({ id, frame });
    if (frame.t === 'ping') {
      socket.send(JSON.stringify({ t: 'pong', c: frame['c'] }));
      return;
    }
    if (frame.t !== 'attach') return this.onFrame(id, frame, socket);
    const session = this.sessions.get(id);
    if (frame['token'] !== this.token) return socket.close(4401);
    if (!session) return socket.close(4404);
    const log = this.logs.get(id) ?? [];
    const since = frame['epoch'] === 'e1' ? Number(frame['since']) : 0;
    socket.send(
      JSON.stringify({
        t: 'attached',
        epoch: 'e1',
        mode: since > 0 ? 'resume' : 'full',
        low: 1,
        head: log.length,
        session: { ...session, head: log.length },
        pending: [],
      }),
    );
    log.slice(since).forEach((m, index) => {
      socket.send(JSON.stringify({ t: 'm', n: since + index + 1, at: 1, m }));
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    let body = '';
    for await (const part of request) body += String(part);
    const send = (status: number, value?: unknown): void =>
      void response.writeHead(status).end(value === undefined ? '' : JSON.stringify(value));
    this.asked.push(`${method} ${url}`);
    if (this.isStatic) return send(404);
    if (url === '/healthz') return send(200, { ok: true, name: 'aperture' });
    if (headers.authorization !== `Bearer ${this.token}`) return send(401);
    if (url === '/v1/agents') return send(200, { agents: [], defaultCwd: '/srv' });
    if (url === '/v1/sessions' && method === 'GET') {
      return send(200, { sessions: [...this.sessions.values()] });
    }
    if (url === '/v1/sessions') {
      const { cwd } = JSON.parse(body) as { cwd: string };
      if (cwd === '/missing') {
        const message = 'There is no such directory.';
        return send(400, { error: { code: 'no_directory', message, retryable: false } });
      }
      const id = `new-${this.sessions.size}`;
      this.add(id);
      return send(201, this.sessions.get(id));
    }
    const id = url.split('/')[3] ?? '';
    if (!this.sessions.has(id)) return send(404);
    if (method === 'DELETE') this.sessions.delete(id);
    return send(200, this.sessions.get(id) ?? {});
  }
}

export const say = (text: string): object => ({
  method: 'session/update',
  params: { update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } } },
});
