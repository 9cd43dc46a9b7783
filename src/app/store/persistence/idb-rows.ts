import type { SessionId } from '../../../core/ids.ts';
import type { OutboxEntry } from '../../client/ports.ts';
import type { Database } from './database.ts';
import { heard, quiet } from './idb-transaction.ts';
import type { SavedQueued, SavedSession } from './schema.ts';
import type { Adopted, SessionToSave } from './storage.ts';

// Several tabs write the same stores; what each may change of a row is decided inside one transaction.

export async function writeSessions(db: Database, rows: readonly SessionToSave[]): Promise<void> {
  const { store, done } = quiet(db.transaction('session-state', 'readwrite'));
  const saved = await Promise.all(rows.map(({ id }) => store.get(id)));
  const writes = rows.map((row, index) => heard(store.put(mergeSession(saved[index], row))));
  await Promise.all([...writes, done]);
}

function mergeSession(saved: SavedSession | undefined, row: SessionToSave): SavedSession {
  const { keepDraft, keepRemote, readBack, ...mine } = row;
  if (!saved) return mine;
  if (keepDraft) mine.draft = saved.draft;
  if (keepRemote && saved.remote) mine.remote = saved.remote;
  if (!readBack && saved.readN > mine.readN) {
    mine.readN = saved.readN;
    mine.unread = saved.unread;
  }
  return mine;
}

const byOrder = (a: SavedQueued, b: SavedQueued): number =>
  a.order - b.order || a.entry.createdAt - b.entry.createdAt;

/** As {@link Storage.saveOutbox}. */
export async function writeOutbox(
  db: Database,
  id: SessionId,
  owner: string,
  entries: readonly OutboxEntry[],
): Promise<void> {
  const { store, done } = quiet(db.transaction('outbox', 'readwrite'));
  const saved = await store.getAll(IDBKeyRange.bound([id], [id, []]));
  const ownerOf = new Map(saved.map((row) => [row.key, row.owner]));
  const keys = new Set(entries.map(({ key }) => key));
  const gone = saved.filter((row) => row.owner === owner && !keys.has(row.key));
  const writes: Promise<unknown>[] = gone.map(({ key }) => heard(store.delete([id, key])));
  entries.forEach((entry, order) => {
    const { key } = entry;
    // Another tab has taken it over: it is that one's to change.
    if ((ownerOf.get(key) ?? owner) !== owner) return;
    writes.push(heard(store.put({ sessionId: id, key, order, owner, entry })));
  });
  await Promise.all([...writes, done]);
}

/** All rows, in order. */
export async function readOutbox(db: Database): Promise<SavedQueued[]> {
  const { store, done } = quiet(db.transaction('outbox'));
  const [rows] = await Promise.all([store.getAll(), done]);
  return rows.toSorted(byOrder);
}

/** As {@link Storage.adoptOutbox}: whoever's transaction comes first has them. */
export async function adoptRows(
  db: Database,
  owner: string,
  gone: ReadonlySet<string>,
  sessions: ReadonlySet<SessionId>,
): Promise<Adopted> {
  const { store, done } = quiet(db.transaction('outbox', 'readwrite'));
  const rows = await store.getAll();
  const taken = rows
    .filter((row) => row.owner !== owner && gone.has(row.owner) && sessions.has(row.sessionId))
    .toSorted(byOrder);
  const writes = taken.map((row) => heard(store.put({ ...row, owner })));
  await Promise.all([...writes, done]);
  const owned = rows.filter((row) => row.owner === owner);
  return { taken, owned: new Set([...taken, ...owned].map(({ key }) => key)) };
}
