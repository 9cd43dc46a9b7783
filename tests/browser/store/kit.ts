import { deleteDB, openDB, type IDBPDatabase } from 'idb';
import { IdbStorage } from '../../../src/app/store/persistence/idb-storage.ts';
import type { LogBatch } from '../../../src/app/store/persistence/storage.ts';
import type { NumberedEvent } from '../../../src/core/session/event.ts';
import { newId } from '../../../src/core/ids.ts';

export { summary, turn } from '../../unit/client/kit.ts';

/** A database of its own for one test, gone afterwards. */
export class TestDatabase {
  readonly name = `aperture-test-${newId()}`;
  readonly troubles: string[] = [];
  readonly #storages: IdbStorage[] = [];

  storage(): IdbStorage {
    const storage = new IdbStorage({
      name: this.name,
      trouble: (reason) => this.troubles.push(reason),
    });
    this.#storages.push(storage);
    return storage;
  }

  /** Looks past the storage at what is on disk. */
  async raw<T>(look: (db: IDBPDatabase) => Promise<T>): Promise<T> {
    const db = await openDB(this.name);
    try {
      return await look(db);
    } finally {
      db.close();
    }
  }

  async remove(): Promise<void> {
    for (const storage of this.#storages) storage.close();
    await deleteDB(this.name);
  }
}

export const chunk = (n: number, value = `${n} `): NumberedEvent => ({
  n,
  at: n,
  event: { type: 'chunk', role: 'assistant', content: { type: 'text', text: value } },
});

export function batch(id: string, from: number, to: number, epoch = 'e1'): LogBatch {
  const events: NumberedEvent[] = [];
  for (let n = from; n <= to; n++) events.push(chunk(n));
  return { id, epoch, firstSeq: from, events };
}

/** Waits for a condition, not for time. */
export async function until(met: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await met())) await new Promise((resolve) => setTimeout(resolve, 5));
}
