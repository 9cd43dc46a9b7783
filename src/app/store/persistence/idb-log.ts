import { unwrap } from 'idb';
import type { SessionId } from '../../../core/ids.ts';
import { coalesce } from '../../../core/log/coalesce.ts';
import type { NumberedEvent } from '../../../core/session/event.ts';
import type { Database } from './database.ts';
import { heard, quiet } from './idb-transaction.ts';
import type { Progress, SavedChunk } from './schema.ts';
import type { LogBatch, SavedLog } from './storage.ts';

/** Events in one coalesced chunk: small enough that reading one does not hold up a frame. */
const EVENTS_PER_CHUNK = 500;

/** How many chunks are read for the end of a log, and then how many; and the events that do for a screen. */
const END_CHUNKS = [3, 60];
const END_EVENTS = 200;

/** A session's chunks, from the one that begins with number `from`. */
export const chunksOf = (id: SessionId, from = 0): IDBKeyRange =>
  IDBKeyRange.bound([id, from], [id, []]);

/** As {@link Storage.append}. Nothing but the transaction's own requests is awaited in here. */
export async function appendBatches(
  db: Database,
  batches: readonly LogBatch[],
  durability: 'relaxed' | 'strict',
): Promise<Map<SessionId, number>> {
  const transaction = quiet(db.transaction(['chunks', 'progress'], 'readwrite', { durability }));
  const chunks = transaction.objectStore('chunks');
  const progress = transaction.objectStore('progress');
  // Ten times a second for every session: nobody hears of each write, since one that fails ends the transaction.
  const bare = unwrap(transaction);
  const putChunk = (chunk: SavedChunk): unknown => bare.objectStore('chunks').put(chunk);
  const putProgress = (row: Progress): unknown => bare.objectStore('progress').put(row);

  /** Removes what stands behind a hole. @returns where the hole begins. */
  const repair = async (row: Progress): Promise<Progress> => {
    const saved = await chunks.getAll(chunksOf(row.id));
    const { last } = joinChunks(saved);
    for (const { sessionId, firstSeq } of saved) {
      if (firstSeq > last) void heard(chunks.delete([sessionId, firstSeq]));
    }
    return { ...row, lastPersisted: last, compactedTo: Math.min(row.compactedTo, last) };
  };

  // Each request is a message to the browser's process and back: all rows, which are short, come in one.
  const known = new Map((await progress.getAll()).map((row) => [row.id, row]));
  const rows = await Promise.all(
    batches.map(({ id, epoch, repair: holed }) => {
      const row = known.get(id);
      return row && row.epoch === epoch && holed ? repair(row) : row;
    }),
  );
  const standing = new Map<SessionId, number>();
  batches.forEach(({ id, epoch, firstSeq, events, repair: holed }, index) => {
    const row = rows[index];
    // Another tab began a newer log.
    if (row && row.epoch !== epoch) return;
    const have = row?.lastPersisted ?? 0;
    standing.set(id, have);
    // Another tab wrote these numbers first, or has not yet written those before them: never a hole.
    const fresh = events.filter(({ n }) => n > have);
    const lastSeq = firstSeq > have + 1 ? undefined : fresh.at(-1)?.n;
    const compactedTo = row?.compactedTo ?? 0;
    if (lastSeq !== undefined) {
      standing.set(id, lastSeq);
      const begin = Math.max(firstSeq, have + 1);
      // Only now: what another tab has written must not be in one piece with what it has not.
      const pieces = coalesce(fresh);
      putChunk({ sessionId: id, firstSeq: begin, lastSeq, events: pieces });
    } else if (!holed || !row) return;
    putProgress({ id, epoch, lastPersisted: lastSeq ?? have, compactedTo });
  });
  await transaction.done;
  return standing;
}

/** Coalesces what was written since the last time; what stands behind a hole goes. */
export async function compactLog(db: Database, id: SessionId): Promise<void> {
  const transaction = quiet(
    db.transaction(['chunks', 'progress'], 'readwrite', { durability: 'relaxed' }),
  );
  const chunks = transaction.objectStore('chunks');
  const progress = transaction.objectStore('progress');
  const row = await progress.get(id);
  if (!row) return transaction.done;
  const range = chunksOf(id, row.compactedTo + 1);
  const saved = await chunks.getAll(range);
  const { events, last } = joinChunks(saved, row.compactedTo);
  if (saved.length < 2 || events.length === 0) return transaction.done;
  const writes: Promise<unknown>[] = [heard(chunks.delete(range))];
  const merged = coalesce(events);
  let { firstSeq } = saved[0]!;
  for (let start = 0; start < merged.length; start += EVENTS_PER_CHUNK) {
    const part = merged.slice(start, start + EVENTS_PER_CHUNK);
    const lastSeq = part.at(-1)!.n;
    writes.push(heard(chunks.put({ sessionId: id, firstSeq, lastSeq, events: part })));
    firstSeq = lastSeq + 1;
  }
  writes.push(heard(progress.put({ ...row, lastPersisted: last, compactedTo: last })));
  await Promise.all([...writes, transaction.done]);
  return undefined;
}

/** A log as it stands on disk, up to its first hole: what is behind that is asked for again (R21). */
export function readLog(progress: Progress, chunks: readonly SavedChunk[]): SavedLog {
  const { events, last } = joinChunks(chunks);
  const [first] = chunks;
  // It was trimmed before anybody here read it; the reader sees that.
  if (first && first.firstSeq > 1 && (events[0]?.n ?? 0) >= first.firstSeq) {
    const to = first.firstSeq - 1;
    events.unshift({ n: to, at: events[0]!.at, event: { type: 'gap', from: 1, to } });
  }
  const holed = last !== progress.lastPersisted || (chunks.at(-1)?.lastSeq ?? 0) > last;
  return { epoch: progress.epoch, events, last, ...(holed && { holed }) };
}

/** As {@link Storage.loadEnd}. */
export async function readEnd(db: Database, id: SessionId): Promise<NumberedEvent[] | undefined> {
  const transaction = quiet(db.transaction(['progress', 'chunks']));
  const chunks = transaction.objectStore('chunks');
  const [progress, keys] = await Promise.all([
    transaction.objectStore('progress').get(id),
    chunks.getAllKeys(chunksOf(id)),
  ]);
  if (!progress) return undefined;
  // The newest may be small ones that were written while it streamed.
  for (const count of END_CHUNKS) {
    if (keys.length <= count) return undefined;
    const saved = await chunks.getAll(chunksOf(id, keys.at(-count)![1]));
    const { events, last } = joinChunks(saved);
    if (last !== progress.lastPersisted) return undefined;
    // From the end of a turn on, where nothing is open.
    const turn = events.findIndex(({ event }) => event.type === 'turn' && event.state === 'idle');
    if (turn >= 0 && events.length - turn > END_EVENTS) return events.slice(turn + 1);
  }
  return undefined;
}

/** @param after the number before the first chunk; 0 for wherever that begins. */
function joinChunks(
  chunks: readonly SavedChunk[],
  after = 0,
): { events: NumberedEvent[]; last: number } {
  const events: NumberedEvent[] = [];
  let last = after;
  for (const chunk of chunks) {
    if (last > 0 && chunk.firstSeq > last + 1) break;
    for (const event of chunk.events) if (event.n > last) events.push(event);
    last = Math.max(last, chunk.lastSeq);
  }
  return { events, last };
}
