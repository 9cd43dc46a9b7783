import { PERSIST_EVERY_BYTES, PERSIST_EVERY_MS } from '../../../core/limits.ts';
import type { SessionId } from '../../../core/ids.ts';
import type { NumberedEvent, SessionEvent } from '../../../core/session/event.ts';
import type { LogBatch, Storage } from './storage.ts';

interface Log {
  epoch: string;
  /** The first number that is not pending or on disk yet. */
  next: number;
  pending: NumberedEvent[];
  firstPending: number;
  /** What is on disk has a hole after what we read of it. */
  holed: boolean;
}

/**
 * Writes the sessions' logs to disk while they stream: together, at most {@link PERSIST_EVERY_MS} or
 * {@link PERSIST_EVERY_BYTES} after they arrived; at once where a loss would hurt (R27). What waits is bounded
 * by what arrives in that time. What comes after something that another tab has still to write is left to that tab:
 * what is on disk has no holes, and the rest is read again after a reload (R21).
 */
export class LogWriter {
  readonly #logs = new Map<SessionId, Log>();
  readonly #compactDue = new Set<SessionId>();
  #bytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #compacting = false;

  /** @param committed everything of this session up to `n` is on disk. */
  constructor(
    readonly storage: Storage,
    readonly committed: (id: SessionId, n: number) => void,
  ) {}

  /** The log that is on disk already, up to `last`. `holed`: something stands behind a hole there. */
  continueLog(id: SessionId, epoch: string, last: number, holed = false): void {
    this.#logs.set(id, { epoch, next: last + 1, pending: [], firstPending: last + 1, holed });
  }

  /**
   * Another log begins; what was on disk of this session's goes. It stands for every number from 1: what it
   * lacks at its beginning is a gap, which is the first event then (R21).
   */
  startLog(id: SessionId, epoch: string): void {
    this.#drop(id);
    this.#logs.set(id, { epoch, next: 1, pending: [], firstPending: 1, holed: false });
    void this.storage.resetLog(id, epoch);
  }

  /** Events in order, without holes; nothing happens for a session whose log was not begun or was forgotten (R29). */
  append(id: SessionId, events: readonly NumberedEvent[]): void {
    const log = this.#logs.get(id);
    if (!log || events.length === 0) return;
    if (log.pending.length === 0) log.firstPending = log.next;
    let urgent = false;
    for (const numbered of events) {
      log.pending.push(numbered);
      this.#bytes += weight(numbered.event);
      urgent ||= isUrgent(numbered.event);
      if (numbered.event.type === 'turn' && numbered.event.state === 'idle') {
        this.#compactDue.add(id);
      }
    }
    log.next = events.at(-1)!.n + 1;
    if (urgent) this.#soon();
    else if (this.#bytes >= PERSIST_EVERY_BYTES) this.#turn();
    else this.#timer ??= setTimeout(() => this.#turn(), PERSIST_EVERY_MS);
  }

  /**
   * One write after the other: what comes faster than the disk takes it is written together then, so that it costs
   * fewer transactions the further behind the disk is, and none of them waits in the database's own queue.
   */
  #turn(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#writing > 0) this.#behind = true;
    else void this.flush('relaxed');
  }

  /** Writes everything that waits. The transaction is begun before this returns if the database is open. */
  async flush(durability: 'relaxed' | 'strict'): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#urgent = false;
    this.#behind = false;
    this.#bytes = 0;
    const batches: LogBatch[] = [];
    const logs: Log[] = [];
    for (const [id, log] of this.#logs) {
      if (log.pending.length === 0) continue;
      const { epoch, firstPending: firstSeq, pending: events, holed: repair } = log;
      batches.push({ id, epoch, firstSeq, events, ...(repair && { repair }) });
      logs.push(log);
      log.pending = [];
    }
    if (batches.length > 0) {
      this.#writing++;
      const standing = await this.storage
        .append(batches, durability)
        .finally(() => this.#writing--);
      batches.forEach((batch, index) => {
        // It may have been forgotten or begun anew while it was written.
        const log = this.#logs.get(batch.id);
        const to = standing?.get(batch.id);
        if (!log || log !== logs[index] || to === undefined) return;
        log.holed = false;
        // Never more than stands there without a hole.
        if (to > 0) this.committed(batch.id, Math.min(to, batch.events.at(-1)!.n));
      });
    }
    if (this.#behind && this.#writing === 0) void this.flush('relaxed');
    else await this.#compact();
  }

  /** Cancels what was not written yet; nothing of this session is written any more (R29). */
  forget(id: SessionId): void {
    this.#drop(id);
    this.#logs.delete(id);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#logs.clear();
    this.#compactDue.clear();
  }

  #urgent = false;
  /** Writes that are under way. */
  #writing = 0;
  /** More than was to wait waits for them. */
  #behind = false;

  /** Once for all that arrives in this task: a replay may bring a hundred ends of turns. */
  #soon(): void {
    if (this.#urgent) return;
    this.#urgent = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush('strict'), 0);
  }

  #drop(id: SessionId): void {
    const log = this.#logs.get(id);
    if (log) log.pending = [];
    this.#compactDue.delete(id);
  }

  /** One after the other, and only while nothing else waits to be written. */
  async #compact(): Promise<void> {
    if (this.#compacting) return;
    this.#compacting = true;
    try {
      for (const id of this.#compactDue) {
        if (this.#timer !== undefined) return;
        this.#compactDue.delete(id);
        await this.storage.compact(id);
      }
    } finally {
      this.#compacting = false;
    }
  }
}

/** What must not be lost even if the machine goes down now. */
function isUrgent(event: SessionEvent): boolean {
  switch (event.type) {
    case 'permission':
    case 'resolved':
    case 'ended':
    case 'error':
      return true;
    case 'turn':
      return event.state === 'idle';
    default:
      return false;
  }
}

/** Roughly its size on disk, bytes; counting exactly would cost more than it tells. */
function weight(event: SessionEvent): number {
  if (event.type === 'chunk' && event.content.type === 'text') {
    return 100 + event.content.text.length;
  }
  return 1_000;
}
