import type { ApertureClient } from '../../../src/app/client/aperture-client.ts';
import type { OutboxEntry } from '../../../src/app/client/ports.ts';
import { ClockSkew } from '../../../src/app/store/clock-skew.ts';
import type { FrameSource } from '../../../src/app/store/frames.ts';
import { EndpointEntry } from '../../../src/app/store/endpoint-entry.ts';
import { StoreHost } from '../../../src/app/store/host.ts';
import { Ingest } from '../../../src/app/store/ingest.ts';
import { LogWriter } from '../../../src/app/store/persistence/log-writer.ts';
import { memoryStorage } from '../../../src/app/store/persistence/memory-storage.ts';
import type { LogBatch, SavedLog, Storage } from '../../../src/app/store/persistence/storage.ts';
import type { SavedQueued, SavedSession } from '../../../src/app/store/persistence/schema.ts';
import { PartingNote } from '../../../src/app/store/parting-note.ts';
import { TabLock } from '../../../src/app/store/tab-lock.ts';
import { Saver } from '../../../src/app/store/saver.ts';
import { Sessions } from '../../../src/app/store/sessions.ts';
import { TabView } from '../../../src/app/store/tab-view.ts';
import { StoreState } from '../../../src/app/store/state.ts';
import { Toasts } from '../../../src/app/store/toasts.ts';
import type { SessionId } from '../../../src/core/ids.ts';
import type { SessionAbilities } from '../../../src/core/session/abilities.ts';
import type { SessionEvent } from '../../../src/core/session/event.ts';
import { ManualEnvironment, summary } from '../client/kit.ts';

/** Frames that come when told to; each look at the clock costs a little. */
export class ManualFrames implements FrameSource {
  #runs = new Set<() => void>();
  #now = 0;
  /** ms that a look at the clock takes: with 0 a frame has all the time in the world. */
  costOfLooking = 0;
  /** ms that a frame takes in which the conversation has grown. */
  costOfDrawing = 0;
  #painted: (() => void)[] = [];
  hidden = (): boolean => false;

  next(run: () => void): () => void {
    const once = (): void => run();
    this.#runs.add(once);
    return () => this.#runs.delete(once);
  }

  now(): number {
    return (this.#now += this.costOfLooking);
  }

  painted(run: () => void): void {
    this.#painted.push(run);
  }

  get waiting(): boolean {
    return this.#runs.size > 0;
  }

  draw(): void {
    this.#now += 16;
    const runs = this.#runs;
    this.#runs = new Set();
    for (const run of runs) run();
    if (this.#painted.length > 0) this.#now += this.costOfDrawing;
    for (const run of this.#painted.splice(0)) run();
  }

  drawAll(): void {
    while (this.waiting) this.draw();
  }
}

/** Storage whose answers are given by the test. */
export class RecordingStorage implements Storage {
  readonly #base = memoryStorage();
  readonly appended: { batches: readonly LogBatch[]; durability: string }[] = [];
  readonly calls: string[] = [];
  readonly logs = new Map<SessionId, SavedLog>();
  saved: SavedSession[] = [];
  meta = new Map<string, unknown>();
  /** Held back until this resolves. */
  reading: Promise<void> = Promise.resolve();
  works = true;
  /** How far each log is on disk without a hole, if not to where it was just written. */
  standing: number | undefined;

  load = async () => ({ sessions: this.saved, meta: this.meta });
  loadLog = async (id: SessionId) => {
    await this.reading;
    return this.logs.get(id);
  };
  loadEnd = async (): Promise<undefined> => undefined;
  append: Storage['append'] = async (batches, durability) => {
    this.appended.push({ batches, durability });
    if (!this.works) return undefined;
    return new Map(batches.map(({ id, events }) => [id, this.standing ?? events.at(-1)!.n]));
  };
  /** What was written of one session's log since it was last begun. */
  logOf(id: SessionId): SavedLog {
    const batches = this.appended.flatMap((one) => one.batches).filter((one) => one.id === id);
    const events = batches.flatMap((one) => one.events);
    return { epoch: batches.at(-1)!.epoch, events, last: events.at(-1)!.n };
  }

  resetLog: Storage['resetLog'] = async (id) => this.#call(`reset ${id}`);
  compact: Storage['compact'] = async (id) => this.#call(`compact ${id}`);
  saveSessions: Storage['saveSessions'] = async (rows) => {
    for (const row of rows) this.#call(`save ${row.id}`);
    this.saved = [
      ...this.saved.filter(({ id }) => !rows.some((row) => row.id === id)),
      ...structuredClone([...rows]),
    ];
    return this.works;
  };
  outbox: SavedQueued[] = [];
  saveOutbox: Storage['saveOutbox'] = async (sessionId, owner, entries) => {
    const others = this.outbox.filter((row) => row.sessionId !== sessionId || row.owner !== owner);
    const mine = entries.map((entry, order) => ({
      sessionId,
      key: entry.key,
      order,
      owner,
      entry,
    }));
    this.outbox = structuredClone([...others, ...mine]);
    return this.#call(`outbox ${sessionId}`);
  };
  queued = async (): Promise<SavedQueued[]> => this.outbox;
  adoptOutbox: Storage['adoptOutbox'] = async (owner, gone, sessions) => {
    const taken = this.outbox.filter((row) => gone.has(row.owner) && sessions.has(row.sessionId));
    for (const row of taken) row.owner = owner;
    const owned = this.outbox.filter((row) => row.owner === owner).map(({ key }) => key);
    return { taken, owned: new Set(owned) };
  };
  saveMeta: Storage['saveMeta'] = async (rows) => {
    for (const { key, value } of rows) this.meta.set(key, value);
    return this.works;
  };
  remove: Storage['remove'] = async (id) => this.#call(`remove ${id}`);
  close = (): void => this.#base.close();

  #call(what: string): boolean {
    this.calls.push(what);
    return this.works;
  }
}

/** The store's parts with nothing below them but a list of what the client was asked to do. */
export function makeParts() {
  const state = new StoreState();
  const storage = new RecordingStorage();
  const environment = new ManualEnvironment();
  const frames = new ManualFrames();
  const skew = new ClockSkew();
  const toasts = new Toasts(state.toasts);
  const saver = new Saver(storage, new PartingNote(undefined), new TabLock(undefined));
  const kept = new Map<string, string>();
  const tabView = new TabView({
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  });
  const endpoints = [GATEWAY];
  GATEWAY.toldDoubles = false;
  const asked: string[] = [];
  const client = {
    persisted: (id: SessionId, n: number) => void asked.push(`persisted ${id} ${n}`),
    forgetSession: (id: SessionId) => void asked.push(`forget ${id}`),
    sessionGone: (id: SessionId) => {
      asked.push(`gone ${id}`);
      host.connectionChanged(id, { status: 'ended', gone: true });
    },
    restoreOutbox: (id: SessionId, entries: readonly OutboxEntry[]) =>
      void asked.push(`outbox ${id} ${entries.length}`),
  } as unknown as ApertureClient;
  const writer = new LogWriter(storage, (id, n) => client.persisted(id, n));
  const ingest = new Ingest({
    frames,
    seen: (id) => sessions.seen(id),
    viewed: () => state.activeSessionId.peek(),
    skewMs: () => skew.ms,
    changed: (entry) => saver.soon(entry),
  });
  const sessions = new Sessions({
    state,
    storage,
    writer,
    saver,
    tabView,
    ingest,
    skew,
    toasts,
    environment,
    endpoint: (id) => endpoints.find((endpoint) => endpoint.id === id),
    client: () => client,
  });
  let now = 1_000_000;
  const host = new StoreHost({
    state,
    sessions,
    ingest,
    writer,
    saver,
    skew,
    changed: (_, { status }, before) => {
      if (status === 'connected' && before === 'reconnecting') asked.push('reconnected');
      if (status === 'error' || status === 'reconnecting') asked.push('failing');
    },
    now: () => now,
  });
  return {
    state,
    storage,
    endpoints,
    environment,
    frames,
    skew,
    toasts,
    saver,
    writer,
    ingest,
    tabView,
    sessions,
    host,
    asked,
    setNow: (value: number) => (now = value),
    /** A session that is connected and whose log is empty. */
    live(id: SessionId): ReturnType<StoreState['entry']> & object {
      const entry = sessions.add(summary(id), ENDPOINT, 0);
      host.connectionChanged(id, { status: 'connected', since: 0 });
      host.attached(
        id,
        { epoch: 'e1', mode: 'full', low: 1, head: 0, session: summary(id) },
        ABILITIES,
      );
      return entry;
    },
    /** Events of one session, numbered on from what it has. */
    say(id: SessionId, ...events: SessionEvent[]): void {
      const at = state.entry(id)?.receivedN ?? 0;
      events.forEach((event, index) =>
        host.events(id, [{ n: at + index + 1, at: 1_000_000, event }]),
      );
    },
    dispose() {
      ingest.dispose();
      writer.dispose();
      saver.dispose();
      toasts.dispose();
    },
  };
}

export const ENDPOINT = 'http://gateway.test';

export const GATEWAY = new EndpointEntry({
  url: ENDPOINT,
  protocol: 'aperture',
  name: 'gateway.test',
  policy: {},
  keeping: 'tab',
  open: true,
});

export const ABILITIES: SessionAbilities = {
  cancel: true,
  approve: true,
  settings: true,
  liveness: true,
  afterDrop: 'resume',
  concurrency: 'ask',
  shared: true,
};

export type Parts = ReturnType<typeof makeParts>;

export const permission = (id: string): SessionEvent => ({
  type: 'permission',
  id,
  tool: { toolCallId: `tool-${id}` },
  options: [{ optionId: 'once', name: 'Once', kind: 'allow_once' }],
});
