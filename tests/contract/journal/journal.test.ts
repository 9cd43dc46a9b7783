import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LoggedMessage } from '../../../src/core/log/entry.ts';
import { openLevelJournal, type LevelOptions } from '../../../src/gateway/journal/level.ts';
import { memoryJournal } from '../../../src/gateway/journal/memory.ts';
import type { Journal, SessionLog } from '../../../src/gateway/journal/port.ts';

const chunk = (text: string): LoggedMessage => ({
  method: 'session/update',
  params: { update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } } },
});

let location: string;
let open: Journal[] = [];

beforeEach(async () => {
  location = await mkdtemp(join(tmpdir(), 'aperture-journal-'));
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((journal) => journal.close()));
  await rm(location, { recursive: true, force: true });
});

async function level(options: Partial<LevelOptions> = {}): Promise<Journal> {
  const journal = await openLevelJournal({ location, ...options });
  open.push(journal);
  return journal;
}

async function closeNow(journal: Journal): Promise<void> {
  open = open.filter((entry) => entry !== journal);
  await journal.close();
}

/** All that a page would be sent from `from` on. */
async function readAll(log: SessionLog, from = 1, maxBytes = 1_000): Promise<string[]> {
  const texts: string[] = [];
  let next = from;
  for (;;) {
    const batch = await log.read(next, maxBytes);
    if (batch.length === 0) return texts;
    for (const { n, frame } of batch) {
      const message = JSON.parse(frame.toString()) as {
        n: number;
        m: { params: { update: { content: { text: string } } } };
      };
      expect(message.n).toBe(n);
      texts.push(`${n}:${message.m.params.update.content.text}`);
      next = n + 1;
    }
  }
}

const numbered = (count: number, from = 1): string[] =>
  Array.from({ length: count }, (_, i) => `${from + i}:t${from + i}`);

async function fill(log: SessionLog, count: number): Promise<void> {
  for (let i = 0; i < count; i++) log.append(chunk(`t${log.head + 1}`));
  await log.whenCommitted(log.head);
}

describe.each([
  ['memory', () => Promise.resolve(memoryJournal())],
  ['level', () => level()],
])('journal contract: %s', (_, make) => {
  test('[R21] entries are numbered from 1 without holes and read back in order, from any number', async () => {
    const log = (await make()).create('a');
    await fill(log, 250);
    expect(log.low).toBe(1);
    expect(log.committed).toBe(250);
    expect(await readAll(log)).toEqual(numbered(250));
    expect(await readAll(log, 101)).toEqual(numbered(150, 101));
    expect(await readAll(log, 251)).toEqual([]);
  });

  test('[R21] an entry is not read before it is committed, and listeners hear of it', async () => {
    const log = (await make()).create('a');
    const heard: number[] = [];
    const stop = log.onCommit(() => heard.push(log.committed));
    log.append(chunk('t1'));
    const early = await log.read(1, 1_000);
    expect(early.every(({ n }) => n <= log.committed)).toBe(true);
    await log.whenCommitted(1);
    expect(heard.at(-1)).toBe(1);
    stop();
    await fill(log, 1);
    expect(heard.at(-1)).toBe(1);
  });

  test('[R50] logs do not mix, whatever their ids have in common', async () => {
    const journal = await make();
    const a = journal.create('a');
    const ab = journal.create('ab');
    await fill(a, 3);
    ab.append(chunk('other'));
    await ab.whenCommitted(1);
    expect(await readAll(a)).toEqual(numbered(3));
    expect(await readAll(ab)).toEqual(['1:other']);
    journal.drop('a');
    expect(() => a.append(chunk('late'))).toThrowError(/ended/);
    expect(await readAll(ab)).toEqual(['1:other']);
  });

  test('[R30] a huge entry is read alone, however small the batch', async () => {
    const log = (await make()).create('a');
    log.append(chunk('x'.repeat(100_000)));
    log.append(chunk('t2'));
    await log.whenCommitted(2);
    expect(await log.read(1, 10)).toHaveLength(1);
  });
});

describe('journal on disk', () => {
  test('[R21] a second process finds sessions, facts, epoch and every entry, and goes on counting', async () => {
    const first = await level();
    const log = first.create('a');
    first.keep('a', { title: 'One' });
    first.keep('a', { title: 'Two' });
    await fill(log, 500);
    await closeNow(first);

    const [restored, ...others] = await (await level()).restore();
    expect(others).toEqual([]);
    expect(restored).toMatchObject({ id: 'a', meta: { title: 'Two' } });
    expect(restored!.log.epoch).toBe(log.epoch);
    expect(restored!.log.head).toBe(500);
    expect(await readAll(restored!.log)).toEqual(numbered(500));
    await fill(restored!.log, 1);
    expect(await readAll(restored!.log, 499)).toEqual(numbered(3, 499));
  });

  test('[R21] after a power cut (unclean, other boot) numbers get a new epoch; after a kill they keep it', async () => {
    const first = await level();
    const log = first.create('a');
    first.keep('a', {});
    await fill(log, 2);
    await closeNow(first);

    await edit((db) => db.del('clean'));
    const killed = await level();
    expect((await killed.restore())[0]!.log.epoch).toBe(log.epoch);
    await closeNow(killed);

    await edit(async (db) => {
      await db.del('clean');
      await db.put('boot', Buffer.from('0'));
    });
    const cut = await level();
    const [restored] = await cut.restore();
    expect(restored!.log.epoch).not.toBe(log.epoch);
    const { epoch } = restored!.log;
    await closeNow(cut);
    expect((await (await level()).restore())[0]!.log.epoch).toBe(epoch);
  });

  test('[R21] finished turns are compacted; every page still reads on from its own number', async () => {
    const first = await level({ bounds: { tailBytes: 1_000 } });
    const log = first.create('a');
    first.keep('a', {});
    await fill(log, 300);
    log.append({
      method: 'session/update',
      params: {
        update: { sessionUpdate: 'state_update', state: 'idle', content: { text: 'end' } },
      },
    });
    await log.whenCommitted(301);
    await fill(log, 10);
    const whole = numbered(300)
      .map((entry) => entry.slice(entry.indexOf(':') + 1))
      .join('');
    await vi.waitFor(async () => expect((await log.read(1, 1e6)).length).toBeLessThan(20));

    for (const from of [1, 2, 150, 299, 300, 301, 305]) {
      const read = (await log.read(from, 1e6)).map(
        ({ frame }) =>
          JSON.parse(frame.toString()) as {
            n: number;
            from?: number;
            m: { params: { update: { content: { text: string } } } };
          },
      );
      const before = numbered(Math.min(from - 1, 300)).map((entry) => entry.split(':')[1]);
      const after = read.filter(({ n }) => n <= 300).map(({ m }) => m.params.update.content.text);
      expect([...before, ...after].join('')).toBe(whole);
      expect(read[0]!.from ?? read[0]!.n).toBe(from);
      expect(read.at(-1)!.n).toBe(311);
    }
    await closeNow(first);
    const [restored] = await (await level()).restore();
    expect(restored!.log).toMatchObject({ head: 311, epoch: log.epoch });
    expect((await restored!.log.read(1, 1e6)).length).toBeLessThan(20);
  });

  test('[R30] above its bound the oldest entries go, and `low` says so, also after a restart', async () => {
    const first = await level({ bounds: { maxBytes: 20_000, tailBytes: 2_000 } });
    const log = first.create('a');
    first.keep('a', {});
    for (let i = 0; i < 40; i++) await fill(log, 10);
    expect(log.low).toBeGreaterThan(1);
    // Trimming goes on behind the appends.
    await vi.waitFor(async () => expect((await readAll(log))[0]).toBe(`${log.low}:t${log.low}`));
    expect((await readAll(log)).length).toBeLessThan(250);
    await closeNow(first);
    const [restored] = await (await level()).restore();
    expect(restored!.log.low).toBe(log.low);
    expect(restored!.log.head).toBe(400);
  });

  test('[R21] [R32] numbers that pages saw while the disk refused are not given again in the same epoch', async () => {
    const first = await level();
    const log = first.create('a');
    first.keep('a', {});
    await fill(log, 2);
    const batch = vi.spyOn(ClassicLevel.prototype, 'batch').mockRejectedValue(new Error('full'));
    try {
      await fill(log, 2);
      expect(await readAll(log)).toEqual(numbered(4));
      await closeNow(first);
    } finally {
      batch.mockRestore();
    }
    const second = await level();
    const [restored] = await second.restore();
    expect(restored!.log.head).toBe(2);
    expect(restored!.log.epoch).not.toBe(log.epoch);
    await closeNow(second);

    // Negative control: a disk that works again in time keeps the epoch, and all entries.
    const third = await level();
    const [again] = await third.restore();
    const { epoch } = again!.log;
    expect(epoch).toBe(restored!.log.epoch);
    const refusing = vi.spyOn(ClassicLevel.prototype, 'batch').mockRejectedValue(new Error('full'));
    await fill(again!.log, 2);
    refusing.mockRestore();
    await closeNow(third);
    const [kept] = await (await level()).restore();
    expect(kept!.log).toMatchObject({ epoch, head: 4 });
  });

  test('[R21] entries that a damaged store lost below `low` do not stop what comes after', async () => {
    const first = await level();
    first.create('a');
    first.keep('a', {});
    await closeNow(first);
    await edit(async (db) => {
      await db.put('h!a', Buffer.from(JSON.stringify({ epoch: 'e', low: 500, bytes: 0 })));
    });
    const [restored] = await (await level()).restore();
    await fill(restored!.log, 2);
    expect(restored!.log).toMatchObject({ low: 1, head: 2 });
    expect(await readAll(restored!.log)).toEqual(numbered(2));
  });

  test('[R30] what a page has on disk goes when its time has come; what no page has stays', async () => {
    let now = 1_000;
    const options = { bounds: { maxAgeMs: 500 }, now: () => now };
    const first = await level(options);
    const [read, unread] = [first.create('read'), first.create('unread')];
    for (const log of [read, unread]) {
      first.keep(log === read ? 'read' : 'unread', {});
      await fill(log, 15);
      // What is written together goes together, so a part of these stays with the rest.
      await fill(log, 5);
    }
    read.acknowledged(17);
    now += 400;
    await fill(read, 1);
    await closeNow(first);

    now += 200;
    const restored = await (await level(options)).restore();
    const lowOf = (id: string) => restored.find((entry) => entry.id === id)!.log.low;
    await vi.waitFor(() => expect(lowOf('read')).toBe(16));
    expect(lowOf('unread')).toBe(1);
  });

  test('[R29] a dropped session leaves nothing behind', async () => {
    const first = await level();
    first.keep('a', {});
    await fill(first.create('a'), 20);
    first.keep('b', {});
    await fill(first.create('b'), 1);
    first.drop('a');
    await closeNow(first);
    const keys: string[] = [];
    await edit(async (db) => {
      for await (const key of db.keys()) keys.push(key);
    });
    expect(keys.filter((key) => key.includes('!a'))).toEqual([]);
    expect(keys.filter((key) => key.includes('!b'))).toHaveLength(3);
  });

  test('a directory that another gateway uses is refused with what to do', async () => {
    await level();
    await expect(openLevelJournal({ location })).rejects.toMatchObject({
      code: 'journal_locked',
      message: expect.stringContaining('--data-dir'),
    });
  });
});

async function edit(work: (db: ClassicLevel<string, Buffer>) => Promise<void>): Promise<void> {
  const db = new ClassicLevel<string, Buffer>(location, { valueEncoding: 'buffer' });
  await work(db);
  await db.close();
}
