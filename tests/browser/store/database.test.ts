import { openDB, type IDBPDatabase } from 'idb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IdbStorage } from '../../../src/app/store/persistence/idb-storage.ts';
import { openDatabase } from '../../../src/app/store/persistence/database.ts';
import type { SavedLog } from '../../../src/app/store/persistence/storage.ts';
import { LogWriter } from '../../../src/app/store/persistence/log-writer.ts';
import { applyEvent, noChange } from '../../../src/core/session/reduce.ts';
import { emptyTranscript } from '../../../src/core/session/transcript.ts';
import { batch, chunk, summary, TestDatabase, turn, until } from './kit.ts';

let database: TestDatabase;
beforeEach(() => (database = new TestDatabase()));
afterEach(() => database.remove());

const saved = (id: string, more: object = {}) => ({
  id,
  endpoint: 'http://gateway.test',
  summary: summary(id),
  readN: 3,
  unread: 2,
  preview: 'the end',
  draft: 'half a',
  gone: false,
  ...more,
});

/** Each chunk says its number; neighbours may stand in one piece on disk. */
const wordsOf = (log: SavedLog | undefined): number[] =>
  (log?.events ?? [])
    .map(({ event }) => (event as { content: { text: string } }).content.text)
    .join('')
    .trim()
    .split(' ')
    .map(Number);
const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);

describe('what is kept over a reload', () => {
  it('[R22][R25][R37] sessions, order, settings and what was viewed', async () => {
    const before = database.storage();
    await before.saveSessions([saved('a'), saved('b', { draft: '' })]);
    await before.saveMeta([{ key: 'activeSessionId', value: 'b' }]);
    before.close();
    const { sessions, meta } = await database.storage().load();
    expect(sessions).toEqual([saved('a'), saved('b', { draft: '' })]);
    expect(meta.get('activeSessionId')).toBe('b');
  });

  it('[R21][R27] the log, in order and without holes, each session its own', async () => {
    const storage = database.storage();
    await storage.append([batch('a', 1, 3), batch('b', 1, 2)], 'relaxed');
    await storage.append([batch('a', 4, 5)], 'strict');
    const log = await database.storage().loadLog('a');
    expect([log?.epoch, log?.last]).toEqual(['e1', 5]);
    expect(wordsOf(log)).toEqual(upTo(5));
    expect((await storage.loadLog('b'))?.last).toBe(2);
    expect(await storage.loadLog('c')).toBeUndefined();
  });

  it('[R21] two tabs that write the same stretch leave it there once', async () => {
    const [one, two] = [database.storage(), database.storage()];
    await one.append([batch('a', 1, 4)], 'relaxed');
    await two.append([batch('a', 1, 2)], 'relaxed');
    await two.append([batch('a', 3, 6)], 'relaxed');
    await one.append([batch('a', 5, 6)], 'relaxed');
    const log = await one.loadLog('a');
    expect(wordsOf(log)).toEqual(upTo(6));
  });

  it('[R27][R30] what is written together stands there in few pieces', async () => {
    const storage = database.storage();
    await storage.append([batch('a', 1, 500)], 'relaxed');
    const log = await storage.loadLog('a');
    expect(wordsOf(log)).toEqual(upTo(500));
    expect(log?.events.map(({ n }) => n)).toEqual([1, 500]);
  });

  it('[R21] two tabs whose writes overlap: no word is there twice, whatever stands in one piece', async () => {
    const [one, two] = [database.storage(), database.storage()];
    await one.append([batch('a', 1, 50)], 'relaxed');
    await two.append([batch('a', 1, 80)], 'relaxed');
    await one.append([batch('a', 51, 120)], 'relaxed');
    expect(wordsOf(await one.loadLog('a'))).toEqual(upTo(120));
  });

  it('[R21] a late write of an older log does not mix with the newer one', async () => {
    const storage = database.storage();
    await storage.append([batch('a', 1, 4)], 'relaxed');
    await storage.resetLog('a', 'e2');
    await storage.append([batch('a', 5, 6, 'e1')], 'relaxed');
    await storage.append([batch('a', 1, 2, 'e2')], 'relaxed');
    expect(await storage.loadLog('a')).toMatchObject({ epoch: 'e2', last: 2 });
  });

  it('[R27][R30] coalescing makes a turn small and changes nothing that is read', async () => {
    const storage = database.storage();
    const events = [
      { n: 1, at: 1, event: turn('running') },
      ...Array.from({ length: 300 }, (_, index) => chunk(index + 2)),
      { n: 302, at: 302, event: turn('idle') },
    ];
    for (let start = 0; start < events.length; start += 20) {
      const part = events.slice(start, start + 20);
      await storage.append(
        [{ id: 'a', epoch: 'e1', firstSeq: part[0]!.n, events: part }],
        'relaxed',
      );
    }
    await storage.append([batch('b', 1, 5)], 'relaxed');
    const read = async (): Promise<unknown> => {
      const transcript = emptyTranscript();
      for (const event of (await storage.loadLog('a'))!.events) {
        applyEvent(transcript, event, noChange());
      }
      return transcript.items.map((item) => ({ ...item, rev: 0 }));
    };
    const before = await read();
    await storage.compact('a');
    expect(await read()).toEqual(before);
    expect(await database.raw((db) => db.count('chunks'))).toBe(2);
    await storage.append([batch('a', 303, 304)], 'relaxed');
    await storage.compact('a');
    expect((await storage.loadLog('a'))?.last).toBe(304);
    expect(wordsOf(await storage.loadLog('b'))).toEqual(upTo(5));
  });

  it('[R29] removing takes everything of one session and nothing of another', async () => {
    const storage = database.storage();
    await storage.saveSessions([saved('a'), saved('b')]);
    await storage.append([batch('a', 1, 2), batch('b', 1, 2)], 'relaxed');
    const late = storage.append([batch('a', 3, 4)], 'relaxed');
    await Promise.all([late, storage.remove('a')]);
    expect((await storage.load()).sessions.map(({ id }) => id)).toEqual(['b']);
    expect(await storage.loadLog('a')).toBeUndefined();
    expect((await storage.loadLog('b'))?.last).toBe(2);
  });
});

/** As an earlier version of the page could leave it: a stretch was never written, and what came later was. */
async function leaveHole(storage: IdbStorage): Promise<void> {
  await storage.append([batch('a', 1, 4)], 'relaxed');
  await database.raw(async (db) => {
    const { events } = batch('a', 9, 12);
    await db.put('chunks', { sessionId: 'a', firstSeq: 9, lastSeq: 12, events });
    await db.put('progress', { id: 'a', epoch: 'e1', lastPersisted: 12, compactedTo: 0 });
  });
}

describe('holes', () => {
  it('[R21] a stretch that would leave a hole before it is not written, and nobody is told that it was', async () => {
    const storage = database.storage();
    await storage.append([batch('a', 1, 4)], 'relaxed');
    expect((await storage.append([batch('a', 9, 10)], 'relaxed'))?.get('a')).toBe(4);
    expect(await storage.loadLog('a')).toMatchObject({ last: 4 });
    expect(await database.raw((db) => db.count('chunks'))).toBe(1);
    expect((await storage.append([batch('a', 5, 10)], 'relaxed'))?.get('a')).toBe(10);
  });

  it('[R21] reading stops before a hole, and what is asked for again from there is kept', async () => {
    const storage = database.storage();
    await leaveHole(storage);
    const log = await storage.loadLog('a');
    expect(log).toMatchObject({ last: 4, holed: true });
    const told: number[] = [];
    const writer = new LogWriter(storage, (_, n) => told.push(n));
    writer.continueLog('a', log!.epoch, log!.last, log!.holed);
    writer.append('a', batch('a', 5, 7).events);
    await writer.flush('strict');
    writer.append('a', batch('a', 8, 10).events);
    await writer.flush('strict');
    expect(told).toEqual([7, 10]);
    const healed = await storage.loadLog('a');
    expect(wordsOf(healed)).toEqual(upTo(10));
    expect(healed).toMatchObject({ last: 10 });
    expect(healed?.holed).toBeUndefined();
    expect(await database.raw((db) => db.get('progress', 'a'))).toMatchObject({
      lastPersisted: 10,
    });
    writer.dispose();
  });

  it('[R21] negative control: who does not clear the hole away is never told that more is on disk', async () => {
    const storage = database.storage();
    await leaveHole(storage);
    const told: number[] = [];
    const writer = new LogWriter(storage, (_, n) => told.push(n));
    writer.continueLog('a', 'e1', 4);
    writer.append('a', batch('a', 5, 7).events);
    await writer.flush('strict');
    expect((await storage.loadLog('a'))?.last).toBe(4);
    writer.dispose();
  });

  it('[R21] a local copy whose session is gone keeps what stands behind its hole', async () => {
    const storage = database.storage();
    await leaveHole(storage);
    await storage.loadLog('a');
    expect(await database.raw((db) => db.count('chunks'))).toBe(2);
  });

  it('[R21] one tab begins the log anew while another is ahead: no hole, and each is told what is there', async () => {
    const [one, two] = [database.storage(), database.storage()];
    const told: number[] = [];
    const ahead = new LogWriter(two, (_, n) => told.push(n));
    await one.append([batch('a', 1, 20)], 'relaxed');
    ahead.continueLog('a', 'e1', 20);
    await one.resetLog('a', 'e1');
    ahead.append('a', batch('a', 21, 25).events);
    await ahead.flush('relaxed');
    expect(told).toEqual([]);
    await one.append([batch('a', 1, 25)], 'relaxed');
    ahead.append('a', batch('a', 26, 27).events);
    await ahead.flush('relaxed');
    expect(told).toEqual([27]);
    expect(wordsOf(await one.loadLog('a'))).toEqual(upTo(27));
    ahead.dispose();
  });

  it('[R21] a log that begins with a gap keeps it', async () => {
    const storage = database.storage();
    const writer = new LogWriter(storage, () => {});
    writer.startLog('a', 'e1');
    const gap = { n: 40, at: 1, event: { type: 'gap' as const, from: 1, to: 40 } };
    writer.append('a', [gap]);
    await writer.flush('relaxed');
    writer.append('a', [chunk(41)]);
    await writer.flush('relaxed');
    const log = await storage.loadLog('a');
    expect(log?.events).toEqual([gap, chunk(41)]);
    expect(log).toMatchObject({ last: 41 });
    writer.dispose();
  });
});

describe('the log writer on a real database', () => {
  it('[R27] writes a stream in batches within 100 ms, and tells only what is committed', async () => {
    const storage = database.storage();
    const committed: number[] = [];
    const writer = new LogWriter(storage, (_, n) => committed.push(n));
    writer.startLog('a', 'e1');
    for (let n = 1; n <= 200; n++) {
      writer.append('a', [chunk(n)]);
      if (n % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 60));
    }
    await until(() => committed.at(-1) === 200);
    expect(committed.length).toBeGreaterThan(1);
    expect(committed.length).toBeLessThan(20);
    expect((await storage.loadLog('a'))?.last).toBe(200);
    writer.dispose();
  });

  it('[R27] a turn’s end and a request are written at once and coalesced after', async () => {
    const storage = database.storage();
    const committed: number[] = [];
    const writer = new LogWriter(storage, (_, n) => committed.push(n));
    writer.startLog('a', 'e1');
    writer.append('a', [{ n: 1, at: 1, event: turn('running') }]);
    for (let n = 2; n < 50; n++) {
      writer.append('a', [chunk(n)]);
      if (n % 10 === 0) await writer.flush('relaxed');
    }
    writer.append('a', [{ n: 50, at: 50, event: turn('idle') }]);
    await until(() => committed.at(-1) === 50);
    await until(async () => (await database.raw((db) => db.count('chunks'))) === 1);
    const log = await storage.loadLog('a');
    expect(log?.events.map(({ n }) => n)).toEqual([1, 2, 49, 50]);
    writer.dispose();
  });

  it('[R29] a forgotten session is written no more', async () => {
    const storage = database.storage();
    const writer = new LogWriter(storage, () => {});
    writer.startLog('a', 'e1');
    writer.append('a', [chunk(1)]);
    writer.forget('a');
    writer.append('a', [chunk(2)]);
    await storage.remove('a');
    await writer.flush('strict');
    expect(await storage.loadLog('a')).toBeUndefined();
    writer.dispose();
  });
});

describe('two tabs, one row', () => {
  it('[R25][R37] the larger read mark stays, and a draft that this tab never touched', async () => {
    const [one, two] = [database.storage(), database.storage()];
    await one.saveSessions([saved('a', { readN: 3, draft: '' })]);
    await one.saveSessions([saved('a', { readN: 9, unread: 0, draft: 'half a thought' })]);
    await two.saveSessions([saved('a', { readN: 5, unread: 4, draft: '', keepDraft: true })]);
    expect((await one.load()).sessions).toEqual([
      saved('a', { readN: 9, unread: 0, draft: 'half a thought' }),
    ]);
  });

  it('[R64] what the tab that is connected noted of the conversation stays, whatever another saves', async () => {
    const [one, two] = [database.storage(), database.storage()];
    await one.saveSessions([saved('a', { remote: { thread: 't2' } })]);
    await two.saveSessions([saved('a', { remote: { thread: 't1' }, keepRemote: true })]);
    expect((await one.load()).sessions[0]!.remote).toEqual({ thread: 't2' });
    // Negative control: whoever noted something itself writes it.
    await two.saveSessions([saved('a', { remote: { thread: 't3' } })]);
    expect((await one.load()).sessions[0]!.remote).toEqual({ thread: 't3' });
  });

  it('[R37] of two who write, the last one wins; marked as unread by hand goes back', async () => {
    const [one, two] = [database.storage(), database.storage()];
    await one.saveSessions([saved('a', { readN: 9, unread: 0, draft: 'first' })]);
    await two.saveSessions([saved('a', { readN: 7, unread: 1, draft: '', readBack: true })]);
    expect((await one.load()).sessions).toEqual([saved('a', { readN: 7, unread: 1, draft: '' })]);
  });
});

describe('trouble', () => {
  it('[R32] the browser runs out of space: told once, and what was there stays readable', async () => {
    const storage = database.storage();
    await storage.append([batch('a', 1, 2)], 'relaxed');
    const { put } = IDBObjectStore.prototype;
    // The quota of a test browser cannot be set from within, so its refusal is the only thing faked here.
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('No space.', 'QuotaExceededError');
    };
    try {
      expect(await storage.append([batch('a', 3, 4)], 'strict')).toBeUndefined();
      expect(await storage.append([batch('a', 5, 6)], 'strict')).toBeUndefined();
      expect(database.troubles).toEqual([expect.stringMatching(/no space/)]);
    } finally {
      IDBObjectStore.prototype.put = put;
    }
    // What was refused is not written later in pieces: that would be a hole.
    expect(await storage.append([batch('a', 7, 8)], 'strict')).toBeUndefined();
    expect((await storage.loadLog('a'))?.events).toEqual([chunk(1), chunk(2)]);
    expect(await storage.remove('a')).toBe(true);
  });

  it('[R32] a transaction that the browser aborts is tried once more, and nothing is unhandled', async () => {
    const storage = database.storage();
    await storage.append([batch('a', 1, 2)], 'relaxed');
    const { put } = IDBObjectStore.prototype;
    let aborts = 1;
    IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...args) {
      const request = put.apply(this, args);
      if (aborts-- > 0) this.transaction.abort();
      return request;
    };
    try {
      expect((await storage.append([batch('a', 3, 4)], 'strict'))?.get('a')).toBe(4);
    } finally {
      IDBObjectStore.prototype.put = put;
    }
    expect((await storage.loadLog('a'))?.last).toBe(4);
    expect(database.troubles).toEqual([]);
  });

  it('[R32] a connection that was closed under it is opened once more', async () => {
    const storage = database.storage();
    const opened: IDBDatabase[] = [];
    const open = indexedDB.open.bind(indexedDB);
    indexedDB.open = (...args: Parameters<typeof open>) => {
      const request = open(...args);
      request.addEventListener('success', () => opened.push(request.result));
      return request;
    };
    try {
      await storage.append([batch('a', 1, 2)], 'relaxed');
      opened[0]!.close();
      // Whatever was under way at that moment: a stream, a draft, a reading.
      const [stream, draft, log] = await Promise.all([
        storage.append([batch('a', 3, 4)], 'relaxed'),
        storage.saveMeta([{ key: 'x', value: 1 }]),
        storage.loadLog('a'),
      ]);
      expect([stream?.get('a'), draft, log?.epoch]).toEqual([4, true, 'e1']);
      expect(opened).toHaveLength(2);
      expect((await storage.loadLog('a'))?.last).toBe(4);
      expect(database.troubles).toEqual([]);
      opened[1]!.close();
      expect(await storage.append([batch('a', 5, 6)], 'relaxed')).toBeUndefined();
      expect(database.troubles).toEqual([expect.stringMatching(/closed this page/)]);
    } finally {
      indexedDB.open = open;
    }
  });

  it('[R32] an older version in another tab that does not let go: goes on without, and says which tab to close', async () => {
    const old = await openDB(database.name, 1, { upgrade: (db) => void db.createObjectStore('x') });
    const storage = database.storage();
    const { sessions } = await storage.load();
    expect(sessions).toEqual([]);
    expect(database.troubles).toEqual([expect.stringMatching(/another tab/i)]);
    expect(await storage.append([batch('a', 1, 1)], 'relaxed')).toBeUndefined();
    old.close();
  });

  it('[R32] lets go when a newer version of the page needs the database', async () => {
    const storage = database.storage();
    await storage.append([batch('a', 1, 1)], 'relaxed');
    const newer: IDBPDatabase = await openDB(database.name, 99);
    expect(database.troubles).toEqual([expect.stringMatching(/newer version/i)]);
    newer.close();
  });

  it('[R32] a database that is newer than this page is left alone', async () => {
    (await openDB(database.name, 99)).close();
    await expect(openDatabase({ lost: () => {} }, database.name)).rejects.toMatchObject({
      reason: expect.stringMatching(/newer version/i),
    });
  });
});
