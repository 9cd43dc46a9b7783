import type { SessionId } from '../../core/ids.ts';
import { compact, type Compacted } from './compact.ts';
import type { Database } from './database.ts';
import { entryKey, numberOfKey } from './keys.ts';
import { parseStored, storedForm } from './stored.ts';
import type { Operation } from './writer.ts';

/** Entries that are looked at in one go; between two of them other work has its turn. */
const STEP = 500;

export interface CompactionHost {
  /** Writes the operations as one; `saved` is by how many bytes the log shrinks. */
  replace(operations: readonly Operation[], saved: number): void;
  /** The log is going away. */
  isClosed(): boolean;
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
      const values = new Map<number, Buffer>();
      const range = {
        gt: entryKey(this.id, this.done),
        lte: entryKey(this.id, this.#wanted),
        limit: STEP,
      };
      for await (const [key, value] of this.db.iterator(range)) values.set(numberOfKey(key), value);
      if (values.size === 0) break;
      if (this.host.isClosed()) return;
      this.#rewrite(values);
      this.done = Math.max(...values.keys());
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #rewrite(values: ReadonlyMap<number, Buffer>): void {
    const operations: Operation[] = [];
    let saved = 0;
    for (const compacted of compact(Array.from(values.values(), parseStored))) {
      if (!compacted.lengths) continue;
      const { n } = compacted.entry;
      const value = storedForm(compacted);
      operations.push({ type: 'put', key: entryKey(this.id, n), value });
      for (const old of replaced(compacted)) {
        saved += values.get(old)!.byteLength;
        if (old !== n) operations.push({ type: 'del', key: entryKey(this.id, old) });
      }
      saved -= value.byteLength;
    }
    if (operations.length > 0) this.host.replace(operations, saved);
  }
}

function replaced({ entry: { from, n } }: Compacted): number[] {
  const first = from ?? n;
  return Array.from({ length: n - first + 1 }, (_, i) => first + i);
}
