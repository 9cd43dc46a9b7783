import type { LogEntry, LoggedMessage } from '../../core/log/entry.ts';
import type { SessionId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';

/** An entry as it goes out: the whole `m` frame, serialised once for every page that reads it. */
export interface StoredEntry {
  readonly n: number;
  /** The first number that it stands for, if several entries were coalesced. */
  readonly from?: number;
  /** UTF-8 JSON of a MessageFrame. */
  readonly frame: Buffer;
}

/**
 * One session's log. Numbers are given at once and in order; an entry may be sent only when it is
 * committed, so that no page ever knows more than a restarted gateway would.
 */
export interface SessionLog {
  /** Changes whenever numbers may mean something else than before. */
  readonly epoch: string;
  /** First number that can still be read; 1 when empty. */
  readonly low: number;
  /** Last number given; 0 when empty. */
  readonly head: number;
  /** Last number that may be sent; at most `head`. */
  readonly committed: number;
  /**
   * @param key an idempotency key that is accepted by this entry, and remembered with it or not at all.
   * @throws ApertureError `log_closed` after the log was dropped.
   */
  append(message: LoggedMessage, key?: string): LogEntry;
  /** Resolves when `n` is committed; rejects when it never will be. */
  whenCommitted(n: number): Promise<void>;
  /**
   * Committed entries from `from` on, in order: at least one if there is one, and then as many as fit in
   * `maxBytes`. When `from` was trimmed, the first entry has a higher number.
   */
  read(from: number, maxBytes: number): Promise<readonly StoredEntry[]>;
  /** A page has everything up to `n` on its own disk: such entries may be trimmed by age. */
  acknowledged(n: number): void;
  /** Called after `committed` has grown. @returns stops it. */
  onCommit(listener: () => void): () => void;
  /** So much waits for the disk that whoever fills this log should wait too. Nothing is refused meanwhile. */
  readonly isCongested: boolean;
  /** Called when that changes. @returns stops it. */
  onCongestion(listener: (congested: boolean) => void): () => void;
}

/** Where the logs are. The one in memory forgets all with the process; a durable one takes its place behind this port. */
export interface Journal {
  /** A new, empty log. */
  create(id: SessionId): SessionLog;
  /** Remembers facts of the session (title, directory, the agent's own id), replacing earlier ones. */
  keep(id: SessionId, meta: JsonObject): void;
  /** The sessions that an earlier process kept, in no order; empty for a journal that forgets. */
  restore(): Promise<readonly RestoredSession[]>;
  /** Forgets the session, its facts and its log. */
  drop(id: SessionId): void;
  /** Writes what is left. */
  close(): Promise<void>;
}

export interface RestoredSession {
  readonly id: SessionId;
  readonly meta: JsonObject;
  readonly log: SessionLog;
  /** The newest idempotency keys and the numbers at which they were accepted, oldest first. */
  readonly keys: readonly (readonly [key: string, n: number])[];
}
