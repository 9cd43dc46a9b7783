import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { ApertureError, type ErrorInfo } from '../../core/errors.ts';
import { MAX_CLIENT_FRAME_BYTES } from '../../core/limits.ts';
import { CloseCode } from '../../core/wire/close-codes.ts';
import type { Admission } from '../access/admission.ts';
import { tokenAtOnce } from '../access/upgrade-token.ts';
import type { Connections } from '../dialects/connections.ts';
import type { Dialect, DialectConnection, Upgrade } from '../dialects/dialect.ts';
import type { Logger } from '../logger.ts';
import type { Timings } from '../timings.ts';

/** Sockets in all, and sockets that have not shown a token yet. */
const MAX_SOCKETS = 1_000;
const MAX_UNATTACHED = 100;

export interface SocketServerOptions {
  readonly admission: Admission;
  readonly dialects: readonly Dialect[];
  readonly connections: Connections;
  readonly checkToken: (given: string) => boolean;
  /** Tokens are also taken from the query. */
  readonly queryToken: boolean;
  readonly logger: Logger;
  readonly timings: Pick<Timings, 'sweepEveryMs'>;
}

/** A request that was admitted, and whose socket it asks for. */
interface Wish extends Omit<Upgrade, 'wire'> {
  readonly dialect: Dialect;
  /** Browsers see no HTTP status: those that show a token in the address are told by a close. */
  readonly lastWords: ErrorInfo | undefined;
}

interface Refusal {
  readonly status: number;
  readonly error: ApertureError;
}

/** The WebSocket side: admits, upgrades, hands each socket to its dialect, sweeps, closes. */
export class SocketServer {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_CLIENT_FRAME_BYTES,
    // It costs memory for each socket, and on loopback it saves nothing.
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (offered, request) => {
      const { subprotocol } = this.#dialectAt(addressOf(request).pathname) ?? {};
      if (subprotocol !== undefined) return offered.has(subprotocol) && subprotocol;
      // Without an answer to what they offer, browsers give up; to the other dialects it means nothing.
      const [first] = offered;
      return first ?? false;
    },
  });
  readonly #open = new Set<DialectConnection>();
  readonly #sweeper: NodeJS.Timeout;
  #closed = false;

  constructor(private readonly options: SocketServerOptions) {
    this.#sweeper = setInterval(() => {
      for (const connection of this.#open) connection.sweep();
    }, options.timings.sweepEveryMs);
    this.#sweeper.unref();
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => {});
    const wish = this.#look(request);
    if ('error' in wish) {
      const { host, origin } = request.headers;
      this.options.logger.warn('upgrade.refused', { code: wish.error.code, host, origin });
      return refuse(socket, wish.status, wish.error);
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      if (this.#closed) return webSocket.terminate();
      const live = this.options.connections.open(wish.dialect.name);
      const connection = wish.dialect.accept(webSocket, { ...wish, wire: socket }, live);
      this.#open.add(connection);
      webSocket.on('close', () => this.#open.delete(connection));
      if (wish.lastWords) {
        live.log('warn', 'socket.token_in_query');
        connection.close(CloseCode.unauthorized, 'The token is refused.', wish.lastWords);
      }
    });
  }

  /** Final: closes every socket; pages come back when the gateway does. */
  close(code: number, reason: string): void {
    this.#closed = true;
    clearInterval(this.#sweeper);
    for (const connection of this.#open) connection.close(code, reason);
    for (const dialect of this.options.dialects) dialect.dispose?.();
    this.#server.close();
  }

  #dialectAt(pathname: string): Dialect | undefined {
    return this.options.dialects.find((dialect) => dialect.isAt(pathname));
  }

  #look(request: IncomingMessage): Wish | Refusal {
    const { host, origin } = request.headers;
    // First of all, and before it is said whether there is anything at this address (R67).
    const verdict = this.options.admission.check(host, origin);
    if (!verdict.ok) return { status: 403, error: verdict.error };
    const { pathname, query } = addressOf(request);
    const dialect = this.#dialectAt(pathname);
    if (!dialect) {
      const where = 'Sockets are at /v1/sessions/<id>/ws, /acp, /chat/ws and /ws.';
      return { status: 404, error: new ApertureError('not_found', where) };
    }
    const { subprotocol } = dialect;
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',');
    if (subprotocol !== undefined && !offered.some((name) => name.trim() === subprotocol)) {
      const message = `Offer the WebSocket subprotocol ${subprotocol}.`;
      return { status: 400, error: new ApertureError('subprotocol_missing', message) };
    }
    const { checkToken, queryToken } = this.options;
    const token = dialect.takesTokenAtOnce
      ? tokenAtOnce(request, query, checkToken, queryToken)
      : 'none';
    // Whoever has shown the token already does not stand in line behind strangers.
    const strangers =
      token === 'good' ? 0 : [...this.#open].filter(({ isAttached }) => !isAttached).length;
    if (this.#open.size >= MAX_SOCKETS || strangers >= MAX_UNATTACHED) {
      const message = 'Too many connections. Close some tabs.';
      return {
        status: 503,
        error: new ApertureError('too_many_sockets', message, { retryable: true }),
      };
    }
    if (token === 'bad') {
      const message = 'The token is wrong. Use the one in the link that the gateway printed.';
      return { status: 401, error: new ApertureError('unauthorized', message) };
    }
    const lastWords =
      token === 'in_query' ? IN_QUERY : token === 'bad_in_query' ? BAD_IN_QUERY : undefined;
    return { dialect, pathname, query, authorized: token === 'good', lastWords };
  }
}

const BAD_IN_QUERY: ErrorInfo = {
  code: 'unauthorized',
  message: 'The token in the address is wrong.',
  retryable: false,
};

const IN_QUERY: ErrorInfo = {
  code: 'unauthorized',
  message:
    'This gateway takes no token from the address, where it ends up in logs. Send it in the first frame, or start the gateway with --query-token.',
  retryable: false,
};

/** Read by hand, because the URL parser would resolve `..`. */
function addressOf(request: IncomingMessage): { pathname: string; query: URLSearchParams } {
  const raw = request.url ?? '/';
  const at = raw.indexOf('?');
  return at < 0
    ? { pathname: raw, query: new URLSearchParams() }
    : { pathname: raw.slice(0, at), query: new URLSearchParams(raw.slice(at)) };
}

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
