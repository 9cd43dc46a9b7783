import type { SessionId } from '../../../core/ids.ts';
import type { NumberedEvent } from '../../../core/session/event.ts';
import type { MetaRow, SavedSession } from './schema.ts';

/** A stretch of one session's log on its way to disk. */
export interface LogBatch {
  readonly id: SessionId;
  readonly epoch: string;
  /** The first log number that the events stand for; the last one's `n` is the last. */
  readonly firstSeq: number;
  readonly events: readonly NumberedEvent[];
}

export interface SavedState {
  sessions: SavedSession[];
  meta: ReadonlyMap<string, unknown>;
}

export interface SavedLog {
  epoch: string;
  /** The log without holes, from where it begins on disk. */
  events: NumberedEvent[];
  /** The number up to which it stands there. */
  last: number;
}

/**
 * What is kept over a reload. Nothing here rejects for want of a database: writes then resolve `false`,
 * reads find nothing, and `trouble` has been told why (R32).
 */
export interface Storage {
  load(): Promise<SavedState>;
  loadLog(id: SessionId): Promise<SavedLog | undefined>;
  /** One transaction for all batches and their progress. Resolves `true` when it is committed. */
  append(batches: readonly LogBatch[], durability: 'relaxed' | 'strict'): Promise<boolean>;
  /** Forgets the log, to begin another one (R21: another epoch). */
  resetLog(id: SessionId, epoch: string): Promise<boolean>;
  /** Coalesces what is on disk of this session's log. */
  compact(id: SessionId): Promise<boolean>;
  saveSessions(rows: readonly SavedSession[]): Promise<boolean>;
  saveMeta(rows: readonly MetaRow[]): Promise<boolean>;
  /** Removes everything of this session, version 1's rows included. */
  remove(id: SessionId): Promise<boolean>;
  close(): void;
}
