import { newId } from '../../core/ids.ts';
import type { CancelState } from './ports.ts';
import type { SessionAbilities } from '../../core/session/abilities.ts';
import type { Link, Place } from './protocols/port.ts';

interface Wanted {
  readonly key: string;
  /** The key of the prompt whose turn is meant; undefined if it is not known. */
  readonly turn: string | undefined;
  sent: boolean;
}

/**
 * The user's wish to stop a turn, kept until the other side has acknowledged it or the log shows that turn's end:
 * a cancel that goes into a half-open socket is sent again on the next one, under the same key (R41). One at most,
 * because there is one turn at a time.
 */
export class WantedCancel {
  #wanted: Wanted | undefined;

  constructor(private readonly changed: (state: CancelState) => void) {}

  get state(): CancelState {
    if (!this.#wanted) return 'none';
    return this.#wanted.sent ? 'sent' : 'waiting';
  }

  /** @param link undefined while there is none: it waits. @param turn as far as it is known. */
  want(turn: string | undefined, link: Link | undefined): void {
    // Once more for the same turn is the same wish; a server that has taken it would not mind either.
    if (!this.#wanted || this.#wanted.turn !== turn) {
      this.#wanted = { key: newId(), turn, sent: false };
    }
    this.#send(this.#wanted, link);
    this.changed(this.state);
  }

  /**
   * A new connection has read the log to its end.
   * @param running a turn is; @param turn its prompt's key, if that is known.
   */
  ready(running: boolean, turn: string | undefined, link: Link): void {
    const wanted = this.#wanted;
    if (!wanted) return;
    // The one that was meant has ended, and another may run by now: nothing happens to that.
    const other = wanted.turn !== undefined && turn !== undefined && wanted.turn !== turn;
    if (!running || other || !link.cancel) return this.drop();
    this.#send(wanted, link);
    this.changed(this.state);
  }

  /** The connection is gone; whether it arrived is not known. */
  lost(): void {
    if (!this.#wanted?.sent) return;
    this.#wanted.sent = false;
    this.changed(this.state);
  }

  /** @returns whether the key is its own. */
  settled(key: string): boolean {
    if (this.#wanted?.key !== key) return false;
    this.drop();
    return true;
  }

  /** The log shows the end of a turn. @param turn its prompt's key, if that is known. */
  ended(turn: string | undefined): void {
    const wanted = this.#wanted?.turn;
    // A log that is read from its start shows the ends of others too.
    if (wanted === undefined || turn === undefined || wanted === turn) this.drop();
  }

  /** Its turn has ended, or will never be heard of again. */
  drop(): void {
    if (!this.#wanted) return;
    this.#wanted = undefined;
    this.changed('none');
  }

  #send(wanted: Wanted, link: Link | undefined): void {
    if (!link?.cancel) return;
    wanted.sent = true;
    link.cancel.send(wanted.key, wanted.turn);
  }
}

/** A cancel is worth keeping: the next connection goes on with the same turn. @param abilities of the last one. */
export function outlivesDrop(
  abilities: SessionAbilities | undefined,
  place: Place | undefined,
): boolean {
  if (abilities) return abilities.cancel && abilities.afterDrop === 'resume';
  return place?.protocol.afterDrop === 'resume';
}
