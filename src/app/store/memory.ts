import type { NumberedEvent } from '../../core/session/event.ts';
import { letGo, regain, surplus } from '../../core/session/past.ts';
import { applyEvent, noChange } from '../../core/session/reduce.ts';
import { emptyTranscript, type Transcript } from '../../core/session/transcript.ts';
import { MANY_ITEMS, type HousekeeperParts } from './housekeeper.ts';
import type { SessionEntry } from './record.ts';

/** Items that a session keeps when its older ones go: some windows full. */
export const KEPT_ITEMS = 300;
/** Items that stay before the first one that is mounted for a reader who stands higher up. */
const MARGIN = 100;
/** Time for reducing a log again before others have their turn, ms; and events between two looks at the clock. */
const SLICE_MS = 8;
const SLICE = 256;
/** What arrives while a log is read may need another look at it. */
const ATTEMPTS = 3;

/** Items that may go as soon as it is certain that the disk has them as they are. */
interface Candidate {
  readonly transcript: Transcript;
  /** Items from the beginning. */
  readonly to: number;
  readonly lastN: number;
  readonly changes: number;
}

/**
 * What of the sessions' history is in memory (docs/adr/0016). Without a database nothing goes (R32): the log on disk
 * is what brings it back.
 */
export class Memory {
  readonly #parts: HousekeeperParts;
  readonly #candidates = new WeakMap<SessionEntry, Candidate>();

  constructor(parts: HousekeeperParts) {
    this.#parts = parts;
  }

  /** Lets go of what can go. @returns whether more may go in a while. */
  tidy(): boolean {
    const { state } = this.#parts;
    if (state.storage.peek().mode === 'memory') return false;
    let more = false;
    for (const entry of state.entries) {
      const viewed = state.activeSessionId.peek() === entry.id;
      if (this.#isWanted(entry, viewed)) void this.recall(entry);
      else if (this.#tidyOne(entry, viewed)) more = true;
    }
    return more;
  }

  /** Reads the log from its start and puts what is missing into its place. Ends in `older`; never rejects. */
  async recall(entry: SessionEntry): Promise<void> {
    const { older } = entry.record;
    if (older.peek() === 'reading' || !entry.transcript.past) return;
    const { transcript } = entry;
    older.value = 'reading';
    const done = await this.#recall(entry, transcript);
    if (entry.transcript === transcript) older.value = done ? 'none' : 'failed';
  }

  /** Something in sight needs what is not in memory: the conversation, or a request, which rows of the list show. */
  #isWanted({ transcript, record }: SessionEntry, viewed: boolean): boolean {
    const needed = transcript.past !== undefined && transcript.past.needed > 0;
    // After a failure the reader asks for it, or it would be tried with every event.
    return needed && (viewed || transcript.pending.size > 0) && record.older.peek() === 'none';
  }

  #tidyOne(entry: SessionEntry, viewed: boolean): boolean {
    const { transcript, record } = entry;
    const reads = record.loading.peek() || record.older.peek() === 'reading';
    if (transcript.items.length <= MANY_ITEMS || reads) return false;
    const follows = record.scrollTop === undefined;
    // Whoever reads far up may want to go on there.
    if (viewed && !follows) return false;
    const from = follows ? undefined : Math.max(0, (record.shownFrom ?? 0) - MARGIN);
    const cut = surplus(transcript, KEPT_ITEMS, from);
    if (cut === 0) return false;
    const past = transcript.past?.count ?? 0;
    const known = this.#candidates.get(entry);
    if (known?.transcript === transcript && known.to <= past + cut) {
      if (entry.storedN < known.lastN) return true;
      if (known.to > past && changesOf(transcript, known.to - past) === known.changes) {
        this.#candidates.delete(entry);
        letGo(transcript, KEPT_ITEMS, known.to);
        // After a whole log was read it names every item.
        record.touched.value = new Set();
        return transcript.items.length > MANY_ITEMS;
      }
    }
    const { lastN } = transcript;
    const changes = changesOf(transcript, cut);
    this.#candidates.set(entry, { transcript, to: past + cut, lastN, changes });
    return true;
  }

  async #recall(entry: SessionEntry, transcript: Transcript): Promise<boolean> {
    const { state, storage, writer } = this.#parts;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      await writer.flush('relaxed');
      const log = await storage.loadLog(entry.id);
      if (entry.transcript !== transcript || state.entry(entry.id) !== entry) return false;
      if (!log || log.epoch !== entry.epoch) return false;
      const full = await reduceAll(log.events, transcript);
      if (entry.transcript !== transcript) return false;
      const change = noChange();
      if (!regain(transcript, full, change)) continue;
      this.#parts.shown(entry, change);
      return true;
    }
    return false;
  }
}

/** Counts the changes of the first `count` items. */
function changesOf({ items }: Transcript, count: number): number {
  let changes = 0;
  for (let i = 0; i < count; i++) changes += items[i]!.rev;
  return changes;
}

/** As far as `shown` has been reduced; others have their turns meanwhile. */
async function reduceAll(events: readonly NumberedEvent[], shown: Transcript): Promise<Transcript> {
  const full = emptyTranscript();
  const change = noChange();
  let until = performance.now() + SLICE_MS;
  for (let i = 0; i < events.length && events[i]!.n <= shown.lastN; i++) {
    applyEvent(full, events[i]!, change);
    if (i % SLICE !== 0 || performance.now() < until) continue;
    change.touched.clear();
    await new Promise((resolve) => setTimeout(resolve));
    until = performance.now() + SLICE_MS;
  }
  return full;
}
