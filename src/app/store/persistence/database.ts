import { openDB, type IDBPDatabase, type IDBPTransaction } from 'idb';
import { quiet } from './idb-transaction.ts';
import { DATABASE, VERSION, type ApertureSchema, type StoreName } from './schema.ts';

export type Database = IDBPDatabase<ApertureSchema>;
export type Upgrade = IDBPTransaction<ApertureSchema, StoreName[], 'versionchange'>;

/** How long another tab may hold an older version before we go on without the database; ms (R32). */
const BLOCKED_MS = 3_000;

/** Why there is no database, in words for the reader. */
export class StorageTrouble extends Error {
  constructor(
    readonly reason: string,
    cause?: unknown,
  ) {
    super(reason, { cause });
    this.name = 'StorageTrouble';
  }
}

export interface DatabaseEvents {
  /** The connection is gone: the browser ended it, or a newer version of the page needs it gone. */
  lost(why: 'terminated' | 'newer-version'): void;
}

/** What reads and takes over an older version's rows, fetched where there are any. @throws StorageTrouble */
export const olderRows = (): Promise<typeof import('./older.ts')> =>
  import('./older.ts').catch((cause: unknown) => {
    throw new StorageTrouble(
      'The part of this page that reads an older version’s sessions could not be loaded. Reload the page; nothing is lost.',
      cause,
    );
  });

/**
 * Opens the database, upgrading whatever version is there and keeping every row (R23).
 * @throws StorageTrouble when that is not possible: private mode, no space, or another tab in the way.
 */
export async function openDatabase(events: DatabaseEvents, name = DATABASE): Promise<Database> {
  let isOlder = false;
  try {
    return await open(events, name, (transaction) => {
      // Nothing but its own requests keeps an upgrade open: it is given up, and done when the code is there.
      isOlder = true;
      transaction.abort();
    });
  } catch (error) {
    if (!isOlder) throw error;
    const { takeOver } = await olderRows();
    return open(events, name, takeOver);
  }
}

/** @param takeOver given the transaction of an upgrade in which the stores are there already. */
async function open(
  events: DatabaseEvents,
  name: string,
  takeOver: (transaction: Upgrade, oldVersion: number) => void,
): Promise<Database> {
  let patience: ReturnType<typeof setTimeout> | undefined;
  let gaveUp = false;
  let giveUp!: (trouble: StorageTrouble) => void;
  const inTheWay = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  let database: Database | undefined;
  const opening = openDB<ApertureSchema>(name, VERSION, {
    upgrade: (db, oldVersion, _newVersion, transaction) => {
      makeStores(db, oldVersion);
      if (oldVersion > 0) takeOver(quiet(transaction as Upgrade), oldVersion);
    },
    blocked: () => {
      patience = setTimeout(() => {
        gaveUp = true;
        giveUp(
          new StorageTrouble(
            'Another tab with an older version of this page holds the database. Close it, then reload.',
          ),
        );
      }, BLOCKED_MS);
    },
    blocking: () => {
      // Whoever needs a newer version waits for us; holding on would only block both.
      database?.close();
      events.lost('newer-version');
    },
    terminated: () => events.lost('terminated'),
  });
  opening.then(
    // It may come free after we went on without it.
    (late) => (gaveUp ? late.close() : undefined),
    () => {},
  );
  try {
    database = await Promise.race([opening, inTheWay]);
    return database;
  } catch (error) {
    throw error instanceof StorageTrouble ? error : new StorageTrouble(reasonOf(error), error);
  } finally {
    clearTimeout(patience);
  }
}

/** Why the database cannot be used, for the reader. */
export function reasonOf(error: unknown): string {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  switch (name) {
    case 'QuotaExceededError':
      return 'The browser has no space left for this page. Free some, or remove old sessions, then reload.';
    case 'VersionError':
      return 'A newer version of this page was used here before. Reload to get it.';
    case 'SecurityError':
      return 'The browser does not let this page store anything.';
    case 'InvalidStateError':
      return 'The browser closed this page’s database. Reload to open it again.';
    default:
      return 'The browser’s database cannot be opened, as in some private windows.';
  }
}

function makeStores(db: Database, oldVersion: number): void {
  const missing = (name: StoreName): boolean => !db.objectStoreNames.contains(name);
  // The stores of version 1 exist in every later one, so that there is one shape to read; where one is
  // there it is left as it is, and one that a half-made database lacks is added.
  if (missing('sessions')) db.createObjectStore('sessions', { keyPath: 'id' });
  if (missing('messages')) {
    const messages = db.createObjectStore('messages', { keyPath: 'id' });
    messages.createIndex('sessionId_timestamp', ['sessionId', 'timestamp']);
  }
  if (missing('metadata')) db.createObjectStore('metadata', { keyPath: 'key' });
  if (oldVersion < 2) {
    db.createObjectStore('chunks', { keyPath: ['sessionId', 'firstSeq'] });
    db.createObjectStore('progress', { keyPath: 'id' });
    db.createObjectStore('session-state', { keyPath: 'id' });
  }
  if (oldVersion < 3) db.createObjectStore('outbox', { keyPath: ['sessionId', 'key'] });
}
