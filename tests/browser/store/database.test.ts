import { openDB, type IDBPDatabase } from 'idb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/app/store/persistence/database.ts';
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
  outbox: [],
  gone: false,
  ...more,
});

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
    expect([log?.epoch, log?.last, log?.events.map(({ n }) => n)]).toEqual([
      'e1',
      5,
      [1, 2, 3, 4, 5],
    ]);
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
    expect(log?.events).toEqual([1, 2, 3, 4, 5, 6].map((n) => chunk(n)));
  });

  it('[R21] a late write of an older log does not mix with the newer one', async () => {
    const storage = database.storage();
    await storage.append([batch('a', 1, 4)], 'relaxed');
    await storage.resetLog('a', 'e2');
    await storage.append([batch('a', 5, 6, 'e1')], 'relaxed');
    await storage.append([batch('a', 1, 2, 'e2')], 'relaxed');
    expect(await storage.loadLog('a')).toMatchObject({ epoch: 'e2', last: 2 });
  });

  it('[R21] what stands after a hole is not shown as if there were none', async () => {
    const storage = database.storage();
    await storage.append([batch('a', 1, 4)], 'relaxed');
    await storage.append([batch('a', 9, 10)], 'relaxed');
    expect((await storage.loadLog('a'))?.last).toBe(4);
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
    expect((await storage.loadLog('b'))?.events).toHaveLength(5);
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

describe('the log writer on a real database', () => {
  it('[R27] writes a stream in batches within 100 ms, and tells only what is committed', async () => {
    const storage = database.storage();
    const committed: number[] = [];
    const writer = new LogWriter(storage, (_, n) => committed.push(n));
    writer.startLog('a', 'e1', 1);
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
    writer.startLog('a', 'e1', 1);
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
    writer.startLog('a', 'e1', 1);
    writer.append('a', [chunk(1)]);
    writer.forget('a');
    writer.append('a', [chunk(2)]);
    await storage.remove('a');
    await writer.flush('strict');
    expect(await storage.loadLog('a')).toBeUndefined();
    writer.dispose();
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
      expect(await storage.append([batch('a', 3, 4)], 'strict')).toBe(false);
      expect(await storage.append([batch('a', 5, 6)], 'strict')).toBe(false);
      expect(database.troubles).toEqual([expect.stringMatching(/no space/)]);
    } finally {
      IDBObjectStore.prototype.put = put;
    }
    // What was refused is not written later in pieces: that would be a hole.
    expect(await storage.append([batch('a', 7, 8)], 'strict')).toBe(false);
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
      expect(await storage.append([batch('a', 3, 4)], 'strict')).toBe(true);
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
      expect([stream, draft, log?.epoch]).toEqual([true, true, 'e1']);
      expect(opened).toHaveLength(2);
      expect((await storage.loadLog('a'))?.last).toBe(4);
      expect(database.troubles).toEqual([]);
      opened[1]!.close();
      expect(await storage.append([batch('a', 5, 6)], 'relaxed')).toBe(false);
      expect(database.troubles).toHaveLength(1);
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
    expect(await storage.append([batch('a', 1, 1)], 'relaxed')).toBe(false);
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
