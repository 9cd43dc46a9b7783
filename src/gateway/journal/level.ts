import { isObject, type JsonObject } from '../../core/json.ts';
import type { SessionId } from '../../core/ids.ts';
import { newId } from '../../core/ids.ts';
import { MAX_SEEN_KEYS } from '../../core/limits.ts';
import { closeDatabase, markEpochs, openDatabase, type Database } from './database.ts';
import {
  entryRange,
  headKey,
  metaKey,
  META_RANGE,
  numberOfKey,
  seenRange,
  sessionOfMetaKey,
} from './keys.ts';
import { LevelLog, type LogHead } from './level-log.ts';
import type { Journal, RestoredSession, SessionLog } from './port.ts';
import { DEFAULT_PRESSURE, Pressure, type PressureBounds } from './pressure.ts';
import { BatchWriter } from './writer.ts';

export interface LevelBounds {
  /** Bytes of frames that one session keeps on disk; above it the oldest tenth is trimmed. */
  maxBytes: number;
  /** Entries that a page has on its own disk are kept for this long (ms). */
  maxAgeMs: number;
  /** Bytes of the newest frames that one session keeps in memory, for pages that read along. */
  tailBytes: number;
}

const DAY_MS = 24 * 60 * 60 * 1_000;

const DEFAULT_BOUNDS: LevelBounds = {
  maxBytes: 256 * 1024 * 1024,
  maxAgeMs: 90 * DAY_MS,
  tailBytes: 512 * 1024,
};

export interface LevelOptions {
  /** Directory of the database; made if missing. One process at a time. */
  location: string;
  bounds?: Partial<LevelBounds>;
  /** What may wait for the disk. */
  pressure?: PressureBounds;
  /** Another way to the store, for one that is slow. */
  open?: typeof openDatabase;
  now?: () => number;
  /** Told when writing fails and when it works again; what is not on disk by then stands in memory. */
  onTrouble?: (error: Error | undefined) => void;
}

/**
 * The logs on disk, in one ordered store (docs/adr/0008). Entries of all sessions are written in
 * groups, and become sendable when their group is in the operating system's hands: a killed gateway
 * loses nothing that any page has seen. What would be sorely missed after a power cut (turn ends,
 * permission requests, prompts) is also synced.
 *
 * @throws ApertureError `journal_locked` if another gateway has it open, `journal_unusable` otherwise.
 */
export async function openLevelJournal(options: LevelOptions): Promise<Journal> {
  const { db, epochsHold } = await (options.open ?? openDatabase)(options.location);
  return new LevelJournal(db, epochsHold, options);
}

class LevelJournal implements Journal {
  readonly #bounds: LevelBounds;
  readonly #writer: BatchWriter;
  readonly #pressure: Pressure;
  readonly #logs = new Map<SessionId, LevelLog>();
  readonly #removals = new Set<Promise<void>>();
  readonly #daily: NodeJS.Timeout;

  constructor(
    private readonly db: Database,
    /** False after an unclean end of the whole machine: the tail may be lost, so numbers may repeat. */
    private readonly epochsHold: boolean,
    private readonly options: LevelOptions,
  ) {
    this.#bounds = { ...DEFAULT_BOUNDS, ...options.bounds };
    this.#pressure = new Pressure(options.pressure ?? DEFAULT_PRESSURE);
    this.#writer = new BatchWriter(db, (error) => {
      this.#mark();
      options.onTrouble?.(error);
    });
    this.#daily = setInterval(() => this.#trimByAge(), DAY_MS).unref();
  }

  create(id: SessionId): SessionLog {
    return this.#open(id, {
      epoch: newId().slice(0, 8),
      low: 1,
      head: 0,
      bytes: 0,
      compacted: 0,
      acknowledged: 0,
    });
  }

  keep(id: SessionId, meta: JsonObject): void {
    const value = Buffer.from(JSON.stringify(meta));
    this.#writer.put([{ type: 'put', key: metaKey(id), value }], true);
  }

  async restore(): Promise<readonly RestoredSession[]> {
    const restored: RestoredSession[] = [];
    for await (const [key, value] of this.db.iterator(META_RANGE)) {
      const id = sessionOfMetaKey(key);
      const meta = parseMeta(value);
      const keys = await this.#keysOf(id);
      restored.push({ id, meta, log: this.#open(id, await this.#headOf(id)), keys });
    }
    // New epochs are in the store before they are relied on.
    await this.#writer.flush();
    this.#mark();
    this.#trimByAge();
    return restored;
  }

  drop(id: SessionId): void {
    const log = this.#logs.get(id);
    this.#logs.delete(id);
    log?.close();
    const removal = this.#remove(id, log).finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  async close(): Promise<void> {
    clearInterval(this.#daily);
    const logs = [...this.#logs.values()];
    for (const log of logs) log.close();
    await Promise.all(logs.map((log) => log.idle()));
    await Promise.all(this.#removals);
    await this.#writer.close();
    this.#mark();
    await closeDatabase(this.db);
  }

  /** Numbers that pages saw and that are not in the store might be given again (R21). */
  #mark(): void {
    markEpochs(this.options.location, this.#writer.isWhole);
  }

  async #remove(id: SessionId, log: LevelLog | undefined): Promise<void> {
    // What the log still writes in the background must not come after its end.
    await log?.idle();
    await this.#writer.after(async () => {
      await this.db.clear(entryRange(id));
      await this.db.clear(seenRange(id));
      await this.db.batch([
        { type: 'del', key: headKey(id) },
        { type: 'del', key: metaKey(id) },
      ]);
    });
  }

  #trimByAge(): void {
    for (const log of this.#logs.values()) log.trimByAge();
  }

  #open(id: SessionId, head: LogHead): LevelLog {
    const log = new LevelLog(this.db, this.#writer, id, head, {
      ...this.#bounds,
      now: this.options.now ?? Date.now,
      gauge: this.#pressure.gauge(),
    });
    this.#logs.set(id, log);
    // A new epoch must outlive a start in which nothing is appended.
    this.#writer.put([log.headRecord()]);
    return log;
  }

  async #keysOf(id: SessionId): Promise<[key: string, n: number][]> {
    const keys: [string, number][] = [];
    const newest = { ...seenRange(id), reverse: true, limit: MAX_SEEN_KEYS };
    for await (const [key, value] of this.db.iterator(newest)) {
      keys.push([value.toString(), numberOfKey(key)]);
    }
    return keys.toReversed();
  }

  /** The head record may be older than the last group that was written, so the last entry decides. */
  async #headOf(id: SessionId): Promise<LogHead> {
    const stored = await this.db.get(headKey(id));
    const parsed: unknown = stored ? JSON.parse(stored.toString()) : {};
    const known = isObject(parsed) ? parsed : {};
    let last = 0;
    for await (const key of this.db.keys({ ...entryRange(id), reverse: true, limit: 1 })) {
      last = numberOfKey(key);
    }
    const epoch =
      typeof known['epoch'] === 'string' && this.epochsHold ? known['epoch'] : newId().slice(0, 8);
    const number = (name: string, otherwise: number): number =>
      typeof known[name] === 'number' ? known[name] : otherwise;
    return {
      epoch,
      // A store that was repaired may have lost what stood below `low`, and all that came after it.
      low: Math.min(number('low', 1), last + 1),
      head: last,
      bytes: number('bytes', 0),
      compacted: number('compacted', 0),
      acknowledged: number('acknowledged', 0),
    };
  }
}

/** Empty for what cannot be read: one damaged record must not cost the other sessions. */
function parseMeta(value: Buffer): JsonObject {
  try {
    const meta: unknown = JSON.parse(value.toString());
    return isObject(meta) ? meta : {};
  } catch {
    return {};
  }
}
