import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { ApertureError } from '../../core/errors.ts';
import { MAX_CLIENT_FRAME_BYTES } from '../../core/limits.ts';
import { SUBPROTOCOL } from '../../core/wire/frames.ts';
import type { Admission } from '../access/admission.ts';
import { Connection, type ConnectionOptions } from './connection.ts';

/** Sockets in all, and sockets that have not shown a token yet. */
const MAX_SOCKETS = 1_000;
const MAX_UNATTACHED = 100;

export interface SocketServerOptions extends Omit<ConnectionOptions, 'connectionId' | 'sessionId'> {
  readonly admission: Admission;
}

/** The WebSocket side: admits, upgrades, sweeps, closes. */
export class SocketServer {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_CLIENT_FRAME_BYTES,
    // It costs memory for each socket, and on loopback it saves nothing.
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  readonly #connections = new Set<Connection>();
  readonly #sweeper: NodeJS.Timeout;
  #nextId = 1;
  #closed = false;

  constructor(private readonly options: SocketServerOptions) {
    this.#sweeper = setInterval(() => {
      for (const connection of this.#connections) connection.sweep();
    }, options.timings.sweepEveryMs);
    this.#sweeper.unref();
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => {});
    const refusal = this.#refusal(request);
    if (refusal) {
      const { host, origin } = request.headers;
      this.options.logger.warn('upgrade.refused', { code: refusal.error.code, host, origin });
      return refuse(socket, refusal.status, refusal.error);
    }
    const sessionId = sessionOf(request)!;
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      if (this.#closed) return webSocket.terminate();
      const connectionId = `c${this.#nextId++}`;
      const options: ConnectionOptions = { ...this.options, connectionId, sessionId };
      const connection = new Connection(webSocket, socket, options, () =>
        this.#connections.delete(connection),
      );
      this.#connections.add(connection);
    });
  }

  /** Final: closes every socket; pages come back when the gateway does. */
  close(code: number, reason: string): void {
    this.#closed = true;
    clearInterval(this.#sweeper);
    for (const connection of this.#connections) connection.close(code, reason);
    this.#server.close();
  }

  #refusal(request: IncomingMessage): { status: number; error: ApertureError } | undefined {
    const { host, origin } = request.headers;
    // First of all, and before it is said whether there is anything at this address (R67).
    const verdict = this.options.admission.check(host, origin);
    if (!verdict.ok) return { status: 403, error: verdict.error };
    if (sessionOf(request) === undefined) {
      return {
        status: 404,
        error: new ApertureError('not_found', 'Sockets are at /v1/sessions/<id>/ws.'),
      };
    }
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',');
    if (!offered.some((name) => name.trim() === SUBPROTOCOL)) {
      return {
        status: 400,
        error: new ApertureError(
          'subprotocol_missing',
          `Offer the WebSocket subprotocol ${SUBPROTOCOL}.`,
        ),
      };
    }
    const unattached = [...this.#connections].filter((connection) => !connection.isAttached);
    if (this.#connections.size >= MAX_SOCKETS || unattached.length >= MAX_UNATTACHED) {
      return {
        status: 503,
        error: new ApertureError('too_many_sockets', 'Too many connections. Close some tabs.', {
          retryable: true,
        }),
      };
    }
    return undefined;
  }
}

const sessionOf = (request: IncomingMessage): string | undefined =>
  /^\/v1\/sessions\/([\w-]{1,64})\/ws(?:\?.*)?$/.exec(request.url ?? '')?.[1];

function refuse(socket: Duplex, status: number, error: ApertureError): void {
  const body = JSON.stringify({ error: error.toInfo() });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n` +
      'Content-Type: application/json; charset=utf-8\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n` +
      'X-Content-Type-Options: nosniff\r\n' +
      'Connection: close\r\n\r\n' +
      body,
    () => socket.destroy(),
  );
}
