import type { Logger, LogFields } from '../logger.ts';

/** What a socket can speak with the gateway; each has its section in PROTOCOL.md. */
export const DIALECTS = ['aperture.v1', 'acp', 'thread', 'single'] as const;
export type DialectName = (typeof DIALECTS)[number];

/** Closed connections that are remembered, to be looked at (R30). */
const MAX_RECENT = 50;
/** Names of clients that are remembered, to know who came back. */
const MAX_NAMES = 1_000;
/** Requests of one connection that may be under way at once; older ones are no longer watched. */
const MAX_ACTIVE = 100;
/** Sessions of one connection that are named when it is looked at. */
const MAX_SESSIONS = 100;

/** Counts since the connection opened; durations in ms. */
export interface ConnectionCounts {
  readonly framesIn: number;
  readonly framesOut: number;
  readonly prompts: number;
  readonly cancels: number;
  /** Earlier connections of the same client to the same session. */
  readonly reconnects: number;
  /** Requests that were finished, and how long they took in all and at most. */
  readonly finished: number;
  readonly totalMs: number;
  readonly maxMs: number;
}

/** One connection as `GET /v1/connections` shows it. Times are ms since 1970. */
export interface ConnectionInfo extends ConnectionCounts {
  readonly id: string;
  readonly dialect: DialectName;
  /** As it called itself. */
  readonly client?: string;
  readonly sessions: readonly string[];
  /** What is under way. */
  readonly active: readonly { requestId: string; sessionId: string; startedAt: number }[];
  readonly openedAt: number;
  readonly closed?: { at: number; code: number };
}

/** Counts of all connections of a dialect since the gateway started. */
export interface DialectTotals {
  readonly dialect: DialectName;
  readonly open: number;
  readonly opened: number;
  readonly framesIn: number;
  readonly framesOut: number;
  readonly prompts: number;
  readonly cancels: number;
  readonly reconnects: number;
}

export interface ConnectionsResponse {
  /** Oldest first. */
  readonly connections: readonly ConnectionInfo[];
  /** Closed ones, newest first; at most 50. */
  readonly recent: readonly ConnectionInfo[];
  readonly totals: readonly DialectTotals[];
}

type Counter = 'framesIn' | 'framesOut' | 'prompts' | 'cancels' | 'reconnects';

const newTotals = (dialect: DialectName) => ({
  dialect,
  opened: 0,
  framesIn: 0,
  framesOut: 0,
  prompts: 0,
  cancels: 0,
  reconnects: 0,
});

/** Every connection of every dialect: one place to count them, look at them and log them (R48). */
export class Connections {
  readonly #live = new Map<string, LiveConnection>();
  readonly #recent: ConnectionInfo[] = [];
  readonly #totals = new Map(DIALECTS.map((dialect) => [dialect, newTotals(dialect)]));
  /** How often a client has come to a session; the oldest names are forgotten. */
  readonly #visits = new Map<string, number>();
  #nextId = 1;

  constructor(
    private readonly logger: Logger,
    private readonly now: () => number,
  ) {}

  get size(): number {
    return this.#live.size;
  }

  open(dialect: DialectName): LiveConnection {
    this.#totals.get(dialect)!.opened++;
    const connection = new LiveConnection(`c${this.#nextId++}`, dialect, this.logger, this.now, {
      count: (counter) => void this.#totals.get(dialect)![counter]++,
      visit: (client, sessionId) => this.#visit(`${dialect}\n${client}\n${sessionId}`),
      closed: () => {
        this.#live.delete(connection.id);
        this.#recent.unshift(connection.info());
        this.#recent.length = Math.min(this.#recent.length, MAX_RECENT);
      },
    });
    this.#live.set(connection.id, connection);
    return connection;
  }

  list(): ConnectionsResponse {
    const live = [...this.#live.values()];
    return {
      connections: live.map((connection) => connection.info()),
      recent: this.#recent,
      totals: [...this.#totals.values()].map((totals) => ({
        ...totals,
        open: live.filter(({ dialect }) => dialect === totals.dialect).length,
      })),
    };
  }

  /** @returns how often this name was here before. */
  #visit(name: string): number {
    const before = this.#visits.get(name) ?? 0;
    this.#visits.delete(name);
    this.#visits.set(name, before + 1);
    if (this.#visits.size > MAX_NAMES) {
      for (const oldest of this.#visits.keys()) {
        this.#visits.delete(oldest);
        break;
      }
    }
    return before;
  }
}

interface Registry {
  count(counter: Counter): void;
  visit(client: string, sessionId: string): number;
  closed(): void;
}

/** One connection from the upgrade to its end: what it is called, what it does, how much of it. */
export class LiveConnection {
  readonly #abort = new AbortController();
  readonly #openedAt: number;
  readonly #sessions = new Set<string>();
  readonly #active = new Map<string, { sessionId: string; startedAt: number }>();
  readonly #counts = { framesIn: 0, framesOut: 0, prompts: 0, cancels: 0, reconnects: 0 };
  readonly #durations = { finished: 0, totalMs: 0, maxMs: 0 };
  #client: string | undefined;
  #closed: { at: number; code: number } | undefined;

  constructor(
    readonly id: string,
    readonly dialect: DialectName,
    private readonly logger: Logger,
    private readonly now: () => number,
    private readonly registry: Registry,
  ) {
    this.#openedAt = now();
  }

  /** Aborted when the connection is closed. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  count(counter: 'framesIn' | 'framesOut' | 'cancels'): void {
    this.#add(counter);
  }

  /** The client is at this session. @param client as it calls itself. */
  attached(sessionId: string, client: string): void {
    this.#client = client;
    if (this.#sessions.size < MAX_SESSIONS) this.#sessions.add(sessionId);
    const before = this.registry.visit(client, sessionId);
    if (before > 0) this.#add('reconnects');
    this.log('info', 'socket.attached', { sessionId, by: client, reconnects: before });
  }

  detached(sessionId: string): void {
    this.#sessions.delete(sessionId);
  }

  /** A request of this connection runs. */
  began(requestId: string, sessionId: string): void {
    this.#add('prompts');
    this.#active.set(`${sessionId}\n${requestId}`, { sessionId, startedAt: this.now() });
    if (this.#active.size > MAX_ACTIVE) {
      for (const oldest of this.#active.keys()) {
        this.#active.delete(oldest);
        break;
      }
    }
    this.log('info', 'request.began', { sessionId, requestId });
  }

  /** It ended; nothing happens when it is not this connection's. */
  settled(requestId: string, sessionId: string, how?: string): void {
    const request = this.#active.get(`${sessionId}\n${requestId}`);
    if (!request) return;
    this.#active.delete(`${sessionId}\n${requestId}`);
    const durationMs = this.now() - request.startedAt;
    this.#durations.finished++;
    this.#durations.totalMs += durationMs;
    this.#durations.maxMs = Math.max(this.#durations.maxMs, durationMs);
    this.log('info', 'request.ended', { sessionId, requestId, how, durationMs });
  }

  /** No request of this session runs any more. */
  settledAll(sessionId: string): void {
    for (const [key, request] of this.#active) {
      if (request.sessionId === sessionId) this.settled(key.slice(sessionId.length + 1), sessionId);
    }
  }

  log(level: 'info' | 'warn' | 'error', event: string, fields: LogFields = {}): void {
    this.logger[level](event, { connectionId: this.id, dialect: this.dialect, ...fields });
  }

  /** Final and idempotent. @param code WebSocket's. */
  close(code: number): void {
    if (this.#closed) return;
    this.#closed = { at: this.now(), code };
    this.#abort.abort();
    const [only] = this.#sessions;
    this.log('info', 'socket.closed', {
      sessionId: this.#sessions.size === 1 ? only : undefined,
      code,
      ...this.#counts,
      durationMs: this.now() - this.#openedAt,
    });
    this.registry.closed();
  }

  info(): ConnectionInfo {
    return {
      id: this.id,
      dialect: this.dialect,
      ...(this.#client !== undefined && { client: this.#client }),
      sessions: [...this.#sessions],
      active: [...this.#active].map(([key, { sessionId, startedAt }]) => ({
        requestId: key.slice(sessionId.length + 1),
        sessionId,
        startedAt,
      })),
      openedAt: this.#openedAt,
      ...(this.#closed && { closed: this.#closed }),
      ...this.#counts,
      ...this.#durations,
    };
  }

  #add(counter: Counter): void {
    this.#counts[counter]++;
    this.registry.count(counter);
  }
}
