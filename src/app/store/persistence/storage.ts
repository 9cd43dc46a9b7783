import type { SessionId } from '../../../core/ids.ts';
import type { NumberedEvent } from '../../../core/session/event.ts';
import type { OutboxEntry } from '../../client/ports.ts';
import type { MetaRow, SavedQueued, SavedSession } from './schema.ts';

/** A stretch of one session's log on its way to disk. */
export interface LogBatch {
  readonly id: SessionId;
  readonly epoch: string;
  /** The first log number that the events stand for; the last one's `n` is the last. */
  readonly firstSeq: number;
  readonly events: readonly NumberedEvent[];
  /** What stands on disk has a hole before these: what is behind it goes first. */
  readonly repair?: boolean;
}

/** A session's row as one tab has it; another tab may have written meanwhile. */
export interface SessionToSave extends SavedSession {
  /** This tab has not changed the draft since it last wrote or read it, so whatever is on disk stays. */
  keepDraft?: boolean;
  /** Nor what its endpoint's adapter noted: only the tab that is connected does (R64). */
  keepRemote?: boolean;
  /** The read mark was set back on purpose; else the larger one stays. */
  readBack?: boolean;
}

export interface SavedState {
  sessions: SavedSession[];
  meta: ReadonlyMap<string, unknown>;
}

export interface SavedLog {
  epoch: string;
  /** The log without holes, from where it begins on disk. */
  events: NumberedEvent[];
  /** The number up to which it stands there without a hole. */
  last: number;
  /** Something stands behind a hole; the next write has to clear it away. */
  holed?: boolean;
}

/** What became of taking over queued messages. */
export interface Adopted {
  /** Rows that were somebody else's and are ours now, in order. */
  taken: SavedQueued[];
  /** Keys of everything that is ours now. */
  owned: ReadonlySet<string>;
}

/**
 * What is kept over a reload. Nothing here rejects for want of a database: writes then resolve `false`,
 * reads find nothing, and `trouble` has been told why (R32).
 */
export interface Storage {
  load(): Promise<SavedState>;
  loadLog(id: SessionId): Promise<SavedLog | undefined>;
  /**
   * The newest events of a log that is long, from the end of a turn on: enough for a screen, and quick to read.
   * Undefined where the whole log is read as quickly, or is needed to understand its end.
   */
  loadEnd(id: SessionId): Promise<NumberedEvent[] | undefined>;
  /**
   * One transaction for all batches and their progress. A batch that would leave a hole before it is not written.
   * Resolves, when it is committed, with the number up to which each log stands on disk without a hole; a log
   * that is another one there is not in it. `undefined`: nothing was written.
   */
  append(
    batches: readonly LogBatch[],
    durability: 'relaxed' | 'strict',
  ): Promise<ReadonlyMap<SessionId, number> | undefined>;
  /** Forgets the log, to begin another one (R21: another epoch). */
  resetLog(id: SessionId, epoch: string): Promise<boolean>;
  /** Coalesces what is on disk of this session's log. */
  compact(id: SessionId): Promise<boolean>;
  saveSessions(rows: readonly SessionToSave[]): Promise<boolean>;
  /** Makes `entries` the rows of this session that `owner` has; what others own is not touched. */
  saveOutbox(id: SessionId, owner: string, entries: readonly OutboxEntry[]): Promise<boolean>;
  /** All queued messages, whoever owns them, in order. */
  queued(): Promise<SavedQueued[]>;
  /** Gives `owner` the rows of these sessions that the `gone` own. `undefined`: there is no database. */
  adoptOutbox(
    owner: string,
    gone: ReadonlySet<string>,
    sessions: ReadonlySet<SessionId>,
  ): Promise<Adopted | undefined>;
  saveMeta(rows: readonly MetaRow[]): Promise<boolean>;
  /** Removes everything of this session, version 1's rows included. */
  remove(id: SessionId): Promise<boolean>;
  close(): void;
}
