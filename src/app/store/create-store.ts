import { batch } from '@preact/signals-core';
import { ApertureError } from '../../core/errors.ts';
import { newId, type SessionId } from '../../core/ids.ts';
import { ApertureClient } from '../client/aperture-client.ts';
import { browserSockets } from '../client/browser-sockets.ts';
import { Protocols } from '../client/protocols/registry.ts';
import type { Environment } from '../client/environment.ts';
import type { SocketFactory } from '../client/protocols/port.ts';
import { StoreActions } from './actions.ts';
import type { Clock } from '../client/clock.ts';
import { ClockSkew } from './clock-skew.ts';
import { Connector } from './connector.ts';
import type { Crowd } from './crowd.ts';
import type { Drivers } from './drivers.ts';
import type { EndpointEntry } from './endpoint-entry.ts';
import type { EndpointId } from './endpoint-types.ts';
import { Endpoints, type Adapters } from './endpoints.ts';
import type { FrameSource } from './frames.ts';
import { Housekeeper } from './housekeeper.ts';
import { StoreHost } from './host.ts';
import { Ingest } from './ingest.ts';
import { LogWriter } from './persistence/log-writer.ts';
import type { Storage } from './persistence/storage.ts';
import { OutboxKeeper } from './outbox-keeper.ts';
import { PartingNote } from './parting-note.ts';
import { Places } from './places.ts';
import { Saver } from './saver.ts';
import { Sessions } from './sessions.ts';
import { TabLock, type Locks } from './tab-lock.ts';
import { start, type PageContext } from './startup.ts';
import { StoreState } from './state.ts';
import { Toasts } from './toasts.ts';
import { TabView } from './tab-view.ts';
import { TabTokens, type TabStorage } from './tokens.ts';
import type { Actions, Store } from './types.ts';
import { showChange } from './view.ts';

export interface StoreOptions {
  /** Empty; for a page that shows it before there is a store. */
  state?: StoreState;
  /** @param trouble told why streams are kept in memory only, if that comes to be (R32). */
  storage: (trouble: (reason: string) => void) => Storage;
  environment: Environment;
  frames: FrameSource;
  /** sessionStorage, where the browser allows it. */
  tab: TabStorage | undefined;
  sockets?: SocketFactory;
  /** The page's own unless given. */
  adapters?: Adapters;
  /** Of the connections; the system's unless given. */
  clock?: Clock;
  /** By which tabs know of each other; the browser's unless given. It has none on a page over plain http. */
  locks?: Locks;
}

export interface RunningStore {
  readonly store: Store;
  readonly actions: Actions;
  /** Shows what is cached, then asks the gateway. Resolves when it has answered once, or cannot be reached. */
  start(page: PageContext): Promise<void>;
  /** Idempotent and final: sockets, timers, database. */
  dispose(): Promise<void>;
}

/** Puts the store, its client and its actions together; nothing runs before `start`. */
export function createStore(options: StoreOptions): RunningStore {
  const { environment, frames } = options;
  const state = options.state ?? new StoreState();
  const toasts = new Toasts(state.toasts);
  const skew = new ClockSkew();
  const abort = new AbortController();

  const storage = options.storage((reason) => {
    state.storage.value = { mode: 'memory', reason };
    // At the start the banner says it; in the middle of things it must not go unnoticed.
    if (state.started.peek()) toasts.show({ level: 'warning', text: `Kept in memory: ${reason}` });
  });
  const note = new PartingNote(options.tab);
  const tabView = new TabView(options.tab);
  // Missing where the page is not served safely, and in Node.
  const browser = globalThis.navigator as Partial<Navigator> | undefined;
  const locks = options.locks ?? browser?.locks;
  const tab = new TabLock(locks);
  const saver = new Saver(storage, note, tab);
  const writer = new LogWriter(storage, (id, n) => {
    const entry = state.entry(id);
    if (entry) entry.storedN = n;
    client.persisted(id, n);
  });
  const housekeeper = new Housekeeper({
    state,
    storage,
    writer,
    shown: (entry, change) =>
      batch(() => showChange(entry, change, sessions.seen(entry.id), skew.ms)),
  });
  const ingest = new Ingest({
    frames,
    seen: (id) => sessions.seen(id),
    viewed: () => state.activeSessionId.peek(),
    skewMs: () => skew.ms,
    changed: (entry) => {
      if (state.entry(entry.id) !== entry) return;
      saver.soon(entry);
      housekeeper.due(entry);
    },
  });
  const tokens = new TabTokens(options.tab);
  const adapters = options.adapters ?? new Protocols();
  const endpoints = new Endpoints({
    state,
    saver,
    tokens,
    adapters,
    environment,
    asking: () => new Set(state.order),
    listed: (endpoint, list, asked) => {
      const news = !endpoint.first || known(endpoint.id);
      endpoint.first = false;
      sessions.merge(list, endpoint, asked as ReadonlySet<SessionId>, !news);
      if (outboxes.waits) void outboxes.takeUp();
      void connector.connectAll(endpoint.id);
    },
    ready: ({ id: endpoint }) => {
      // Whoever waits for a retry need not: the gateway answers.
      for (const { id, endpoint: home, record } of state.entries) {
        const waits = record.connection.peek().status === 'reconnecting';
        if (home === endpoint && waits) client.retryNow(id);
      }
    },
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
    endpoint: (id) => endpoints.get(id),
    client: () => client,
  });
  const host = new StoreHost({
    state,
    sessions,
    ingest,
    writer,
    saver,
    skew,
    changed: (entry, connection, before) => {
      const endpoint = endpoints.get(entry.endpoint);
      drivers?.changed(entry, connection);
      if (!endpoint) return;
      endpoints.observe(endpoint, connection);
      const came = connection.status === 'connected' && before !== 'connected';
      if (came && endpoint.policy.limit === 'warn') void warnOfCrowd(endpoint);
      const { status } = connection;
      const { control } = endpoint;
      // A connection came back: the list may have changed meanwhile. It broke: maybe it is not the only one; but
      // not while the gateway is known to be away: its own back-off decides then.
      const back = status === 'connected' && before === 'reconnecting';
      const failing = status === 'error' || status === 'reconnecting';
      if (back || (failing && control?.state.status === 'ready')) control?.refreshSoon();
    },
    now: () => Date.now(),
  });
  const places = new Places({ state, endpoints, ingest });
  const sockets = options.sockets ?? browserSockets;
  const client = new ApertureClient({
    host,
    environment,
    place: places.find,
    check: places.check,
    client: `tab-${newId().slice(0, 8)}`,
    sockets,
    pace: options.frames,
    ...(options.clock && { clock: options.clock }),
  });
  // What only some kinds of servers need is fetched when one of them is there.
  let drivers: Drivers | undefined;
  const loadDrivers = async (): Promise<Drivers> => {
    const loaded = await import('./drivers.ts');
    drivers ??= new loaded.Drivers({ client, sessions, writer, saver, locks });
    if (abort.signal.aborted) drivers.dispose();
    return drivers;
  };
  let crowd: Crowd | undefined;
  const warnOfCrowd = async (endpoint: EndpointEntry): Promise<void> => {
    const loaded = await import('./crowd.ts').catch(() => undefined);
    if (loaded && !abort.signal.aborted) (crowd ??= new loaded.Crowd(state, toasts)).came(endpoint);
  };
  const connector = new Connector({
    state,
    sessions,
    endpoints,
    client,
    drivers: loadDrivers,
    toasts,
    signal: abort.signal,
  });
  const outboxes = new OutboxKeeper({
    state,
    storage,
    tab,
    noted: note.outboxes,
    client: () => client,
  });
  const endpointCommands = fetched(async () => {
    const loaded = await import('./endpoint-commands.ts');
    const parts = { state, sessions, endpoints, connector, tokens, adapters, sockets };
    return new loaded.EndpointCommands(parts);
  });
  const sessionCommands = fetched(async () => {
    const loaded = await import('./session-commands.ts');
    const parts = { state, sessions, endpoints, connector, saver, endpointCommands };
    return new loaded.SessionCommands(parts);
  });
  const actions = new StoreActions({
    state,
    sessions,
    endpoints,
    endpointCommands,
    sessionCommands,
    connector,
    client,
    ingest,
    housekeeper,
    saver,
    toasts,
  });

  let still = false;
  environment.listen((hint) => {
    if (hint === 'hidden' || hint === 'frozen') {
      // Maybe the last moment of this page (R27).
      sessions.keepViewed();
      void writer.flush('strict');
      void saver.part();
      if (hint === 'hidden') return;
      // Neither a socket nor a lock is held by a page that stands still: the browser would not keep it (R19).
      still = true;
      client.sleep();
      outboxes.letGo();
    } else if (hint !== 'offline') {
      sessions.shown();
      // What another tab sends meanwhile is let go of before anything is dialled.
      if (still) void outboxes.goOn().finally(() => client.wakeUp());
      else void outboxes.takeUp();
      still = false;
      endpoints.refreshSoon();
    }
  }, abort.signal);

  /** Something of this gateway was here before, so what is new on it is news. */
  function known(endpoint: EndpointId): boolean {
    return state.entries.some((entry) => entry.endpoint === endpoint);
  }

  return {
    store: state,
    actions,
    start: (page) =>
      start(
        { state, storage, sessions, endpoints, connector, tokens, saver, note, tabView, outboxes },
        page,
      ),
    async dispose() {
      if (abort.signal.aborted) return;
      abort.abort();
      endpoints.dispose();
      drivers?.dispose();
      client.dispose();
      ingest.dispose();
      housekeeper.dispose();
      toasts.dispose();
      sessions.keepViewed();
      await Promise.all([writer.flush('strict'), saver.flush()]);
      outboxes.dispose();
      writer.dispose();
      saver.dispose();
      storage.close();
    },
  };
}

/** A part that is fetched once, when it is first needed. @throws ApertureError `part_missing`; it may be asked again. */
function fetched<T>(load: () => Promise<T>): () => Promise<T> {
  let part: Promise<T> | undefined;
  return () =>
    (part ??= load().catch((cause: unknown) => {
      part = undefined;
      throw new ApertureError(
        'part_missing',
        'A part of this page could not be loaded. Reload the page; nothing is lost.',
        { retryable: true, cause },
      );
    }));
}
