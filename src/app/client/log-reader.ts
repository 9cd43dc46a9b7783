import type { NumberedEvent } from '../../core/session/event.ts';
import type { Attached } from './ports.ts';
import type { ResumePoint, SequencedEvent } from './protocols/port.ts';
import { SequenceGuard } from './sequence.ts';

/** Attempts to read a log from its start before taking it as it is. */
const MAX_START_OVERS = 2;

/** Where to read a session's log, and what to do when it does not fit together (R21). Knows no socket. */
export class LogReader {
  #sequence = new SequenceGuard(0);
  #head = 0;
  #sameLog = false;
  /** Of the log that was read last. */
  #epoch: string | undefined;
  #otherLog = false;
  /** The number after which a hole was met once already. */
  #holeAfter: number | undefined;
  /** The number of an entry that could not be read once already. */
  #unreadable: number | undefined;
  #fromScratch = false;
  #startOvers = 0;

  /** The log that unconfirmed messages were sent to is the one that is read now. */
  get sameLog(): boolean {
    return this.#sameLog;
  }

  /** The numbers that this page knew belong to another log: what was asked there means nothing here. */
  get otherLog(): boolean {
    return this.#otherLog;
  }

  get last(): number {
    return this.#sequence.last;
  }

  /** The log has been read to where it stood when we attached. */
  get caughtUp(): boolean {
    return this.#sequence.last >= this.#head;
  }

  /** Whether number `n` happened after we attached, rather than being replayed. */
  fresh(n: number): boolean {
    return n > this.#head;
  }

  /** @param known what the host has. */
  resume(known: ResumePoint): ResumePoint {
    return this.#fromScratch ? { epoch: undefined, since: 0 } : known;
  }

  /** @returns what to tell the host, or `again`: attach anew, what we have does not fit. */
  attached(asked: ResumePoint, told: Attached): Attached | 'again' {
    const { since, epoch } = asked;
    const known = epoch ?? this.#epoch;
    this.#otherLog = known !== undefined && known !== told.epoch;
    this.#epoch = told.epoch;
    this.#sameLog = epoch === told.epoch && told.mode !== 'full';
    if (this.#sameLog && told.head < since && this.#startOver()) return 'again';
    // Whoever asked from the start has nothing to keep, whatever the other side calls it.
    const info: Attached = this.#sameLog && since > 0 ? told : { ...told, mode: 'full' };
    this.#fromScratch = false;
    this.#head = info.head;
    this.#sequence = new SequenceGuard(info.mode === 'resume' ? since : info.low - 1);
    return info;
  }

  /** @returns what the host is to apply, in order, or `again`: attach anew, something is missing. */
  take(sequenced: SequencedEvent): readonly NumberedEvent[] | 'again' {
    const { last } = this.#sequence;
    const { from, n, at, event } = sequenced;
    const taken: NumberedEvent[] = [{ n, at, event }];
    switch (this.#sequence.accept(sequenced)) {
      case 'apply':
        return taken;
      case 'old':
        return [];
      case 'overlap':
        if (this.#startOver()) return 'again';
        break;
      case 'hole':
        // Never silently: the log is read again from where it broke off …
        if (this.#holeAfter !== last) {
          this.#holeAfter = last;
          return 'again';
        }
        // … and if it is missing there too, it cannot be had, and the reader sees that.
        taken.unshift({ n: from - 1, at, event: { type: 'gap', from: last + 1, to: from - 1 } });
        break;
    }
    this.#sequence.last = n;
    return taken;
  }

  /**
   * Entry `n` came and cannot be read.
   * @returns `again`: attach anew, maybe it was spoilt on its way; else what to apply in its place.
   */
  unreadable(n: number, at: number): SequencedEvent | 'again' | undefined {
    const { last } = this.#sequence;
    if (n <= last) return undefined;
    if (this.#unreadable !== n) {
      this.#unreadable = n;
      return 'again';
    }
    // How many numbers it stands for cannot be read either; the log has no others after the last one.
    return { from: last + 1, n, at, event: { type: 'gap', from: last + 1, to: n } };
  }

  /** The connection has proven itself. */
  proven(): void {
    this.#startOvers = 0;
  }

  #startOver(): boolean {
    if (this.#startOvers >= MAX_START_OVERS) return false;
    this.#startOvers++;
    this.#fromScratch = true;
    return true;
  }
}
