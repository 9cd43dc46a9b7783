import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApertureClient } from '../../../src/app/client/aperture-client.ts';
import type { OutboxEntry } from '../../../src/app/client/ports.ts';
import { OutboxKeeper } from '../../../src/app/store/outbox-keeper.ts';
import { PartingNote } from '../../../src/app/store/parting-note.ts';
import type { IdbStorage } from '../../../src/app/store/persistence/idb-storage.ts';
import { SessionEntry } from '../../../src/app/store/record.ts';
import { Saver } from '../../../src/app/store/saver.ts';
import { StoreState } from '../../../src/app/store/state.ts';
import { TabLock } from '../../../src/app/store/tab-lock.ts';
import type { TabStorage } from '../../../src/app/store/tokens.ts';
import { summary, TestDatabase, until } from './kit.ts';

const message = (key: string): OutboxEntry => ({
  key,
  prompt: [{ type: 'text', text: key }],
  createdAt: 1,
  delivery: { state: 'queued' },
});

/** sessionStorage of one tab. */
function tabStorage(): TabStorage {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

let database: TestDatabase;
let tabs: Tab[];
beforeEach(() => {
  database = new TestDatabase();
  tabs = [];
});
afterEach(async () => {
  for (const tab of tabs) tab.keeper.dispose();
  await database.remove();
});

/** A tab's own part of it, on the database and the locks that it shares with the others. */
class Tab {
  readonly storage: IdbStorage = database.storage();
  readonly state = new StoreState();
  readonly lock = new TabLock(this.locks ?? undefined);
  readonly note: PartingNote;
  readonly saver: Saver;
  readonly keeper: OutboxKeeper;

  /** @param session the tab's own storage, which a reload keeps; none unless given. */
  constructor(
    readonly locks: LockManager | null = navigator.locks,
    session?: TabStorage,
  ) {
    this.note = new PartingNote(session);
    this.saver = new Saver(this.storage, this.note, this.lock);
    for (const id of ['a', 'b']) this.add(id);
    const client = {
      restoreOutbox: (id: string, entries: readonly OutboxEntry[]) =>
        this.set(id, ...this.outbox(id), ...entries),
      releaseOutbox: (id: string, keys: readonly string[]) =>
        this.set(id, ...this.outbox(id).filter(({ key }) => !keys.includes(key))),
    } as unknown as ApertureClient;
    const { state, storage, lock: tab } = this;
    const noted = this.note.outboxes;
    this.keeper = new OutboxKeeper({ state, storage, tab, noted, client: () => client });
    tabs.push(this);
  }

  add(id: string): void {
    const row = { id, summary: summary(id), readN: 0, unread: 0, preview: '', draft: '' };
    const entry = new SessionEntry({ ...row, gone: false });
    entry.loaded = Promise.resolve();
    this.state.add(entry);
  }

  static async open(locks?: LockManager | null, session?: TabStorage): Promise<Tab> {
    const tab = new Tab(locks, session);
    await tab.keeper.takeUp();
    return tab;
  }

  outbox(id = 'a'): readonly OutboxEntry[] {
    return this.state.entry(id)!.record.outbox.value;
  }

  keys(id = 'a'): string[] {
    return this.outbox(id).map(({ key }) => key);
  }

  async set(id: string, ...entries: OutboxEntry[]): Promise<void> {
    const entry = this.state.entry(id)!;
    entry.record.outbox.value = entries;
    await this.saver.outbox(entry);
  }

  /** As by a crash: nothing is saved, and the browser lets the lock go. */
  kill(): void {
    this.lock.release();
  }
}

describe('which tab sends what', () => {
  it('[R40] what a living tab has queued is nobody else’s, and withdrawn it is gone', async () => {
    const one = await Tab.open();
    await one.set('a', message('k1'), message('k2'));
    const two = await Tab.open();
    expect(two.keys()).toEqual([]);
    await one.set('a', message('k2'));
    expect((await Tab.open()).keys()).toEqual([]);
    one.kill();
    const after = new Tab();
    await after.keeper.takeUp();
    await until(() => [...two.keys(), ...after.keys()].length === 1);
    expect([...two.keys(), ...after.keys()]).toEqual(['k2']);
  });

  it('[R6][R40] a tab that was killed: its messages go to the next one that starts, in order, each session its own', async () => {
    const one = await Tab.open();
    await one.set('a', message('k2'), message('k1'));
    await one.set('b', message('other'));
    one.kill();
    const two = await Tab.open();
    expect([two.keys('a'), two.keys('b')]).toEqual([['k2', 'k1'], ['other']]);
    expect((await Tab.open()).keys()).toEqual([]);
  });

  it('[R6] … or to one that is there already, as soon as the other is gone', async () => {
    const one = await Tab.open();
    await one.set('a', message('k1'));
    const two = await Tab.open();
    expect(two.keys()).toEqual([]);
    one.kill();
    await until(() => two.keys().length === 1);
  });

  it('[R57] many tabs that start at once: each message goes to one of them', async () => {
    const one = await Tab.open();
    await one.set('a', ...['k1', 'k2', 'k3'].map(message));
    one.kill();
    const many = await Promise.all(Array.from({ length: 6 }, () => Tab.open()));
    expect(many.flatMap((tab) => tab.keys())).toEqual(['k1', 'k2', 'k3']);
  });

  it('[R6, R40] a reload that comes before the database has written: what was noted on leaving counts', async () => {
    const session = tabStorage();
    const one = await Tab.open(navigator.locks, session);
    await one.set('a', message('k1'), message('k2'), message('k3'));
    one.storage.saveOutbox = () => new Promise(() => {});
    void one.set('a', message('k3'), message('k1'), message('k4'));
    void one.saver.part();
    one.kill();
    // Negative control: where nothing was noted, the order of before is what there is.
    expect((await one.storage.queued()).map(({ key }) => key)).toEqual(['k1', 'k2', 'k3']);
    const two = await Tab.open(navigator.locks, session);
    expect(two.keys()).toEqual(['k3', 'k1', 'k4']);
    expect((await two.storage.queued()).map(({ key }) => key)).toEqual(['k3', 'k1', 'k4']);
  });

  it('[R40] the note of a tab that lives changes nothing, as in a tab that was duplicated', async () => {
    const session = tabStorage();
    const one = await Tab.open(navigator.locks, session);
    await one.set('a', message('k1'));
    const { saveOutbox } = one.storage;
    one.storage.saveOutbox = () => new Promise(() => {});
    void one.set('a', message('k1'), message('k2'));
    void one.saver.part();
    one.storage.saveOutbox = saveOutbox;
    const copy = await Tab.open(navigator.locks, session);
    await one.set('a', message('k2'));
    expect([one.keys(), copy.keys()]).toEqual([['k2'], []]);
    expect((await copy.storage.queued()).map(({ key }) => key)).toEqual(['k2']);
  });

  it('[R6][R32] what the database refused is noted too, and comes back without one', async () => {
    const session = tabStorage();
    const one = await Tab.open(navigator.locks, session);
    one.storage.saveOutbox = async () => false;
    await one.set('a', message('k1'), message('k2'));
    one.add('c');
    await one.set('c', message('k3'));
    await one.saver.part();
    one.kill();
    const two = new Tab(navigator.locks, session);
    two.storage.saveOutbox = async () => false;
    two.storage.adoptOutbox = async () => undefined;
    await two.keeper.takeUp();
    expect(two.keys()).toEqual(['k1', 'k2']);
    // Negative control: who has no note has nothing.
    expect((await Tab.open()).keys()).toEqual([]);
    // Its session comes later, with its gateway's list.
    expect(two.keeper.waits).toBe(true);
    two.add('c');
    await two.keeper.takeUp();
    expect([two.keys('c'), two.keys(), two.keeper.waits]).toEqual([['k3'], ['k1', 'k2'], false]);
  });

  it('a note is gone when all that was noted is on disk', async () => {
    const session = tabStorage();
    const one = await Tab.open(navigator.locks, session);
    const written = one.set('a', message('k1'));
    void one.saver.part();
    expect(one.note.outboxes).toMatchObject([{ id: 'a', entries: [{ key: 'k1' }] }]);
    await written;
    expect(one.note.outboxes).toEqual([]);
  });

  it('a session that this page does not show keeps its messages', async () => {
    const one = await Tab.open();
    await one.set('a', message('k1'));
    one.kill();
    const two = new Tab();
    two.state.remove('a');
    await two.keeper.takeUp();
    expect((await two.storage.queued()).map(({ key }) => key)).toEqual(['k1']);
    expect((await Tab.open()).keys()).toEqual(['k1']);
  });

  it('[R40] a page that stood still: what another tab took meanwhile is not sent twice', async () => {
    const one = await Tab.open();
    await one.set('a', message('k1'), message('k2'));
    one.keeper.letGo();
    const two = await Tab.open();
    expect(two.keys()).toEqual(['k1', 'k2']);
    await one.keeper.goOn();
    expect([one.keys(), two.keys()]).toEqual([[], ['k1', 'k2']]);
    await one.set('a', message('k3'));
    expect((await one.storage.queued()).map(({ key }) => key)).toEqual(['k1', 'k3', 'k2']);
  });

  it('[R6] negative control: a page that stood still alone has its messages back', async () => {
    const one = await Tab.open();
    await one.set('a', message('k1'), message('k2'));
    one.keeper.letGo();
    await one.keeper.goOn();
    expect(one.keys()).toEqual(['k1', 'k2']);
    expect((await Tab.open()).keys()).toEqual([]);
  });

  it('[R6] a page without Web Locks has what is there, as a reload does', async () => {
    const one = await Tab.open(null);
    await one.set('a', message('k1'));
    const two = await Tab.open(null);
    expect(two.keys()).toEqual(['k1']);
    // Only at its start: both live, and neither would ever have its own again.
    await one.keeper.takeUp();
    expect((await two.storage.queued())[0]?.owner).toBe(two.lock.name);
  });

  it('[R29] a session that is removed takes its messages along', async () => {
    const one = await Tab.open();
    await one.set('a', message('k1'));
    await one.set('b', message('k2'));
    await one.storage.remove('a');
    expect((await one.storage.queued()).map(({ key }) => key)).toEqual(['k2']);
  });
});
