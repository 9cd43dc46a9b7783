import { coalesce } from '../../../core/log/coalesce.ts';
import type { SessionId } from '../../../core/ids.ts';
import type { NumberedEvent } from '../../../core/session/event.ts';
import { openDatabase, reasonOf, StorageTrouble, type Database } from './database.ts';
import { eventsFromOldRows, isMessageOf, LEGACY_EPOCH, sessionFromOldRow } from './legacy.ts';
import type { MetaRow, Progress, SavedChunk, SavedSession } from './schema.ts';
import type { LogBatch, SavedLog, SavedState, Storage } from './storage.ts';

/** Events in one coalesced chunk: small enough that reading one does not hold up a frame. */
const EVENTS_PER_CHUNK = 500;

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
      return { saved, meta, old };
    });
    const sessions = found?.saved ?? [];
    const known = new Set(sessions.map(({ id }) => id));
    for (const row of found?.old ?? []) {
      const session = sessionFromOldRow(row);
      if (session && !known.has(session.id)) sessions.push(session);
    }
    const meta = new Map((found?.meta ?? []).map((row) => [row.key, row.value]));
    return { sessions, meta };
  }

  async loadLog(id: SessionId): Promise<SavedLog | undefined> {
    const found = await this.#run(async (db) => {
      const transaction = quiet(db.transaction(['progress', 'chunks', 'sessions', 'messages']));
      const [progress, chunks, old] = await Promise.all([
        transaction.objectStore('progress').get(id),
        transaction.objectStore('chunks').getAll(rangeOf(id)),
        transaction.objectStore('sessions').getKey(id),
      ]);
      if (progress) return joinChunks(progress, chunks);
      if (old === undefined) return undefined;
      // Not by the index: a row without a time is not in it, and is a message all the same.
      const rows = await transaction.objectStore('messages').getAll();
      const events = eventsFromOldRows(rows.filter((row) => isMessageOf(row, id)));
      return { epoch: LEGACY_EPOCH, events, last: events.length };
    });
    return found;
  }

  append(batches: readonly LogBatch[], durability: 'relaxed' | 'strict'): Promise<boolean> {
    return this.#write(async (db) => {
      const transaction = quiet(
        db.transaction(['chunks', 'progress'], 'readwrite', { durability }),
      );
      const chunks = transaction.objectStore('chunks');
      const progress = transaction.objectStore('progress');
      // Nothing but the transaction's own requests is awaited in here.
      const rows = await Promise.all(batches.map(({ id }) => progress.get(id)));
      const writes: Promise<unknown>[] = [];
      batches.forEach(({ id, epoch, firstSeq, events }, index) => {
        const row = rows[index];
        // Another tab began a newer log, or wrote these numbers first.
        if (row && row.epoch !== epoch) return;
        const have = row?.lastPersisted ?? 0;
        const fresh = events.filter(({ n }) => n > have);
        const lastSeq = fresh.at(-1)?.n;
        if (lastSeq === undefined) return;
        const begin = Math.max(firstSeq, have >= firstSeq ? have + 1 : firstSeq);
        const compactedTo = row?.compactedTo ?? 0;
        writes.push(
          heard(chunks.put({ sessionId: id, firstSeq: begin, lastSeq, events: fresh })),
          heard(progress.put({ id, epoch, lastPersisted: lastSeq, compactedTo })),
        );
      });
      await Promise.all([...writes, transaction.done]);
    });
  }

  resetLog(id: SessionId, epoch: string): Promise<boolean> {
    return this.#write(async (db) => {
      const transaction = quiet(db.transaction(['chunks', 'progress'], 'readwrite'));
      await Promise.all([
        transaction.objectStore('chunks').delete(rangeOf(id)),
        transaction.objectStore('progress').put({ id, epoch, lastPersisted: 0, compactedTo: 0 }),
        transaction.done,
      ]);
    });
  }

  compact(id: SessionId): Promise<boolean> {
    return this.#write(async (db) => {
      const transaction = quiet(
        db.transaction(['chunks', 'progress'], 'readwrite', { durability: 'relaxed' }),
      );
      const chunks = transaction.objectStore('chunks');
      const progress = transaction.objectStore('progress');
      const row = await progress.get(id);
      if (!row) return transaction.done;
      const range = rangeOf(id, row.compactedTo + 1);
      const saved = await chunks.getAll(range);
      const { events, last } = joinChunks({ ...row, lastPersisted: row.compactedTo }, saved);
      if (saved.length < 2 || events.length === 0) return transaction.done;
      const writes: Promise<unknown>[] = [heard(chunks.delete(range))];
      const merged = coalesce(events);
      let firstSeq = saved[0]!.firstSeq;
      for (let start = 0; start < merged.length; start += EVENTS_PER_CHUNK) {
        const part = merged.slice(start, start + EVENTS_PER_CHUNK);
        const lastSeq = part.at(-1)!.n;
        writes.push(heard(chunks.put({ sessionId: id, firstSeq, lastSeq, events: part })));
        firstSeq = lastSeq + 1;
      }
      writes.push(heard(progress.put({ ...row, lastPersisted: last, compactedTo: last })));
      await Promise.all([...writes, transaction.done]);
      return undefined;
    });
  }

  saveSessions(rows: readonly SavedSession[]): Promise<boolean> {
    return this.#write(async (db) => {
      const { store, done } = quiet(db.transaction('session-state', 'readwrite'));
      await Promise.all([...rows.map((row) => store.put(row)), done]);
    });
  }

  saveMeta(rows: readonly MetaRow[]): Promise<boolean> {
    return this.#write(async (db) => {
      const { store, done } = quiet(db.transaction('metadata', 'readwrite'));
      await Promise.all([...rows.map((row) => store.put(row)), done]);
    });
  }

  async remove(id: SessionId): Promise<boolean> {
    // Tried even when writing is over: it may be what makes space.
    const done = await this.#run(async (db) => {
      const transaction = quiet(
        db.transaction(
          ['chunks', 'progress', 'session-state', 'sessions', 'messages'],
          'readwrite',
        ),
      );
      const messages = transaction.objectStore('messages');
      const old = await transaction.objectStore('sessions').getKey(id);
      const rows = old === undefined ? [] : await messages.getAll();
      const keys = rows.filter((row) => isMessageOf(row, id)).map((row) => row['id'] as string);
      await Promise.all([
        transaction.objectStore('chunks').delete(rangeOf(id)),
        transaction.objectStore('progress').delete(id),
        transaction.objectStore('session-state').delete(id),
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

  async #write(work: (db: Database) => Promise<void>): Promise<boolean> {
    if (this.#failed || this.#closed) return false;
    const done = await this.#run(async (db) => {
      await work(db);
      return true;
    });
    return done === true;
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

const rangeOf = (id: SessionId, from = 0): IDBKeyRange => IDBKeyRange.bound([id, from], [id, []]);

/** Of several requests the first that fails is reported; the others must not count as unheard. */
function heard<T>(request: Promise<T>): Promise<T> {
  request.catch(() => {});
  return request;
}

/** Whoever waits for it learns how it ended; a request that fails before that must not leave it unheard. */
function quiet<T extends { done: Promise<void> }>(transaction: T): T {
  transaction.done.catch(() => {});
  return transaction;
}

/** The database was closed under us, or the browser gave the transaction up. */
const isClosed = (error: unknown): boolean =>
  error instanceof DOMException &&
  ['InvalidStateError', 'AbortError', 'TransactionInactiveError'].includes(error.name);

/** The log as far as it has no holes: what stands after one is asked for again. */
function joinChunks(progress: Progress, chunks: readonly SavedChunk[]): SavedLog {
  const events: NumberedEvent[] = [];
  let last: number | undefined;
  for (const chunk of chunks) {
    if (last !== undefined && chunk.firstSeq > last + 1) break;
    const from = last ?? 0;
    for (const event of chunk.events) if (event.n > from) events.push(event);
    last = Math.max(from, chunk.lastSeq);
  }
  return { epoch: progress.epoch, events, last: last ?? progress.lastPersisted };
}
