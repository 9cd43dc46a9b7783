import { newId, type SessionId } from '../../core/ids.ts';
import { ApertureClient } from '../client/aperture-client.ts';
import { DEFAULT_POLICY } from '../../core/endpoint/policy.ts';
import { apertureProtocol } from '../client/protocols/aperture.ts';
import type { Environment } from '../client/environment.ts';
import type { SocketFactory } from '../client/protocols/port.ts';
import { StoreActions } from './actions.ts';
import type { Clock } from '../client/clock.ts';
import { ClockSkew } from './clock-skew.ts';
import { EndpointControl } from './endpoint.ts';
import type { FrameSource } from './frames.ts';
import { StoreHost } from './host.ts';
import { Ingest } from './ingest.ts';
import { LogWriter } from './persistence/log-writer.ts';
import type { Storage } from './persistence/storage.ts';
import { OutboxKeeper } from './outbox-keeper.ts';
import { PartingNote } from './parting-note.ts';
import { Saver } from './saver.ts';
import { Sessions } from './sessions.ts';
import { TabLock, type Locks } from './tab-lock.ts';
import { start, type PageContext } from './startup.ts';
import { StoreState } from './state.ts';
import { Toasts } from './toasts.ts';
import { TokenKeeper, type TabStorage } from './tokens.ts';
import type { Actions, Store } from './types.ts';

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

/** Errors that a new token, or a free place, does away with. */
const RECOVERABLE = new Set(['unauthorized', 'forbidden', 'connection_limit']);

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
  // Missing where the page is not served safely, and in Node.
  const browser = globalThis.navigator as Partial<Navigator> | undefined;
  const tab = new TabLock(options.locks ?? browser?.locks);
  const saver = new Saver(storage, note, tab);
  const writer = new LogWriter(storage, (id, n) => client.persisted(id, n));
  const ingest = new Ingest({
    frames,
    seen: (id) => sessions.seen(id),
    viewed: () => state.activeSessionId.peek(),
    skewMs: () => skew.ms,
    changed: (entry) => {
      if (state.entry(entry.id) === entry) saver.soon(entry);
    },
  });
  const sessions = new Sessions({
    state,
    storage,
    writer,
    saver,
    ingest,
    skew,
    toasts,
    environment,
    client: () => client,
  });
  let first = true;
  const endpoint = new EndpointControl({
    state: state.endpoint,
    agents: state.agents,
    environment,
    asking: () => new Set(state.order),
    listed: (list, asked) => {
      const url = endpoint.url;
      if (url) sessions.merge(list, url, asked as ReadonlySet<SessionId>, first && !known(url));
      first = false;
      connectAll();
    },
    ready: () => {
      // Whoever waits for a retry need not: the gateway answers.
      for (const { id, record } of state.entries) {
        if (record.connection.peek().status === 'reconnecting') client.retryNow(id);
      }
    },
  });
  const host = new StoreHost({
    state,
    sessions,
    ingest,
    writer,
    saver,
    skew,
    reconnected: () => endpoint.refreshSoon(),
    failing: () => {
      // Not while it is known to be away: its own back-off decides then.
      if (state.endpoint.peek().status === 'ready') endpoint.refreshSoon();
    },
    now: () => Date.now(),
  });
  const client = new ApertureClient({
    host,
    environment,
    place: (id) => ({
      endpoint: endpoint.endpoint,
      protocol: apertureProtocol,
      policy: DEFAULT_POLICY.aperture,
      summary: state.entry(id)!.record.summary.peek(),
      remote: undefined,
      was: { turn: 'idle', pending: [] },
    }),
    check: (id) => endpoint.api.check(id),
    client: `tab-${newId().slice(0, 8)}`,
    ...(options.sockets && { sockets: options.sockets }),
    ...(options.clock && { clock: options.clock }),
  });
  const outboxes = new OutboxKeeper({ state, storage, tab, client: () => client });
  const tokens = new TokenKeeper(options.tab, saver);
  const actions = new StoreActions({
    state,
    sessions,
    endpoint,
    client,
    ingest,
    saver,
    toasts,
    tokens,
    moveTo,
  });

  environment.listen((hint) => {
    if (hint === 'hidden') {
      // Maybe the last moment of this page (R27).
      void writer.flush('strict');
      void saver.part();
    } else if (hint !== 'offline') {
      sessions.shown();
      void outboxes.takeUp();
      endpoint.refreshSoon();
    }
  }, abort.signal);

  /** Every session that may be live, as far as there is room: the viewed one first, then those at work (R18). */
  function connectAll(): void {
    const active = state.activeSessionId.peek();
    const rank = (id: SessionId, agentState: string): number =>
      id === active ? 0 : agentState === 'starting' || agentState === 'ready' ? 1 : 2;
    const waiting = state.entries
      .filter(({ gone, parked, ending, endpoint: home, record }) => {
        const connection = record.connection.peek();
        const idle =
          (connection.status === 'disconnected' && connection.reason !== 'user') ||
          (connection.status === 'error' && RECOVERABLE.has(connection.error.code));
        return idle && !gone && !parked && !ending && home === endpoint.url;
      })
      .toSorted(
        (a, b) =>
          rank(a.id, a.record.summary.peek().agentState) -
          rank(b.id, b.record.summary.peek().agentState),
      );
    void connectInTurn(waiting.map(({ id }) => id));
  }

  async function connectInTurn(ids: readonly SessionId[]): Promise<void> {
    for (const id of ids) {
      const entry = state.entry(id);
      if (!entry || abort.signal.aborted) continue;
      await sessions.load(entry);
      // A hibernated one comes back when somebody asks for it, not at another's cost.
      if (client.hasRoom && state.entry(id) === entry) client.connectSession(id).catch(() => {});
    }
  }

  /** Something of this gateway was here before, so what is new on it is news. */
  function known(url: string): boolean {
    return state.entries.some((entry) => entry.endpoint === url);
  }

  async function moveTo(url: string): Promise<void> {
    await writer.flush('strict');
    await saver.flush();
    const leaving = state.entries.filter(
      (entry) => entry.endpoint !== undefined && entry.endpoint !== url,
    );
    for (const entry of leaving) {
      client.forgetSession(entry.id);
      writer.forget(entry.id);
      ingest.forget(entry);
      state.remove(entry.id);
    }
    if (url !== endpoint.url) {
      state.agents.value = undefined;
      first = true;
    }
    const { sessions: saved } = await storage.load();
    sessions.restore(saved, state.order, url);
    const active = state.activeSessionId.peek();
    if (active === undefined || !state.entry(active)) sessions.view(state.order[0]);
  }

  return {
    store: state,
    actions,
    start: (page) =>
      start({ state, storage, sessions, endpoint, tokens, saver, note, outboxes }, page),
    async dispose() {
      if (abort.signal.aborted) return;
      abort.abort();
      endpoint.dispose();
      client.dispose();
      ingest.dispose();
      toasts.dispose();
      await Promise.all([writer.flush('strict'), saver.flush()]);
      outboxes.dispose();
      writer.dispose();
      saver.dispose();
      storage.close();
    },
  };
}
