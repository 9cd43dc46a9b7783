import type { Change } from '../../core/session/change.ts';
import type { LogWriter } from './persistence/log-writer.ts';
import type { Storage } from './persistence/storage.ts';
import type { Memory } from './memory.ts';
import type { SessionEntry } from './record.ts';
import type { StoreState } from './state.ts';

export interface HousekeeperParts {
  state: StoreState;
  storage: Storage;
  writer: LogWriter;
  /** What came back changed this, too. */
  shown: (entry: SessionEntry, change: Change) => void;
}

/** With more items than this in memory a session is looked at, and some time later, ms, some of them go. */
export const MANY_ITEMS = 600;
const TIDY_EVERY_MS = 1_000;

/** Calls for who lets go of history and gets it back; that one is loaded for the first session that is long. */
export class Housekeeper {
  readonly #parts: HousekeeperParts;
  #memory: Promise<Memory> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #disposed = false;

  constructor(parts: HousekeeperParts) {
    this.#parts = parts;
  }

  /** Something changed in this session, or it is viewed now; cheap enough for every frame. */
  due({ transcript }: SessionEntry): void {
    if (transcript.items.length > MANY_ITEMS || transcript.past?.needed) this.#soon();
  }

  /** Reads what is not in memory; ends in its `older`, never rejects. */
  async recall(entry: SessionEntry): Promise<void> {
    try {
      await (await this.#load()).recall(entry);
    } catch {
      entry.record.older.value = 'failed';
    }
  }

  /** Idempotent and final. */
  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
  }

  #soon(): void {
    if (!this.#disposed) this.#timer ??= setTimeout(() => void this.#tidy(), TIDY_EVERY_MS);
  }

  async #tidy(): Promise<void> {
    const memory = await this.#load().catch(() => undefined);
    this.#timer = undefined;
    if (!this.#disposed && memory?.tidy()) this.#soon();
  }

  #load(): Promise<Memory> {
    this.#memory ??= import('./memory.ts').then(
      (loaded) => new loaded.Memory(this.#parts),
      (error: unknown) => {
        this.#memory = undefined;
        throw error;
      },
    );
    return this.#memory;
  }
}
