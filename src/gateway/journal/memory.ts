import { ApertureError } from '../../core/errors.ts';
import { newId, type SessionId } from '../../core/ids.ts';
import type { LogEntry, LoggedMessage } from '../../core/log/entry.ts';
import type { Journal, SessionLog, StoredEntry } from './port.ts';

export interface MemoryBounds {
  /** Entries that one session keeps; the oldest are dropped, and a page that wants them is told of a gap. */
  maxEntries: number;
  /** Bytes of frames that one session keeps; the newest entry is kept whatever its size. */
  maxBytes: number;
}

const DEFAULT_BOUNDS: MemoryBounds = { maxEntries: 100_000, maxBytes: 32 * 1024 * 1024 };

/** Keeps the logs in memory, within bounds (R30). Everything is committed at once. */
export function memoryJournal(
  bounds: Partial<MemoryBounds> = {},
  now: () => number = Date.now,
): Journal {
  const limits = { ...DEFAULT_BOUNDS, ...bounds };
  const logs = new Map<SessionId, MemoryLog>();
  return {
    create(id) {
      const log = new MemoryLog(limits, now);
      logs.set(id, log);
      return log;
    },
    keep() {},
    restore: () => Promise.resolve([]),
    close: () => Promise.resolve(),
    drop(id) {
      logs.get(id)?.close();
      logs.delete(id);
    },
  };
}

class MemoryLog implements SessionLog {
  readonly epoch = newId().slice(0, 8);
  #entries: StoredEntry[] = [];
  /** Entries before this index were dropped; they are cut off in bulk, because shifting one by one costs the length each time. */
  #start = 0;
  #bytes = 0;
  #head = 0;
  #closed = false;
  readonly #listeners = new Set<() => void>();

  constructor(
    private readonly bounds: MemoryBounds,
    private readonly now: () => number,
  ) {}

  get low(): number {
    return this.#entries[this.#start]?.n ?? 1;
  }

  get head(): number {
    return this.#head;
  }

  get committed(): number {
    return this.#head;
  }

  append(message: LoggedMessage): LogEntry {
    if (this.#closed) throw new ApertureError('log_closed', 'The session has ended.');
    const entry: LogEntry = { n: this.#head + 1, at: this.now(), m: message };
    const frame = Buffer.from(JSON.stringify({ t: 'm', ...entry }));
    this.#head = entry.n;
    this.#entries.push({ n: entry.n, frame });
    this.#bytes += frame.byteLength;
    this.#trim();
    for (const listener of this.#listeners) listener();
    return entry;
  }

  whenCommitted(): Promise<void> {
    return Promise.resolve();
  }

  read(from: number, maxBytes: number): Promise<readonly StoredEntry[]> {
    const batch: StoredEntry[] = [];
    let bytes = 0;
    // Numbers have no holes here, so the place follows from the number.
    for (let i = this.#start + Math.max(0, from - this.low); i < this.#entries.length; i++) {
      const entry = this.#entries[i]!;
      bytes += entry.frame.byteLength;
      if (batch.length > 0 && bytes > maxBytes) break;
      batch.push(entry);
    }
    return Promise.resolve(batch);
  }

  /** Bounds alone decide here: what is in memory is gone with the process anyway. */
  acknowledged(): void {}

  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Nothing ever waits: what is too much is dropped, and told as a gap. */
  readonly isCongested = false;

  onCongestion(): () => void {
    return () => {};
  }

  close(): void {
    this.#closed = true;
    this.#listeners.clear();
  }

  #trim(): void {
    const { maxEntries, maxBytes } = this.bounds;
    const kept = (): number => this.#entries.length - this.#start;
    while (kept() > 1 && (kept() > maxEntries || this.#bytes > maxBytes)) {
      this.#bytes -= this.#entries[this.#start]!.frame.byteLength;
      // The frame must be free now, not when the array is cut.
      this.#entries[this.#start] = { n: this.#entries[this.#start]!.n, frame: EMPTY };
      this.#start++;
    }
    if (this.#start > 1_024 && this.#start > this.#entries.length / 2) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
  }
}

const EMPTY = Buffer.alloc(0);
