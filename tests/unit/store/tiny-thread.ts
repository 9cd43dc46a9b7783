import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

interface Frame {
  type: string;
  requestId: string;
  threadId: string;
  content: string;
}

/** Just enough of a thread server, over real sockets: it says back what it is told, word by word, when it is let. */
export class TinyThread {
  readonly #server: WebSocketServer;
  readonly threads: string[] = [];
  readonly frames: Frame[] = [];
  /** Holds back the end of every answer. */
  holds = false;
  /** The most sockets that were open at one time. */
  most = 0;
  url = '';

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket, request) => {
      this.most = Math.max(this.most, server.clients.size);
      this.threads.push(new URL(request.url ?? '/', this.url).searchParams.get('threadId') ?? '');
      socket.on('error', () => {});
      socket.on('message', (data: Buffer) => this.#take(JSON.parse(data.toString()), socket));
    });
  }

  static async listen(port = 0): Promise<TinyThread> {
    const server = new WebSocketServer({ port, host: '127.0.0.1' });
    await new Promise((resolve) => server.once('listening', resolve));
    const thread = new TinyThread(server);
    thread.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return thread;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get sockets(): number {
    return this.#server.clients.size;
  }

  get prompts(): string[] {
    return this.frames.filter(({ type }) => type === 'message').map(({ content }) => content);
  }

  /** Ends every answer that was held back. */
  finish(): void {
    const all = this.frames.filter(({ type }) => type === 'message');
    for (const { requestId, threadId } of all) {
      for (const socket of this.#server.clients) {
        socket.send(JSON.stringify({ type: 'final', requestId, threadId }));
      }
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(frame: Frame, socket: WebSocket): void {
    this.frames.push(frame);
    const { requestId, threadId } = frame;
    const say = (what: object): void =>
      socket.send(JSON.stringify({ requestId, threadId, ...what }));
    if (frame.type === 'cancel') say({ type: 'cancelled' });
    if (frame.type !== 'message') return;
    for (const token of `echo ${frame.content}`.split(/(?<= )/)) say({ type: 'token', token });
    if (!this.holds) say({ type: 'final' });
  }
}
