import type { SessionId } from '../../core/ids.ts';
import type { ApertureClient } from '../client/aperture-client.ts';
import type { SavedQueued } from './persistence/schema.ts';
import type { NotedOutbox } from './parting-note.ts';
import type { Storage } from './persistence/storage.ts';
import type { StoreState } from './state.ts';
import type { TabLock } from './tab-lock.ts';

export interface OutboxKeeperParts {
  state: StoreState;
  storage: Storage;
  tab: TabLock;
  /** What this tab's last page could not write down. */
  noted: readonly NotedOutbox[];
  client: () => ApertureClient;
}

/**
 * Which tab sends what. Every queued message belongs to one tab; when that is gone, another takes it over: at its
 * start, when it is shown, or as soon as it hears of it. So a message that is withdrawn in one tab is never sent by
 * another (R40), and one whose tab was killed is sent all the same (R6), by its key, once.
 */
export class OutboxKeeper {
  readonly #parts: OutboxKeeperParts;
  #noted: readonly NotedOutbox[];
  #underWay: Promise<void> | undefined;
  #started = false;
  #disposed = false;

  constructor(parts: OutboxKeeperParts) {
    this.#parts = parts;
    this.#noted = parts.noted;
  }

  /** Takes over what belongs to tabs that are gone. Never rejects; joins one under way. */
  takeUp(): Promise<void> {
    // Without locks everyone else counts as gone, so it is done at the start and not again.
    if (this.#disposed || (this.#started && !this.#parts.tab.works)) return Promise.resolve();
    this.#started = true;
    this.#underWay ??= this.#takeUp(new Map()).finally(() => (this.#underWay = undefined));
    return this.#underWay;
  }

  /** This page will stand still: others may have what it has queued. */
  letGo(): void {
    this.#parts.tab.release();
  }

  /** The page goes on: what others took meanwhile is theirs, the rest is ours again. Never rejects. */
  async goOn(): Promise<void> {
    const { tab, state } = this.#parts;
    await this.#underWay;
    if (this.#disposed) return;
    const before = new Map(
      state.entries.map((entry) => [
        entry.id,
        new Set(entry.record.outbox.peek().map(({ key }) => key)),
      ]),
    );
    tab.take();
    await this.#takeUp(before);
  }

  /** Idempotent and final. */
  dispose(): void {
    this.#disposed = true;
    this.#parts.tab.release();
  }

  /** There is something of this tab's last page whose session is not there yet. */
  get waits(): boolean {
    return this.#noted.length > 0;
  }

  /** Without a database, what was noted is all that there is of it (R32). */
  #bringBack(notes: readonly NotedOutbox[]): void {
    const { state, client } = this.#parts;
    for (const { id, entries } of notes) if (state.entry(id)) client().restoreOutbox(id, entries);
    this.#noted = [...this.#noted, ...notes.filter(({ id }) => !state.entry(id))];
  }

  /** @param had what this tab had when it let go, by session. */
  async #takeUp(had: ReadonlyMap<SessionId, ReadonlySet<string>>): Promise<void> {
    const { state, storage, tab, client } = this.#parts;
    tab.take();
    await tab.held;
    const rows = await storage.queued();
    const owners = new Set([...rows, ...this.#noted].map(({ owner }) => owner));
    const gone = await tab.gone(owners);
    const ready = this.#noted.filter(({ owner }) => gone.has(owner));
    this.#noted = this.#noted.filter((note) => !ready.includes(note));
    await Promise.all(ready.map((note) => storage.saveOutbox(note.id, note.owner, note.entries)));
    const sessions = new Set(state.order);
    const adopted =
      this.#disposed || (gone.size === 0 && had.size === 0)
        ? undefined
        : await storage.adoptOutbox(tab.name, gone, sessions);
    if (this.#disposed) return;
    for (const owner of owners) {
      if (owner !== tab.name && !gone.has(owner)) tab.whenGone(owner, () => void this.takeUp());
    }
    if (!adopted) return this.#bringBack(ready);
    for (const [id, keys] of had) {
      const lost = [...keys].filter((key) => !adopted.owned.has(key));
      if (lost.length > 0) client().releaseOutbox(id, lost);
    }
    for (const [id, taken] of bySession(adopted.taken)) {
      const known = had.get(id);
      const news = taken.filter(({ key }) => !known?.has(key));
      // Nothing of it goes out before the session's log was read to its end.
      if (state.entry(id) && news.length > 0) {
        client().restoreOutbox(
          id,
          news.map(({ entry }) => entry),
        );
      }
    }
  }
}

function bySession(rows: readonly SavedQueued[]): Map<SessionId, SavedQueued[]> {
  const sessions = new Map<SessionId, SavedQueued[]>();
  for (const row of rows) {
    const list = sessions.get(row.sessionId);
    if (list) list.push(row);
    else sessions.set(row.sessionId, [row]);
  }
  return sessions;
}
