import type { LogEntry } from '../../core/log/entry.ts';
import type { StoredEntry } from '../journal/port.ts';
import type { Session } from '../session/session.ts';
import { LogPump } from '../ws/log-pump.ts';
import type { DialectSocket } from './dialect-socket.ts';

export interface FollowerHooks {
  entry(entry: LogEntry): void;
  /** The session was ended, and its last entry has been read. At most once, and last. */
  ended(): void;
}

/** Reads one session's log for one socket, from a number on and then live, as fast as its client takes it. */
export class Follower {
  readonly #pump: LogPump;
  readonly #stopping: (() => void)[];
  #ending = false;

  /** @param cursor the last number that is not wanted. */
  constructor(
    session: Session,
    cursor: number,
    socket: DialectSocket,
    private readonly hooks: FollowerHooks,
  ) {
    const { log } = session;
    this.#pump = new LogPump(log, cursor, {
      isFull: () => socket.isFull,
      take: (batch) => this.#take(batch),
      rested: () => {
        if (!this.#ending || this.#pump.cursor < log.head) return;
        this.stop();
        hooks.ended();
      },
      fellBehind: () => socket.tooSlow(),
      broken: (error) => {
        socket.live.log('error', 'follower.broken', {
          sessionId: session.id,
          error: String(error),
        });
        socket.close(1011, 'The gateway met an error.');
      },
    });
    this.#stopping = [
      session.observers.add({
        summaryChanged: () => {},
        ended: () => {
          this.#ending = true;
          this.#pump.wake();
        },
      }),
      log.onCommit(() => this.#pump.wake()),
      socket.onDrained(() => this.#pump.wake()),
    ];
    this.#ending = session.isEnded;
    this.#pump.wake();
  }

  /** Final and idempotent. */
  stop(): void {
    this.#pump.stop();
    for (const stop of this.#stopping.splice(0)) stop();
  }

  #take(batch: readonly StoredEntry[]): void {
    for (const { frame } of batch) {
      // A handler may have stopped it.
      if (this.#stopping.length === 0) return;
      this.hooks.entry(JSON.parse(frame.toString('utf8')) as LogEntry);
    }
  }
}
