import type { SessionId } from '../../../core/ids.ts';
import type { NumberedEvent } from '../../../core/session/event.ts';
import type { OutboxEntry } from '../../client/ports.ts';
import { olderRows, openDatabase, reasonOf, StorageTrouble, type Database } from './database.ts';
import { appendBatches, chunksOf, compactLog, readEnd, readLog } from './idb-log.ts';
import { adoptRows, readOutbox, writeOutbox, writeSessions } from './idb-rows.ts';
import { quiet } from './idb-transaction.ts';
import type { MetaRow, SavedQueued } from './schema.ts';
import type { Adopted, LogBatch, SavedLog, SavedState, SessionToSave, Storage } from './storage.ts';

export interface IdbStorageOptions {
  /** Told once, when streams are kept in memory from now on, and why. */
  trouble: (reason: string) => void;
  name?: string;
}

/**
 * The browser's database. When it goes away it is opened once more; when that does not help, or there is no space,
 * every further write resolves `false` (R32).
 */
export class IdbStorage implements Storage {
  readonly #options: IdbStorageOptions;
  #database: Promise<Database> | undefined;
  #reopened = false;
  /** Writing is over; reading and removing may still work. */
  #failed = false;
  #closed = false;

  constructor(options: IdbStorageOptions) {
    this.#options = options;
  }

  async load(): Promise<SavedState> {
    const found = await this.#run(async (db) => {
      const transaction = quiet(db.transaction(['session-state', 'metadata', 'sessions']));
      const [saved, meta, old] = await Promise.all([
        transaction.objectStore('session-state').getAll(),
        transaction.objectStore('metadata').getAll(),
        transaction.objectStore('sessions').getAll(),
      ]);
      const known = new Set<unknown>(saved.map(({ id }) => id));
      const before = old.filter((row) => !known.has(row['id']));
      if (before.length > 0) {
        const { sessionFromOldRow } = await olderRows();
        saved.push(...before.flatMap((row) => sessionFromOldRow(row) ?? []));
      }
      return { sessions: saved, meta: new Map(meta.map((row) => [row.key, row.value])) };
    });
    return found ?? { sessions: [], meta: new Map() };
  }

  async loadLog(id: SessionId): Promise<SavedLog | undefined> {
    const found = await this.#run(async (db) => {
      const transaction = quiet(db.transaction(['progress', 'chunks', 'sessions', 'messages']));
      const [progress, chunks, old] = await Promise.all([
        transaction.objectStore('progress').get(id),
        transaction.objectStore('chunks').getAll(chunksOf(id)),
        transaction.objectStore('sessions').getKey(id),
      ]);
      if (progress) return readLog(progress, chunks);
      if (old === undefined) return undefined;
      // Not by the index: a row without a time is not in it, and is a message all the same.
      const rows = await transaction.objectStore('messages').getAll();
      const { eventsFromOldRows, isMessageOf, LEGACY_EPOCH } = await olderRows();
      const events = eventsFromOldRows(rows.filter((row) => isMessageOf(row, id)));
      return { epoch: LEGACY_EPOCH, events, last: events.length };
    });
    return found;
  }

  loadEnd(id: SessionId): Promise<NumberedEvent[] | undefined> {
    return this.#run((db) => readEnd(db, id));
  }

  append(
    batches: readonly LogBatch[],
    durability: 'relaxed' | 'strict',
  ): Promise<ReadonlyMap<SessionId, number> | undefined> {
    return this.#write((db) => appendBatches(db, batches, durability));
  }

  resetLog(id: SessionId, epoch: string): Promise<boolean> {
    return this.#did(async (db) => {
      const transaction = quiet(db.transaction(['chunks', 'progress'], 'readwrite'));
      await Promise.all([
        transaction.objectStore('chunks').delete(chunksOf(id)),
        transaction.objectStore('progress').put({ id, epoch, lastPersisted: 0, compactedTo: 0 }),
        transaction.done,
      ]);
    });
  }

  compact(id: SessionId): Promise<boolean> {
    return this.#did((db) => compactLog(db, id));
  }

  saveSessions(rows: readonly SessionToSave[]): Promise<boolean> {
    return this.#did((db) => writeSessions(db, rows));
  }

  saveOutbox(id: SessionId, owner: string, entries: readonly OutboxEntry[]): Promise<boolean> {
    return this.#did((db) => writeOutbox(db, id, owner, entries));
  }

  async queued(): Promise<SavedQueued[]> {
    return (await this.#run(readOutbox)) ?? [];
  }

  adoptOutbox(
    owner: string,
    gone: ReadonlySet<string>,
    sessions: ReadonlySet<SessionId>,
  ): Promise<Adopted | undefined> {
    return this.#write((db) => adoptRows(db, owner, gone, sessions));
  }

  saveMeta(rows: readonly MetaRow[]): Promise<boolean> {
    return this.#did(async (db) => {
      const { store, done } = quiet(db.transaction('metadata', 'readwrite'));
      await Promise.all([...rows.map((row) => store.put(row)), done]);
    });
  }

  async remove(id: SessionId): Promise<boolean> {
    // Tried even when writing is over: it may be what makes space.
    const done = await this.#run(async (db) => {
      const older = (await db.getKey('sessions', id)) === undefined ? undefined : await olderRows();
      const transaction = quiet(
        db.transaction(
          ['chunks', 'progress', 'session-state', 'outbox', 'sessions', 'messages'],
          'readwrite',
        ),
      );
      const messages = transaction.objectStore('messages');
      const rows = older ? await messages.getAll() : [];
      const keys = rows
        .filter((row) => older!.isMessageOf(row, id))
        .map((row) => row['id'] as string);
      await Promise.all([
        transaction.objectStore('chunks').delete(chunksOf(id)),
        transaction.objectStore('progress').delete(id),
        transaction.objectStore('session-state').delete(id),
        transaction.objectStore('outbox').delete(IDBKeyRange.bound([id], [id, []])),
        transaction.objectStore('sessions').delete(id),
        ...keys.map((key) => messages.delete(key)),
        transaction.done,
      ]);
      return true;
    });
    return done === true;
  }

  close(): void {
    this.#closed = true;
    void this.#database?.then(
      (db) => db.close(),
      () => {},
    );
  }

  async #did(work: (db: Database) => Promise<void>): Promise<boolean> {
    const done = await this.#write(async (db) => {
      await work(db);
      return true;
    });
    return done === true;
  }

  async #write<T>(work: (db: Database) => Promise<T>): Promise<T | undefined> {
    return this.#failed || this.#closed ? undefined : this.#run(work);
  }

  async #run<T>(work: (db: Database) => Promise<T>): Promise<T | undefined> {
    if (this.#closed) return undefined;
    try {
      return await this.#attempt(work);
    } catch (error) {
      this.#fail(error instanceof StorageTrouble ? error.reason : reasonOf(error));
      return undefined;
    }
  }

  async #attempt<T>(work: (db: Database) => Promise<T>): Promise<T> {
    const used = this.#open();
    try {
      return await work(await used);
    } catch (error) {
      if (!isClosed(error)) throw error;
      // Several may fail with one database; the first of them opens it anew for all.
      if (this.#database === used || this.#database === undefined) {
        if (this.#reopened) throw error;
        this.#reopened = true;
        this.#database = undefined;
      }
      return await work(await this.#open());
    }
  }

  #open(): Promise<Database> {
    this.#database ??= openDatabase(
      {
        lost: (why) => {
          if (why === 'terminated') this.#database = undefined;
          else {
            this.#fail('A newer version of this page is open in another tab. Reload to get it.');
          }
        },
      },
      this.#options.name,
    );
    return this.#database;
  }

  #fail(reason: string): void {
    if (this.#failed || this.#closed) return;
    this.#failed = true;
    this.#options.trouble(reason);
  }
}

/** The database was closed under us, or the browser gave the transaction up. */
const isClosed = (error: unknown): boolean =>
  error instanceof DOMException &&
  ['InvalidStateError', 'AbortError', 'TransactionInactiveError'].includes(error.name);
