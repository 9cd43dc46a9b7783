import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { ContentBlock } from '../../../core/acp.ts';
import type { SessionId } from '../../../core/ids.ts';

/**
 * What is attached to drafts. A database of its own: drafts and read marks are written all the time, and megabytes
 * must not be written with them each time.
 */
export const FILES_DATABASE = 'aperture-files';

interface FilesSchema extends DBSchema {
  drafts: { key: SessionId; value: readonly ContentBlock[] };
}

/** For one use: nobody waits for this database, and an open one would be in the way of its removal. */
async function using<T>(
  run: (database: IDBPDatabase<FilesSchema>) => Promise<T>,
): Promise<T | undefined> {
  try {
    const database = await openDB<FilesSchema>(FILES_DATABASE, 1, {
      upgrade: (db) => void db.createObjectStore('drafts'),
    });
    try {
      return await run(database);
    } finally {
      database.close();
    }
  } catch {
    // No database, or no space: then it lasts as long as the page.
    return undefined;
  }
}

/** @param known whose files may stay; those of other sessions are removed. @returns whether it is on disk. */
export async function keepFiles(
  id: SessionId,
  attached: readonly ContentBlock[],
  known: ReadonlySet<SessionId>,
): Promise<boolean> {
  const done = await using(async (database) => {
    const { store, done: written } = database.transaction('drafts', 'readwrite');
    const kept = await store.getAllKeys();
    for (const key of kept) if (!known.has(key)) void store.delete(key);
    if (attached.length > 0) void store.put(attached, id);
    else void store.delete(id);
    await written;
    return true;
  });
  return done === true;
}

export async function keptFiles(id: SessionId): Promise<readonly ContentBlock[]> {
  return (await using((database) => database.get('drafts', id))) ?? [];
}
