import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

/** What every test server of a connection model can do, so that one suite and one end-to-end test drive them all. */
export interface ModelServer {
  /** http address, without a path. */
  readonly url: string;
  /** Sockets that are open now. */
  readonly connections: number;
  /** The text of every prompt that arrived, in order. */
  readonly prompts: readonly string[];
  /** Everything that clients sent, parsed, in order. */
  readonly frames: readonly unknown[];
  /** @param options `port` 0: any free one. */
  start(options?: { port?: number }): Promise<this>;
  /** Ends every socket without a word, as a cut cable does; new ones are welcome. */
  dropAll(): void;
  /** Drops everything and listens no more; idempotent. May be started again, on the same port if it is asked for. */
  stop(): Promise<void>;
}

/** Pieces that follow each other without a pause. */
const BURST = '#';

/** Streams pieces until they are out or somebody says stop; a real server would wait for its model meanwhile. */
export async function streamPieces(
  pieces: Iterable<string>,
  everyMs: number,
  signal: AbortSignal,
  say: (piece: string) => void,
): Promise<void> {
  for (const piece of pieces) {
    if (!piece.startsWith(BURST)) await new Promise((resolve) => setTimeout(resolve, everyMs));
    if (signal.aborted) return;
    say(piece);
  }
}

/** The usual answer, in pieces; for a prompt with SLOW in it there is no end, for `BURST n` there are n at once. */
export function* answerTo(prompt: string): Generator<string> {
  yield 'You ';
  yield 'said: ';
  yield prompt;
  const burst = Number(/BURST (\d+)/.exec(prompt)?.[1] ?? 0);
  for (let count = 1; count <= burst; count++) yield `${BURST}${count} `;
  if (!prompt.includes('SLOW')) return void (yield '.');
  for (let count = 1; ; count++) yield ` ${count}`;
}

/** An http server that takes WebSockets at the paths it knows; every other upgrade is answered 404. */
export abstract class WebSocketModelServer implements ModelServer {
  readonly prompts: string[] = [];
  readonly frames: unknown[] = [];
  #http: Server | undefined;
  #sockets: WebSocketServer | undefined;
  #url = '';

  get url(): string {
    return this.#url;
  }

  get connections(): number {
    return this.clients.length;
  }

  protected get clients(): WebSocket[] {
    return [...(this.#sockets?.clients ?? [])].filter((socket) => socket.readyState === 1);
  }

  async start({ port = 0 }: { port?: number } = {}): Promise<this> {
    const http = createServer((request, response) => {
      // Pages of any origin may ask: the end-to-end test's is a static host of its own.
      response.setHeader('access-control-allow-origin', '*');
      response.setHeader('access-control-allow-headers', '*');
      response.setHeader('access-control-allow-methods', '*');
      response.setHeader('access-control-allow-private-network', 'true');
      if (request.method === 'OPTIONS') response.writeHead(204).end();
      else this.request(request, response);
    });
    const sockets = new WebSocketServer({ noServer: true });
    http.on('upgrade', (request, stream, head) => {
      stream.on('error', () => {});
      const address = new URL(request.url ?? '/', 'http://localhost');
      const status = this.admits(address, request);
      if (status !== 101) {
        stream.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      sockets.handleUpgrade(request, stream, head, (socket) => {
        socket.on('error', () => {});
        this.connected(socket, address);
      });
    });
    await new Promise<void>((resolve, reject) => {
      http.once('error', reject).listen(port, '127.0.0.1', () => resolve());
    });
    this.#http = http;
    this.#sockets = sockets;
    this.#url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    return this;
  }

  dropAll(): void {
    for (const socket of this.#sockets?.clients ?? []) socket.terminate();
  }

  async stop(): Promise<void> {
    const http = this.#http;
    this.#http = undefined;
    this.dropAll();
    this.#sockets?.close();
    if (!http) return;
    const closed = new Promise((resolve) => http.close(resolve));
    http.closeAllConnections();
    await closed;
  }

  /** @returns 101 to take the socket, or the HTTP status to refuse it with. */
  protected abstract admits(address: URL, request: IncomingMessage): number;
  protected abstract connected(socket: WebSocket, address: URL): void;

  protected request(_request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(404).end('Not found');
  }
}
