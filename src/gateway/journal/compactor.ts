import type { SessionId } from '../../core/ids.ts';
import type { LogEntry } from '../../core/log/entry.ts';
import { packed } from './blocks.ts';
import { compact } from './compact.ts';
import type { Database } from './database.ts';
import { entryKey, numberOfKey } from './keys.ts';
import { frameOf, isCompacted, parseStored, storedForm } from './stored.ts';
import type { Operation } from './writer.ts';

/** Entries that are looked at in one go; between two of them other work has its turn. */
const STEP = 500;

export interface CompactionHost {
  /** Writes the operations as one; `saved` is by how many bytes the log shrinks. */
  replace(operations: readonly Operation[], saved: number): void;
  /** The log is going away. */
  isClosed(): boolean;
}

interface Record {
  readonly n: number;
  readonly bytes: number;
  /** Empty for what is compacted already. */
  readonly entries: readonly LogEntry[];
}

/** Rewrites finished turns of one session's log with fewer entries, in the background. */
export class Compactor {
  #running: Promise<void> | undefined;
  #wanted = 0;

  /** @param done everything up to this number has been looked at. */
  constructor(
    private readonly db: Database,
    private readonly id: SessionId,
    private readonly host: CompactionHost,
    public done: number,
  ) {}

  /** Everything up to `n` is in the store and finished. */
  upTo(n: number): void {
    this.#wanted = Math.max(this.#wanted, n);
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.done < this.#wanted && !this.host.isClosed()) {
      const records = await this.#read();
      if (records.length === 0) break;
      if (this.host.isClosed()) return;
      this.done = records.at(-1)!.n;
      this.#rewrite(records);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #read(): Promise<Record[]> {
    const records: Record[] = [];
    let entries = 0;
    const range = { gt: entryKey(this.id, this.done), lte: entryKey(this.id, this.#wanted) };
    for await (const [key, value] of this.db.iterator(range)) {
      const parsed = isCompacted(value) ? [] : parseStored(value);
      records.push({ n: numberOfKey(key), bytes: value.byteLength, entries: parsed });
      entries += Math.max(1, parsed.length);
      if (entries >= STEP) break;
    }
    return records;
  }

  #rewrite(records: readonly Record[]): void {
    const operations: Operation[] = [];
    let saved = 0;
    let run: Record[] = [];
    const flush = (): void => {
      const rewritten = this.#shorter(run);
      if (rewritten) {
        operations.push(...rewritten.operations);
        saved += rewritten.saved;
      }
      run = [];
    };
    for (const record of records) {
      if (record.entries.length === 0) flush();
      else run.push(record);
    }
    flush();
    if (operations.length > 0) this.host.replace(operations, saved);
  }

  /** @returns undefined when nothing in these neighbouring records can be joined. */
  #shorter(records: readonly Record[]): { operations: Operation[]; saved: number } | undefined {
    const compacted = compact(records.flatMap(({ entries }) => entries));
    if (!compacted.some(({ lengths }) => lengths)) return undefined;
    const plain = compacted.filter(({ lengths }) => !lengths).map(({ entry }) => entry);
    const joined = compacted.filter(({ lengths }) => lengths);
    const values = [
      ...packed(plain.map((entry) => ({ n: entry.n, frame: frameOf(entry) }))),
      ...joined.map((piece) => ({ n: piece.entry.n, value: storedForm(piece) })),
    ];
    const operations: Operation[] = records.map(({ n }) => ({
      type: 'del',
      key: entryKey(this.id, n),
    }));
    let saved = records.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { n, value } of values) {
      // After the deletions: some take an old record's place.
      operations.push({ type: 'put', key: entryKey(this.id, n), value });
      saved -= value.byteLength;
    }
    return { operations, saved };
  }
}
