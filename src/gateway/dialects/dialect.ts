import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { ErrorInfo } from '../../core/errors.ts';
import type { SessionPool } from '../session/pool.ts';
import type { Timings } from '../timings.ts';
import type { DialectName, LiveConnection } from './connections.ts';

/** What every dialect works with. */
export interface DialectOptions {
  readonly pool: SessionPool;
  readonly checkToken: (given: string) => boolean;
  readonly version: string;
  /** For clients that cannot choose; undefined: the first that can be started. */
  readonly defaultAgent: string | undefined;
  readonly timings: Timings;
  readonly now: () => number;
}

/** What the request for a socket said, once it was admitted. */
export interface Upgrade {
  /** What the WebSocket runs over. */
  readonly wire: Duplex;
  readonly pathname: string;
  readonly query: URLSearchParams;
  /** It showed the token already: in a header, or in the query where the gateway was told to take it. */
  readonly authorized: boolean;
}

/** One socket in the hands of its dialect. */
export interface DialectConnection {
  /** It has shown a token. */
  readonly isAttached: boolean;
  /** Looks whether it is half open, or takes nothing. */
  sweep(): void;
  close(code: number, reason: string, error?: ErrorInfo): void;
}

/** A way to speak with the gateway over a WebSocket. */
export interface Dialect {
  readonly name: DialectName;
  /** Whether its sockets are at this path. */
  isAt(pathname: string): boolean;
  /** The subprotocol without which it takes no socket. Undefined: whatever the client offers first, or none. */
  readonly subprotocol?: string;
  /** The token may come with the request, in `Authorization` or, if the gateway was told so, in the query. */
  readonly takesTokenAtOnce: boolean;
  accept(socket: WebSocket, upgrade: Upgrade, live: LiveConnection): DialectConnection;
  /** The gateway closes; its sockets are closed already. */
  dispose?(): void;
}
