import { batch } from '@preact/signals-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { browserEnvironment } from '../../../src/app/client/environment.ts';
import type { ApertureClient } from '../../../src/app/client/aperture-client.ts';
import { ClockSkew } from '../../../src/app/store/clock-skew.ts';
import { browserFrames } from '../../../src/app/store/frames.ts';
import { StoreHost } from '../../../src/app/store/host.ts';
import { Housekeeper, MANY_ITEMS } from '../../../src/app/store/housekeeper.ts';
import { Ingest } from '../../../src/app/store/ingest.ts';
import { KEPT_ITEMS, Memory } from '../../../src/app/store/memory.ts';
import { PartingNote } from '../../../src/app/store/parting-note.ts';
import { LogWriter } from '../../../src/app/store/persistence/log-writer.ts';
import type { SessionEntry } from '../../../src/app/store/record.ts';
import { Saver } from '../../../src/app/store/saver.ts';
import { Sessions } from '../../../src/app/store/sessions.ts';
import { StoreState } from '../../../src/app/store/state.ts';
import { TabLock } from '../../../src/app/store/tab-lock.ts';
import { TabView } from '../../../src/app/store/tab-view.ts';
import { Toasts } from '../../../src/app/store/toasts.ts';
import { showChange } from '../../../src/app/store/view.ts';
import type { Actions } from '../../../src/app/store/types.ts';
import { ApConversation } from '../../../src/app/ui/conversation/conversation.ts';
import { loadCards } from '../../../src/app/ui/conversation/items/create.ts';
import type { IntentEvent } from '../../../src/app/ui/intent.ts';
import { previewIn } from '../../../src/core/session/messages.ts';
import type { Change } from '../../../src/core/session/change.ts';
import type { NumberedEvent, SessionEvent } from '../../../src/core/session/event.ts';
import { applyEvent, noChange } from '../../../src/core/session/reduce.ts';
import { emptyTranscript } from '../../../src/core/session/transcript.ts';
import { ABILITIES } from '../../unit/store/kit.ts';
import { box, frames, say, user } from '../conversation/fake.ts';
import { summary, TestDatabase, until } from './kit.ts';

const nothing = (): void => {};

/** A page's store down to a real database, without a client; it can be opened again on the same disk. */
class Page {
  readonly state = new StoreState();
  readonly storage: ReturnType<TestDatabase['storage']>;
  readonly sessions: Sessions;
  readonly host: StoreHost;
  readonly ingest: Ingest;
  readonly writer: LogWriter;
  readonly memory: Memory;
  readonly #housekeeper: Housekeeper;
  readonly #saver: Saver;
  /** How often the log was read. */
  reads = 0;
  /** Reading a log waits for this. */
  disk: Promise<void> = Promise.resolve();
  broken = false;

  constructor(database: TestDatabase) {
    const { state } = this;
    this.storage = database.storage();
    const { storage } = this;
    const loadLog = storage.loadLog.bind(storage);
    storage.loadLog = async (id) => {
      this.reads++;
      await this.disk;
      return this.broken ? undefined : loadLog(id);
    };
    const client = {} as ApertureClient;
    const environment = browserEnvironment();
    const toasts = new Toasts(state.toasts);
    const skew = new ClockSkew();
    const saver = (this.#saver = new Saver(
      storage,
      new PartingNote(undefined),
      new TabLock(undefined),
    ));
    this.writer = new LogWriter(storage, (id, n) => (state.entry(id)!.storedN = n));
    const { writer } = this;
    this.ingest = new Ingest({
      frames: browserFrames(),
      seen: (id) => this.sessions.seen(id),
      viewed: () => state.activeSessionId.peek(),
      skewMs: () => 0,
      changed: () => {},
    });
    const { ingest } = this;
    this.sessions = new Sessions({
      state,
      storage,
      writer,
      saver,
      tabView: new TabView(undefined),
      ingest,
      skew,
      toasts,
      environment,
      endpoint: () => undefined,
      client: () => client,
    });
    const { sessions } = this;
    const now = Date.now;
    this.host = new StoreHost({
      state,
      sessions,
      ingest,
      writer,
      saver,
      skew,
      changed: nothing,
      now,
    });
    const shown = (entry: SessionEntry, change: Change): void =>
      batch(() => showChange(entry, change, sessions.seen(entry.id), 0));
    this.memory = new Memory({ state, storage, writer, shown });
    this.#housekeeper = new Housekeeper({ state, storage, writer, shown });
  }

  begin(id: string): SessionEntry {
    const entry = this.sessions.add(summary(id), 'http://gateway.test', 0);
    const info = { epoch: 'e1', mode: 'full', low: 1, head: 0, session: summary(id) } as const;
    this.host.attached(id, info, ABILITIES);
    // A session is connected when its log has been read; there was none.
    entry.loaded = Promise.resolve();
    return entry;
  }

  /** As the page of a tab that was reloaded: it knows the session, and has to read its log. */
  known(id: string): SessionEntry {
    return this.sessions.add(summary(id), 'http://gateway.test', 0);
  }

  hear(entry: SessionEntry, ...events: SessionEvent[]): void {
    let { receivedN: n } = entry;
    this.host.events(
      entry.id,
      events.map((event) => ({ n: ++n, at: n, event })),
    );
  }

  /** All that was heard is in the transcript and on disk. */
  async settled(entry: SessionEntry): Promise<void> {
    this.ingest.catchUp(entry);
    await this.writer.flush('strict');
    await until(() => entry.storedN >= entry.receivedN);
  }

  /** Lets go of what can go, as the housekeeper does it from time to time. */
  tidy(): void {
    for (let times = 0; this.memory.tidy(); times++) expect(times).toBeLessThan(20);
  }

  async show(entry: SessionEntry): Promise<View> {
    await loadCards();
    const host = box();
    host.addEventListener('ap-intent', (each) => {
      const event = each as IntentEvent;
      event.handled = true;
      event.result = event.run({
        readOlder: (id: string) => void this.#housekeeper.recall(this.state.entry(id)!),
        setDraft: () => {},
      } as unknown as Actions);
    });
    const element = new ApConversation();
    element.record = entry.record;
    host.append(element);
    await element.updateComplete;
    const transcript = element.renderRoot.querySelector('ap-transcript')!;
    await transcript.updateComplete;
    await frames();
    const { renderRoot } = transcript;
    return {
      root: renderRoot,
      log: renderRoot.querySelector<HTMLElement>('[role=log]')!,
      scroller: renderRoot.querySelector<HTMLElement>('.scroller')!,
    };
  }

  dispose(): void {
    this.#housekeeper.dispose();
    this.ingest.dispose();
    this.writer.dispose();
    this.#saver.dispose();
  }
}

interface View {
  root: ParentNode;
  log: HTMLElement;
  scroller: HTMLElement;
}

/** Finished turns of a prompt, a call and an answer: four items each. */
const turns = (from: number, to: number): SessionEvent[] =>
  Array.from({ length: to - from }, (_, i): SessionEvent[] => [
    { type: 'turn', state: 'running' },
    user(`Question ${from + i}`),
    {
      type: 'tool',
      call: { toolCallId: `c${from + i}`, title: `Call ${from + i}`, status: 'completed' },
    },
    say(`Answer ${from + i}. ${'Some words to fill a line or two. '.repeat(3)}`),
    { type: 'turn', state: 'idle', stopReason: 'end_turn' },
  ]).flat();
const PER_TURN = 4;

const past = (entry: SessionEntry): number => entry.transcript.past?.count ?? 0;
const note = ({ root }: View): string | undefined =>
  root.querySelector('.older')?.textContent?.trim();
const top = ({ scroller }: View, row: Element): number =>
  row.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
const inSight = (view: View): Element =>
  [...view.log.children].find((row) => top(view, row) + row.clientHeight > 0)!;

async function scrollUp(view: View): Promise<void> {
  view.scroller.scrollTop = 0;
  await frames();
}

let database: TestDatabase;
let page: Page;
beforeEach(() => {
  database = new TestDatabase();
  page = new Page(database);
});
afterEach(async () => {
  page.dispose();
  document.body.replaceChildren();
  sessionStorage.clear();
  await database.remove();
});

const TURNS = 200;

async function long(count = TURNS): Promise<SessionEntry> {
  const entry = page.begin('a');
  page.sessions.view('a');
  // As it comes: some turns in each write.
  for (let from = 0; from < count; from += 20) {
    page.hear(entry, ...turns(from, from + 20));
    await page.settled(entry);
  }
  return entry;
}

describe('history that is on disk', () => {
  it('[R30] leaves memory, whichever session it is of; what is left is bounded', async () => {
    const viewed = await long();
    const hidden = page.begin('b');
    page.hear(hidden, ...turns(0, TURNS));
    await page.settled(hidden);
    page.tidy();
    for (const entry of [viewed, hidden]) {
      expect(entry.transcript.items).toHaveLength(KEPT_ITEMS);
      expect(past(entry)).toBe(TURNS * PER_TURN - KEPT_ITEMS);
      expect(entry.transcript.tools.size).toBeLessThan(KEPT_ITEMS);
    }
    page.hear(hidden, ...turns(TURNS, 2 * TURNS));
    await page.settled(hidden);
    page.tidy();
    expect(hidden.transcript.items).toHaveLength(KEPT_ITEMS);
    expect(past(hidden)).toBe(2 * TURNS * PER_TURN - KEPT_ITEMS);
    expect(hidden.transcript.countable).toHaveLength(2 * TURNS);
  });

  it('[R32] stays in memory when it is not on disk, or the database is not there', async () => {
    const entry = page.begin('a');
    page.writer.forget('a');
    page.hear(entry, ...turns(0, TURNS));
    page.ingest.catchUp(entry);
    for (let i = 0; i < 5; i++) expect(page.memory.tidy()).toBe(true);
    expect(past(entry)).toBe(0);
    entry.storedN = entry.receivedN;
    page.state.storage.value = { mode: 'memory', reason: 'full' };
    expect(page.memory.tidy()).toBe(false);
    expect(past(entry)).toBe(0);
    // Negative control: neither is so.
    page.state.storage.value = { mode: 'database' };
    page.tidy();
    expect(past(entry)).toBeGreaterThan(0);
  });

  it('[R21][R37] comes back before it is needed, without a jump, with a disk that is slow', async () => {
    const entry = await long();
    const view = await page.show(entry);
    page.tidy();
    let release!: () => void;
    page.disk = new Promise((resolve) => (release = resolve));
    while (page.reads === 0) await scrollUp(view);
    // The reader is faster than the disk: all that is there is mounted, and a line says that more comes.
    for (let i = 0; i < 10; i++) await scrollUp(view);
    expect(view.log.childElementCount).toBe(KEPT_ITEMS);
    expect(note(view)).toBe('Reading earlier messages…');
    expect(view.root.querySelector<HTMLElement>('.older')!.offsetHeight).toBe(44);
    const row = inSight(view);
    const before = top(view, row);
    // Meanwhile the agent goes on, and says more of an old call.
    page.hear(
      entry,
      { type: 'tool', call: { toolCallId: 'c3', title: 'Late title', status: 'in_progress' } },
      ...turns(TURNS, TURNS + 1),
    );
    await frames(4);
    expect(past(entry)).toBe(TURNS * PER_TURN - KEPT_ITEMS);
    expect(Math.abs(top(view, row) - before)).toBeLessThanOrEqual(1);
    release();
    await until(() => past(entry) === 0);
    await frames();
    expect(Math.abs(top(view, row) - before)).toBeLessThanOrEqual(1);
    expect(view.root.querySelector('.older')).toBeNull();
    expect(view.log.childElementCount).toBeGreaterThan(KEPT_ITEMS);
    // Nobody takes it away again from under a reader.
    page.tidy();
    expect(past(entry)).toBe(0);
    expect(page.reads).toBe(1);
    while (view.log.childElementCount < (TURNS + 1) * PER_TURN) await scrollUp(view);
    const said = [...view.log.querySelectorAll('[data-role=user] .plain')].map(
      (each) => each.textContent,
    );
    expect(said).toEqual(Array.from({ length: TURNS + 1 }, (_, i) => `Question ${i}`));
    const late = view.log.querySelectorAll('[data-tool-call-id=c3]');
    expect(late).toHaveLength(1);
    expect(late[0]!.textContent).toContain('Late title');
    expect(late[0]).toHaveProperty('dataset.toolStatus', 'completed');
  });

  it('says so when it cannot be read, and reads it when it can', async () => {
    const entry = await long();
    const view = await page.show(entry);
    page.tidy();
    page.broken = true;
    while (page.reads === 0) await scrollUp(view);
    await until(() => note(view)?.startsWith('Earlier messages could not be read.') === true);
    for (let i = 0; i < 5; i++) await scrollUp(view);
    expect(page.reads).toBe(1);
    const row = inSight(view);
    const before = top(view, row);
    page.broken = false;
    view.root.querySelector<HTMLElement>('.older button')!.click();
    await until(() => past(entry) === 0);
    await frames();
    expect(page.reads).toBe(2);
    expect(Math.abs(top(view, row) - before)).toBeLessThanOrEqual(1);
  });

  it('[R34] of a session that was hidden and went on, the end is shown when it is viewed again', async () => {
    const entry = await long();
    const view = await page.show(entry);
    const conversation = document.querySelector('ap-conversation')!;
    conversation.active = false;
    await conversation.updateComplete;
    page.hear(entry, ...turns(TURNS, 2 * TURNS));
    await page.settled(entry);
    page.tidy();
    conversation.active = true;
    await conversation.updateComplete;
    await frames();
    expect(view.log.lastElementChild!.previousElementSibling!.textContent).toContain(
      `Answer ${2 * TURNS - 1}.`,
    );
    expect(view.scroller.scrollHeight - view.scroller.scrollTop).toBe(view.scroller.clientHeight);
    expect(view.log.childElementCount).toBeLessThan(100);
  });

  it('[R37] is not taken from where the reader of a hidden session stands', async () => {
    const entry = await long();
    const view = await page.show(entry);
    for (let i = 0; i < 12; i++) await scrollUp(view);
    const mounted = view.log.childElementCount;
    expect(mounted).toBeGreaterThan(KEPT_ITEMS);
    page.sessions.view(page.begin('b').id);
    page.tidy();
    expect(past(entry)).toBeGreaterThan(0);
    expect(entry.transcript.items.length).toBeGreaterThanOrEqual(mounted);
    expect(entry.transcript.items.length).toBeLessThanOrEqual(Math.max(MANY_ITEMS, mounted + 100));
  });
});

const title = (entry: SessionEntry): string | null | undefined =>
  entry.transcript.approvals.get('r1')?.tool.title;

describe('[R57] a request about a call that is not in memory', () => {
  const ask: SessionEvent = {
    type: 'permission',
    id: 'r1',
    tool: { toolCallId: 'c3' },
    options: [{ optionId: 'once', name: 'Allow', kind: 'allow_once' }],
  };
  it('says all that is known of it, in a hidden session too, and counts once', async () => {
    const entry = await long();
    page.sessions.view(page.begin('b').id);
    page.tidy();
    page.hear(entry, ask);
    await page.settled(entry);
    expect(entry.record.attention.value).toBe('approval');
    expect(title(entry)).toBeUndefined();
    page.tidy();
    await until(() => title(entry) === 'Call 3');
    expect(entry.record.unread.value).toBe(1);
    page.tidy();
    expect([title(entry), past(entry) > 0, page.reads]).toEqual(['Call 3', true, 1]);
    const [waits] = entry.transcript.pending;
    expect(waits).toBe('r1');
  });

  it('a log that cannot be read is not read again with every event', async () => {
    const entry = await long();
    page.tidy();
    page.broken = true;
    page.hear(entry, ask);
    await page.settled(entry);
    page.tidy();
    await until(() => entry.record.older.value === 'failed');
    const { reads } = page;
    for (let i = 0; i < 3; i++) page.tidy();
    expect(page.reads).toBe(reads);
    // Negative control: when it is asked for.
    page.broken = false;
    await page.memory.recall(entry);
    expect([title(entry), past(entry)]).toEqual(['Call 3', 0]);
  });
});

const words = (view: View): string[] => [...view.log.children].map((row) => row.textContent!);

describe('[R15] a reload', () => {
  const LONG = 400;

  it('shows the end of a long log before all of it is read, and then the same elements', async () => {
    const first = await long(LONG);
    const view = await page.show(first);
    const before = words(view).slice(-40);
    await page.storage.compact('a');
    page.dispose();
    document.body.replaceChildren();
    page = new Page(database);
    let release!: () => void;
    page.disk = new Promise((resolve) => (release = resolve));
    const entry = page.known('a');
    page.sessions.showEnd(entry, await page.storage.loadEnd('a'));
    page.sessions.view('a');
    const again = await page.show(entry);
    expect(entry.transcript.end).toBe(true);
    expect(entry.record.loading.value).toBe(true);
    expect(words(again).slice(-40)).toEqual(before);
    const rows = [...again.log.children];
    release();
    await page.sessions.load(entry);
    await until(() => !entry.record.loading.value);
    await frames();
    expect(entry.transcript.end).toBe(false);
    expect([...again.log.children]).toEqual(rows);
    const whole = emptyTranscript();
    const { events } = (await page.storage.loadLog('a'))!;
    for (const each of events) applyEvent(whole, each as NumberedEvent, noChange());
    for (const each of [entry.transcript, whole]) previewIn(each);
    expect(entry.transcript).toEqual(whole);
    // And it goes on from there.
    page.hear(entry, ...turns(LONG, LONG + 1));
    await frames();
    expect(again.log.lastElementChild!.previousElementSibling!.textContent).toContain(
      `Answer ${LONG}.`,
    );
    expect(entry.transcript.items).toHaveLength((LONG + 1) * PER_TURN);
  });

  it('reads all of a short log at once (negative control)', async () => {
    const entry = page.begin('a');
    page.hear(entry, ...turns(0, 3));
    await page.settled(entry);
    await page.storage.compact('a');
    expect(await page.storage.loadEnd('a')).toBeUndefined();
  });

  it('an end that turns out to be of nothing is taken away again', async () => {
    await long(LONG);
    await page.storage.compact('a');
    page.dispose();
    page = new Page(database);
    page.broken = true;
    const entry = page.known('a');
    page.sessions.showEnd(entry, await page.storage.loadEnd('a'));
    expect(entry.transcript.items.length).toBeGreaterThan(100);
    await page.sessions.load(entry);
    expect(entry.transcript.items).toEqual([]);
    expect([entry.epoch, entry.receivedN]).toEqual([undefined, 0]);
    expect(entry.record.loading.value).toBe(false);
  });
});
