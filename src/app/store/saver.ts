import type { PartingNote } from './parting-note.ts';
import type { Storage } from './persistence/storage.ts';
import type { SessionEntry } from './record.ts';
import type { TabLock } from './tab-lock.ts';

/** Read marks, drafts and previews change all the time and are worth little each; ms. */
const SAVE_EVERY_MS = 1_000;

/** A row whose draft is this tab's own, whatever the database has. */
const UNKEPT = { keepDraft: false };

/** Writes what the store knows of its sessions beside their logs. */
export class Saver {
  readonly #dirty = new Set<SessionEntry>();
  /** Given to the database, which has not said that it is on disk, or has refused it; each with its newest write. */
  readonly #rows = new Map<SessionEntry, Promise<boolean>>();
  readonly #outboxes = new Map<SessionEntry, Promise<boolean>>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly storage: Storage,
    private readonly note: PartingNote,
    private readonly tab: TabLock,
  ) {}

  /** Within a second, with whatever else changes meanwhile. */
  soon(entry: SessionEntry): void {
    this.#dirty.add(entry);
    this.#timer ??= setTimeout(() => void this.flush(), SAVE_EVERY_MS);
  }

  /** At once: the user's own words, and what must not come back after a reload. */
  now(entry: SessionEntry): void {
    this.#dirty.add(entry);
    void this.flush();
  }

  /** At once: the messages of this session that this tab is to send. */
  outbox(entry: SessionEntry): Promise<void> {
    const { held } = this.tab;
    // Not before our name is a lock: it would look like the name of a tab that is gone.
    const write = held.then(() =>
      this.storage.saveOutbox(entry.id, this.tab.name, entry.record.outbox.peek()),
    );
    return this.#follow(this.#outboxes, [entry], write);
  }

  meta(key: string, value: unknown): void {
    void this.storage.saveMeta([{ key, value }]);
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#dirty.size === 0) return;
    const entries = [...this.#dirty];
    this.#dirty.clear();
    await this.#follow(this.#rows, entries, this.#write(entries));
  }

  /** Maybe the last moment of this page: noted at once, and written if there is time. */
  async part(): Promise<void> {
    const rows = new Set([...this.#dirty, ...this.#rows.keys()]);
    this.note.write(
      // What was given may not be on disk yet.
      [...rows].map((entry) => ({ ...entry.toSaved(), ...(this.#rows.has(entry) && UNKEPT) })),
      [...this.#outboxes.keys()].map(({ id, record }) => ({
        id,
        owner: this.tab.name,
        entries: record.outbox.peek(),
      })),
    );
    await this.flush();
  }

  /** Nothing of this session is written any more (R29). */
  forget(entry: SessionEntry): void {
    for (const left of [this.#dirty, this.#rows, this.#outboxes]) left.delete(entry);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#dirty.clear();
  }

  #write(entries: readonly SessionEntry[]): Promise<boolean> {
    const rows = entries.map((entry) => entry.toSaved());
    // Given is what counts, not written: the database keeps the order, and what comes next is compared with this.
    entries.forEach((entry, index) => {
      entry.savedDraft = rows[index]!.draft;
      entry.savedRemote = rows[index]!.remote;
    });
    return this.storage.saveSessions(rows);
  }

  /** Until it is on disk, a page that is left has to note it. What the database refuses stays noted. */
  async #follow(
    writes: Map<SessionEntry, Promise<boolean>>,
    entries: readonly SessionEntry[],
    write: Promise<boolean>,
  ): Promise<void> {
    for (const entry of entries) writes.set(entry, write);
    const done = await write;
    for (const entry of entries) if (done && writes.get(entry) === write) writes.delete(entry);
    const open = this.#dirty.size + this.#rows.size + this.#outboxes.size;
    if (open === 0) this.note.clear();
  }
}
