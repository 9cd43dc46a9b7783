import { ApertureError } from '../../core/errors.ts';
import type { SessionId } from '../../core/ids.ts';
import { GatewayMethod, type LogEntry, type LoggedMessage } from '../../core/log/entry.ts';
import { packed } from './blocks.ts';
import { Compactor } from './compactor.ts';
import type { Database } from './database.ts';
import { entryKey, entryRange, headKey, numberOfKey, seenKey } from './keys.ts';
import type { SessionLog, StoredEntry } from './port.ts';
import type { PressureGauge } from './pressure.ts';
import { entriesOfStored, frameOf, parseStored } from './stored.ts';
import type { BatchWriter, GroupMember, Operation } from './writer.ts';

/** What is known of a log without reading it. */
export interface LogHead {
  epoch: string;
  low: number;
  head: number;
  /** Bytes of the frames between `low` and `head`. */
  bytes: number;
  /** Turns up to this number have been compacted. */
  compacted: number;
  /** Some page has everything up to this number on its own disk. */
  acknowledged: number;
}

export interface LevelLogOptions {
  maxBytes: number;
  maxAgeMs: number;
  tailBytes: number;
  now: () => number;
  /** Counts what is not committed yet. */
  gauge: PressureGauge;
}

/** What one log may keep in memory while nothing can be written; the oldest goes first, and is told as a gap. */
const MAX_TAIL_BYTES = 32 * 1024 * 1024;

/** One session's log on disk, with its newest entries in memory for the pages that read along. */
export class LevelLog implements SessionLog, GroupMember {
  readonly epoch: string;
  #low: number;
  #head: number;
  #committed: number;
  /** Last number that is in the store; behind `committed` only while the disk refuses. */
  #durable: number;
  #bytes: number;
  #acknowledged: number;
  #tail: StoredEntry[] = [];
  #tailBytes = 0;
  /** Entries that the writer has not taken yet. */
  #untaken: { n: number; frame: Buffer; key: string | undefined }[] = [];
  /** The last finished turn; compacted once it is in the store. */
  #turnEnd = 0;
  #trimming: Promise<void> | undefined;
  #closed = false;
  readonly #compactor: Compactor;
  readonly #listeners = new Set<() => void>();
  readonly #waiting: { n: number; resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(
    private readonly db: Database,
    private readonly writer: BatchWriter,
    private readonly id: SessionId,
    head: LogHead,
    private readonly options: LevelLogOptions,
  ) {
    this.epoch = head.epoch;
    this.#low = head.low;
    this.#head = this.#committed = this.#durable = head.head;
    this.#bytes = head.bytes;
    this.#acknowledged = head.acknowledged;
    this.#compactor = new Compactor(
      db,
      id,
      {
        isClosed: () => this.#closed,
        replace: (operations, saved) => this.#replace(operations, saved),
      },
      head.compacted,
    );
  }

  get low(): number {
    return this.#low;
  }

  get head(): number {
    return this.#head;
  }

  get committed(): number {
    return this.#committed;
  }

  append(message: LoggedMessage, key?: string): LogEntry {
    if (this.#closed) throw new ApertureError('log_closed', 'The session has ended.');
    const entry: LogEntry = { n: this.#head + 1, at: this.options.now(), m: message };
    const frame = frameOf(entry);
    this.#head = entry.n;
    this.#bytes += frame.byteLength;
    this.#tail.push({ n: entry.n, frame });
    this.#tailBytes += frame.byteLength;
    if (isTurnEnd(message)) this.#turnEnd = entry.n;
    this.options.gauge.add(frame.byteLength);
    if (this.writer.add(this, entry.n, frame.byteLength, isMilestone(message))) {
      this.#untaken.push({ n: entry.n, frame, key });
    }
    if (this.#bytes > this.options.maxBytes) this.#trimBySize();
    return entry;
  }

  whenCommitted(n: number): Promise<void> {
    if (n <= this.#committed) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ n, resolve, reject }));
  }

  async read(from: number, maxBytes: number): Promise<readonly StoredEntry[]> {
    const first = this.#tail[0];
    if (first && from >= first.n) return this.#readTail(from - first.n, maxBytes);
    const last = this.#committed;
    const batch: StoredEntry[] = [];
    if (from > last) return batch;
    let bytes = 0;
    const wanted = Math.max(from, this.#low);
    // Records stand under their last number, which may lie beyond what is committed by now.
    const range = { gte: entryKey(this.id, wanted), lt: entryRange(this.id).lt };
    for await (const [key, value] of this.db.iterator(range)) {
      for (const entry of entriesOfStored(numberOfKey(key), value, wanted)) {
        bytes += entry.frame.byteLength;
        if (entry.n > last || (batch.length > 0 && bytes > maxBytes)) return batch;
        batch.push(entry);
      }
    }
    return batch;
  }

  acknowledged(n: number): void {
    if (n > this.#acknowledged && n <= this.#committed) this.#acknowledged = n;
  }

  /** Drops what is older than its time, if a page has it. */
  trimByAge(): void {
    const oldest = this.options.now() - this.options.maxAgeMs;
    this.#trim(({ n, at }) => n <= this.#acknowledged && at() < oldest);
  }

  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  take(): Operation[] {
    const entries = this.#untaken;
    this.#untaken = [];
    const operations: Operation[] = packed(entries).map(({ n, value }) => ({
      type: 'put',
      key: entryKey(this.id, n),
      value,
    }));
    // What stands between the frames.
    this.#bytes += entries.length - operations.length;
    for (const { n, key } of entries) {
      if (key === undefined) continue;
      operations.push({ type: 'put', key: seenKey(this.id, n), value: Buffer.from(key) });
    }
    operations.push(this.headRecord());
    return operations;
  }

  headRecord(): Operation {
    const { epoch } = this;
    const compacted = this.#compactor.done;
    const record = {
      epoch,
      low: this.#low,
      bytes: this.#bytes,
      compacted,
      acknowledged: this.#acknowledged,
    };
    return { type: 'put', key: headKey(this.id), value: Buffer.from(JSON.stringify(record)) };
  }

  settled(n: number, durable: boolean): void {
    if (durable) this.#durable = Math.max(this.#durable, n);
    const freed = this.#bytesBetween(this.#committed + 1, n);
    this.#shrinkTail();
    if (this.#turnEnd > this.#compactor.done && this.#turnEnd <= this.#durable) {
      this.#compactor.upTo(this.#turnEnd);
    }
    if (n <= this.#committed) return;
    this.#committed = n;
    this.options.gauge.remove(freed);
    while (this.#waiting[0] && this.#waiting[0].n <= n) this.#waiting.shift()!.resolve();
    for (const listener of this.#listeners) listener();
  }

  get isCongested(): boolean {
    return this.options.gauge.isCongested;
  }

  onCongestion(listener: (congested: boolean) => void): () => void {
    return this.options.gauge.listen(listener);
  }

  /** Stops taking entries. What was appended is still written. */
  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    const error = new ApertureError('log_closed', 'The session has ended.');
    for (const waiter of this.#waiting.splice(0)) waiter.reject(error);
  }

  /** Resolves when nothing reads the store in the background. */
  async idle(): Promise<void> {
    await this.#trimming;
    await this.#compactor.idle();
  }

  #replace(operations: readonly Operation[], saved: number): void {
    this.#bytes -= saved;
    this.writer.put([...operations, this.headRecord()]);
  }

  #readTail(start: number, maxBytes: number): StoredEntry[] {
    const batch: StoredEntry[] = [];
    let bytes = 0;
    for (let i = start; i < this.#tail.length; i++) {
      const entry = this.#tail[i]!;
      bytes += entry.frame.byteLength;
      if (entry.n > this.#committed || (batch.length > 0 && bytes > maxBytes)) break;
      batch.push(entry);
    }
    return batch;
  }

  /** Of frames that were not committed: they are all in the tail. */
  #bytesBetween(from: number, to: number): number {
    const first = this.#tail[0]?.n ?? 0;
    let bytes = 0;
    for (let n = from; n <= to; n++) bytes += this.#tail[n - first]?.frame.byteLength ?? 0;
    return bytes;
  }

  /** Down to half of its bound at once, so that the cost of cutting is shared by many entries. */
  #shrinkTail(): void {
    if (this.#tailBytes <= this.options.tailBytes) return;
    // While the disk refuses, the tail is all there is, and only its hard bound cuts it.
    const keepFrom = this.#tailBytes > MAX_TAIL_BYTES ? this.#committed : this.#durable;
    let cut = 0;
    while (
      this.#tailBytes > this.options.tailBytes / 2 &&
      (this.#tail[cut]?.n ?? Infinity) <= keepFrom
    ) {
      this.#tailBytes -= this.#tail[cut]!.frame.byteLength;
      cut++;
    }
    const dropped = this.#tail.splice(0, cut).at(-1);
    if (dropped && dropped.n > this.#durable) this.#low = dropped.n + 1;
  }

  /** Drops the oldest tenth. Whoever still wants it is told of a gap. */
  #trimBySize(): void {
    const goal = this.options.maxBytes * 0.9;
    this.#trim((_, left) => left > goal);
  }

  #trim(drop: TrimRule): void {
    this.#trimming ??= this.#dropOldest(drop).finally(() => (this.#trimming = undefined));
  }

  async #dropOldest(drop: TrimRule): Promise<void> {
    const operations: Operation[] = [];
    let freed = 0;
    let low = this.#low;
    for await (const [key, value] of this.db.iterator(entryRange(this.id))) {
      const n = numberOfKey(key);
      if (this.#closed || n >= this.#durable) break;
      if (!drop({ n, at: () => parseStored(value).at(-1)!.at }, this.#bytes - freed)) break;
      operations.push({ type: 'del', key });
      freed += value.byteLength;
      // Entries that were joined meanwhile may stand below what was trimmed before.
      low = Math.max(low, n + 1);
    }
    if (operations.length === 0 || this.#closed) return;
    this.#bytes -= freed;
    this.#low = low;
    this.writer.put([...operations, this.headRecord()]);
  }
}

/** Whether the oldest entry goes. `at` looks up its time; `left` is what the log would still hold, in bytes. */
type TrimRule = (entry: { n: number; at: () => number }, left: number) => boolean;

const updateKind = ({ method, params }: LoggedMessage): unknown =>
  method === 'session/update'
    ? (params['update'] as { sessionUpdate?: unknown } | undefined)?.sessionUpdate
    : undefined;

const isTurnEnd = (message: LoggedMessage): boolean =>
  updateKind(message) === 'state_update' &&
  (message.params['update'] as { state?: unknown }).state === 'idle';

/** What would be missed most after a power cut: it is synced to the disk at once. */
function isMilestone(message: LoggedMessage): boolean {
  if (message.method !== 'session/update') return message.method !== GatewayMethod.agent;
  const kind = updateKind(message);
  return kind === 'state_update' || kind === 'user_message_chunk';
}
