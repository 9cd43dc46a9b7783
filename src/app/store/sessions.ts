import { batch } from '@preact/signals-core';
import type { SessionId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import type { NumberedEvent } from '../../core/session/event.ts';
import { endOf } from '../../core/session/reduce.ts';
import { emptyTranscript } from '../../core/session/transcript.ts';
import type { SessionSummary } from '../../core/wire/rest.ts';
import type { ApertureClient } from '../client/aperture-client.ts';
import type { Environment } from '../client/environment.ts';
import type { ClockSkew } from './clock-skew.ts';
import type { EndpointEntry } from './endpoint-entry.ts';
import type { EndpointId } from './endpoint-types.ts';
import type { Ingest } from './ingest.ts';
import type { LogWriter } from './persistence/log-writer.ts';
import type { SavedSession } from './persistence/schema.ts';
import type { Storage } from './persistence/storage.ts';
import { newEntry, SessionEntry } from './record.ts';
import type { Saver } from './saver.ts';
import type { StoreState } from './state.ts';
import type { TabView } from './tab-view.ts';
import type { Toasts } from './toasts.ts';
import { refresh } from './view.ts';

export interface SessionsParts {
  state: StoreState;
  storage: Storage;
  writer: LogWriter;
  saver: Saver;
  tabView: TabView;
  ingest: Ingest;
  skew: ClockSkew;
  toasts: Toasts;
  environment: Environment;
  endpoint: (id: EndpointId | undefined) => EndpointEntry | undefined;
  client: () => ApertureClient;
}

/** Which sessions there are, which one is viewed, and what of each is cached. */
export class Sessions {
  readonly #parts: SessionsParts;
  /** Which session is viewed has not been noted yet. */
  #unkept = false;
  /** Ended without being asked to; told together (R17). */
  readonly #endedElsewhere = new Set<SessionEntry>();

  constructor(parts: SessionsParts) {
    this.#parts = parts;
  }

  /** Shows what was cached (R15), wherever it lives. */
  restore(saved: readonly SavedSession[], order: readonly SessionId[]): void {
    const { state } = this.#parts;
    const place = new Map(order.map((id, index) => [id, index]));
    const rows = saved
      .filter((row) => !state.entry(row.id))
      .toSorted(
        (a, b) =>
          (place.get(a.id) ?? Number.POSITIVE_INFINITY) -
            (place.get(b.id) ?? Number.POSITIVE_INFINITY) ||
          a.summary.createdAt - b.summary.createdAt,
      );
    const entries = rows.map((row) => new SessionEntry(row));
    for (const entry of entries) this.refresh(entry);
    state.add(...entries);
  }

  /** Reads the cached log, once. What arrives meanwhile is applied after it (R28). */
  load(entry: SessionEntry): Promise<void> {
    entry.loaded ??= this.#read(entry);
    return entry.loaded;
  }

  /** Reads it anew: another tab has written to it. Without a database this tab's own copy is all there is. */
  async reload(entry: SessionEntry): Promise<void> {
    const { state, storage, writer } = this.#parts;
    if (state.storage.peek().mode === 'memory') return;
    await writer.flush('relaxed');
    const { sessions } = await storage.load();
    const row = sessions.find(({ id }) => id === entry.id);
    if (!row || state.entry(entry.id) !== entry) return;
    entry.remote = row.remote;
    entry.clear(undefined, 0);
    entry.loaded = undefined;
    await this.load(entry);
  }

  /** Shows the end of a long cached log, if it was to be had; {@link load} puts all of it in its place. */
  showEnd(entry: SessionEntry, events: readonly NumberedEvent[] | undefined): void {
    const { record } = entry;
    if (!events || entry.loaded || entry.hasLog || entry.transcript.lastN > 0) return;
    record.loading.value = true;
    entry.transcript = endOf(events);
    record.structure.value++;
  }

  async #read(entry: SessionEntry): Promise<void> {
    const { storage, writer, ingest, state } = this.#parts;
    const { era, record } = entry;
    record.loading.value = true;
    // Its end can be looked at while the rest is read.
    if (entry.transcript.end) await ingest.painted();
    const log = await storage.loadLog(entry.id);
    if (state.entry(entry.id) !== entry) return;
    // Another log was begun meanwhile: it is newer than anything on disk.
    if (entry.era !== era) return;
    if (entry.transcript.end) {
      entry.transcript = emptyTranscript();
      if (!log || log.events.length === 0) record.structure.value++;
    }
    if (!log || log.events.length === 0) {
      record.loading.value = false;
      if (!log) return;
    }
    entry.epoch = log.epoch;
    entry.receivedN = entry.storedN = log.last;
    entry.loadingTo = log.events.at(-1)?.n ?? 0;
    entry.inbox = log.events;
    entry.inboxAt = 0;
    writer.continueLog(entry.id, log.epoch, log.last, log.holed);
    if (this.#parts.state.activeSessionId.peek() === entry.id) ingest.catchUp(entry);
    else ingest.request(entry);
  }

  /** The reader looks at it now. */
  seen(id: SessionId): boolean {
    const { state, environment } = this.#parts;
    return (
      state.activeSessionId.peek() === id &&
      environment.visible() &&
      state.entry(id)?.keptUnread !== true
    );
  }

  /** It may be viewed next: what can be done before is done, and nothing of it is read. */
  prepare(entry: SessionEntry): void {
    if (this.#parts.state.activeSessionId.peek() !== entry.id) this.#beginView(entry);
    void this.load(entry);
  }

  /** Shows this session: one write that anything waits for, and no socket is touched (R34). */
  view(id: SessionId | undefined): void {
    const { state, ingest } = this.#parts;
    const entry = id === undefined ? undefined : state.entry(id);
    if (id !== undefined && !entry) return;
    batch(() => {
      if (entry) {
        entry.keptUnread = false;
        ingest.catchUp(entry);
        this.#beginView(entry);
      }
      state.activeSessionId.value = id;
      if (entry) this.#markRead(entry);
    });
    this.#unkept = true;
    if (entry) {
      // The reader waits for the frame, not for the disk.
      void ingest.painted().then(() => this.keepViewed());
      void this.load(entry);
    } else this.keepViewed();
  }

  /** Notes which session is viewed, for the next page; at once where this may be the page's last moment. */
  keepViewed(): void {
    if (!this.#unkept) return;
    this.#unkept = false;
    const { state, saver, tabView } = this.#parts;
    const id = state.activeSessionId.peek();
    tabView.keep(id);
    saver.meta('activeSessionId', id);
  }

  /** The page can be seen again: what came meanwhile to the viewed session is read now. */
  shown(): void {
    const { state } = this.#parts;
    const id = state.activeSessionId.peek();
    const entry = id === undefined ? undefined : state.entry(id);
    if (!entry || !this.seen(entry.id)) return;
    batch(() => {
      if (entry.record.unread.peek() > 0) this.#beginView(entry);
      this.#markRead(entry);
    });
  }

  /** Counts its last message or request as unread again, also while it is viewed. */
  markUnread(entry: SessionEntry): void {
    const last = entry.transcript.countable.at(-1);
    if (last === undefined) return;
    entry.readN = last - 1;
    entry.keptUnread = true;
    this.refresh(entry);
    this.#parts.saver.soon(entry);
  }

  refresh(entry: SessionEntry): void {
    batch(() => refresh(entry, this.#parts.skew.ms));
  }

  /** What the gateway says of the session now. */
  setSummary(entry: SessionEntry, summary: SessionSummary): void {
    batch(() => {
      entry.record.summary.value = summary;
      if (!entry.named) entry.record.title.value = summary.title;
      this.refresh(entry);
    });
    this.#parts.saver.soon(entry);
  }

  /** A session that is new to this page. @param readN up to where it counts as read. */
  add(
    summary: SessionSummary,
    endpoint: EndpointId,
    readN: number,
    remote?: JsonObject,
  ): SessionEntry {
    const { state, saver } = this.#parts;
    const known = state.entry(summary.id);
    if (known) return known;
    const entry = newEntry(summary, endpoint, readN, remote);
    this.refresh(entry);
    state.add(entry);
    // What this tab looked at before a reload that came too soon for the database.
    if (state.activeSessionId.peek() === undefined && this.#parts.tabView.last === entry.id)
      this.view(entry.id);
    saver.soon(entry);
    this.saveOrder();
    return entry;
  }

  /**
   * Takes over the gateway's list (R17). A session that is connected is not touched: its socket knows better (R28).
   * @param before the sessions that were known when the list was asked for; only those can be missing from it.
   * @param first nothing that is already there is news to a reader who opens this page for the first time.
   */
  merge(
    list: readonly SessionSummary[],
    from: EndpointEntry,
    before: ReadonlySet<SessionId>,
    first: boolean,
  ): void {
    const { state, client } = this.#parts;
    const endpoint = from.id;
    let doubles = 0;
    const listed = new Set(list.map(({ id }) => id));
    for (const summary of list.toSorted((a, b) => a.createdAt - b.createdAt)) {
      const entry = state.entry(summary.id);
      if (!entry) {
        // It was removed here while the list was on its way (R29).
        if (before.has(summary.id)) continue;
        this.add(summary, endpoint, first ? summary.head : 0);
        continue;
      }
      if (entry.ending) continue;
      if (this.#livesElsewhere(entry, endpoint)) {
        doubles++;
        continue;
      }
      entry.endpoint = endpoint;
      if (entry.gone) {
        // It is there again, as after a gateway that came back with its log.
        entry.gone = false;
        client().forgetSession(entry.id);
        client().restoreOutbox(entry.id, entry.record.outbox.peek());
        entry.record.connection.value = { status: 'disconnected', reason: 'never' };
      }
      if (entry.record.connection.peek().status !== 'connected') this.setSummary(entry, summary);
    }
    for (const entry of state.entries) {
      const { id } = entry;
      const missing = entry.endpoint === endpoint && before.has(id) && !listed.has(id);
      if (missing && !entry.gone && !entry.ending) client().sessionGone(id);
    }
    if (doubles > 0) this.#tellDoubles(from, doubles);
  }

  /** Another server shows it already, and keeps it (R26); unless nobody uses that one any more. */
  #livesElsewhere(entry: SessionEntry, endpoint: EndpointId): boolean {
    if (entry.endpoint === undefined || entry.endpoint === endpoint) return false;
    const owner = this.#parts.endpoint(entry.endpoint);
    const used = owner !== undefined && owner.state.status !== 'unset';
    return used || entry.record.connection.peek().status === 'connected';
  }

  #tellDoubles(from: EndpointEntry, count: number): void {
    if (from.toldDoubles) return;
    from.toldDoubles = true;
    const which = count === 1 ? 'A session' : `${count} sessions`;
    this.#parts.toasts.show({
      level: 'info',
      text: `${which} of “${from.name}” ${count === 1 ? 'is' : 'are'} in the list already, by another endpoint, and stay there. Is it the same gateway at two addresses?`,
    });
  }

  /** Its connection says that it is over: the copy here stays until the user decides. */
  ended(entry: SessionEntry): void {
    if (entry.gone) return;
    entry.gone = true;
    this.#parts.saver.now(entry);
    if (entry.ending) return;
    if (this.#endedElsewhere.size === 0) setTimeout(() => this.#tellEnded(), 100);
    this.#endedElsewhere.add(entry);
  }

  /** Removes the session and everything of it here; another is picked if it was viewed (R29, R36). */
  async remove(id: SessionId): Promise<void> {
    const { state, writer, saver, ingest, client, storage } = this.#parts;
    const entry = state.entry(id);
    if (!entry) return;
    const next = state.neighbourOf(id);
    client().forgetSession(id);
    writer.forget(id);
    saver.forget(entry);
    ingest.forget(entry);
    this.#endedElsewhere.delete(entry);
    batch(() => {
      if (state.activeSessionId.peek() === id) this.view(next);
      state.remove(id);
    });
    this.saveOrder();
    await storage.remove(id);
  }

  saveOrder(): void {
    this.#parts.saver.meta('order', [...this.#parts.state.order]);
  }

  #beginView(entry: SessionEntry): void {
    const { record } = entry;
    record.readMark.value = record.unread.peek() > 0 ? entry.readN : Number.POSITIVE_INFINITY;
  }

  #markRead(entry: SessionEntry): void {
    if (this.seen(entry.id)) entry.readN = Math.max(entry.readN, entry.transcript.lastN);
    this.refresh(entry);
    this.#parts.saver.soon(entry);
  }

  #tellEnded(): void {
    const { toasts, state } = this.#parts;
    const entries = [...this.#endedElsewhere].filter((entry) => state.entry(entry.id) === entry);
    this.#endedElsewhere.clear();
    if (entries.length === 0) return;
    const [only] = entries;
    const kept = entries.length === 1 ? 'Its history is' : 'Their history is';
    const who =
      entries.length === 1 ? `“${only!.record.title.peek()}” is` : `${entries.length} sessions are`;
    const atGateway = entries.every(({ endpoint }) => this.#parts.endpoint(endpoint)?.control);
    const what = atGateway ? 'gone on the gateway' : 'over: it cannot be taken up again';
    toasts.show({
      level: 'warning',
      text: `${who} ${what}. ${kept} kept here.`,
      action: {
        label: entries.length === 1 ? 'Remove the copy' : 'Remove the copies',
        run: () => {
          for (const { id } of entries) void this.remove(id);
        },
      },
    });
  }
}
