import type { PartingNote } from './parting-note.ts';
import type { Storage } from './persistence/storage.ts';
import type { SessionEntry } from './record.ts';
import type { TabLock } from './tab-lock.ts';

/** Read marks, drafts and previews change all the time and are worth little each; ms. */
const SAVE_EVERY_MS = 1_000;

/** Writes what the store knows of its sessions beside their logs. */
export class Saver {
  readonly #dirty = new Set<SessionEntry>();
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
  async outbox(entry: SessionEntry): Promise<void> {
    const { held, name } = this.tab;
    // Not before our name is a lock: it would look like the name of a tab that is gone.
    await held;
    await this.storage.saveOutbox(entry.id, name, entry.record.outbox.peek());
  }

  meta(key: string, value: unknown): void {
    void this.storage.saveMeta([{ key, value }]);
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#dirty.size === 0) return;
    const { number } = this.note;
    const entries = [...this.#dirty];
    const rows = entries.map((entry) => entry.toSaved());
    this.#dirty.clear();
    if (!(await this.storage.saveSessions(rows))) return;
    entries.forEach((entry, index) => (entry.savedDraft = rows[index]!.draft));
    this.note.clear(number);
  }

  /** Maybe the last moment of this page: noted at once, and written if there is time. */
  async part(): Promise<void> {
    this.note.write([...this.#dirty].map((entry) => entry.toSaved()));
    await this.flush();
  }

  /** Nothing of this session is written any more (R29). */
  forget(entry: SessionEntry): void {
    this.#dirty.delete(entry);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#dirty.clear();
  }
}
