import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { SUBPROTOCOL } from '../../../src/core/wire/frames.ts';
import type { Where } from './wire-client.ts';

export type Frame = Record<string, unknown>;

/** What a shim does with frames, either way; each may become none, one or several. */
export interface Spoiler {
  /** Which session's log a page gets that asks for `id`. */
  route?(id: string): string;
  up?(frame: Frame, id: string): Frame[] | Promise<Frame[]>;
  down?(frame: Frame, id: string): Frame[];
}

/**
 * Stands in the place of a gateway that does wrong: REST passes, frames go through a {@link Spoiler}.
 * Only for negative controls: an oracle that cannot fail proves nothing.
 */
export class WireShim {
  readonly #sockets = new WebSocketServer({ noServer: true, handleProtocols: () => SUBPROTOCOL });

  private constructor(
    readonly server: Server,
    readonly gateway: Where,
    readonly spoiler: Spoiler,
  ) {
    server.on('request', (request, response) => void this.#pass(request, response));
    server.on('upgrade', (request, socket, head) => {
      this.#sockets.handleUpgrade(request, socket, head, (page) => this.#join(page, request));
    });
  }

  static async start(gateway: Where, spoiler: Spoiler): Promise<WireShim> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new WireShim(server, gateway, spoiler);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    for (const page of this.#sockets.clients) page.terminate();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { authorization, 'content-type': type } = request.headers;
    try {
      const answer = await fetch(`http://127.0.0.1:${this.gateway.port}${request.url}`, {
        method: request.method,
        headers: { ...(authorization && { authorization }), ...(type && { 'content-type': type }) },
        body: chunks.length > 0 ? Buffer.concat(chunks) : undefined,
      });
      const body = Buffer.from(await answer.arrayBuffer());
      response.writeHead(answer.status, {
        'content-type': answer.headers.get('content-type') ?? 'application/octet-stream',
      });
      response.end(body);
    } catch {
      response.destroy();
    }
  }

  #join(page: WebSocket, request: IncomingMessage): void {
    const id = decodeURIComponent(request.url?.split('/')[3] ?? '');
    const { spoiler, gateway } = this;
    const target = spoiler.route?.(id) ?? id;
    const inner = new WebSocket(
      `ws://127.0.0.1:${gateway.port}/v1/sessions/${target}/ws`,
      SUBPROTOCOL,
    );
    const open = new Promise((resolve) => inner.once('open', resolve));
    // One after the other, though a spoiler may have to ask something first.
    let order: Promise<unknown> = open;
    page.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame;
      const before = order;
      order = (async () => {
        await before;
        for (const each of (await spoiler.up?.(frame, id)) ?? [frame]) send(inner, each);
      })();
    });
    inner.on('message', (data: Buffer) => {
      // A page may have asked for several frames in one message, one a line.
      for (const line of data.toString().split('\n')) {
        const frame = JSON.parse(line) as Frame;
        for (const each of spoiler.down?.(frame, id) ?? [frame]) send(page, each);
      }
    });
    for (const [socket, other] of [
      [page, inner],
      [inner, page],
    ] as const) {
      socket.on('error', () => {});
      socket.on('close', () => other.terminate());
    }
  }
}

function send(socket: WebSocket, frame: Frame): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame));
}
