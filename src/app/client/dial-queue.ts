import { Timer, type Clock } from './clock.ts';

/** With dials at least this far apart, no 100 ms hold more than three (R20), also where some arrive up to 50 ms late. */
export const DIAL_SPACING_MS = 50;

interface Waiting {
  go: () => void;
  urgent: boolean;
}

/**
 * Spaces the dials of all sessions, so that ten that dropped together do not redial together (R20).
 * Bounded by the number of sessions: each waits at most once, since aborting removes its place.
 */
export class DialQueue {
  readonly #waiting: Waiting[] = [];
  readonly #timer: Timer;
  #last = Number.NEGATIVE_INFINITY;

  constructor(readonly clock: Clock) {
    this.#timer = new Timer(clock);
  }

  /** Calls `go` when it is this dial's turn, maybe at once; never after `signal` aborted. `urgent` goes before the others. */
  enter(go: () => void, signal: AbortSignal, urgent = false): void {
    if (signal.aborted) return;
    const place: Waiting = { go, urgent };
    const firstPatient = urgent ? this.#waiting.findIndex((other) => !other.urgent) : -1;
    if (firstPatient >= 0) this.#waiting.splice(firstPatient, 0, place);
    else this.#waiting.push(place);
    signal.addEventListener(
      'abort',
      () => {
        const index = this.#waiting.indexOf(place);
        if (index >= 0) this.#waiting.splice(index, 1);
      },
      { once: true },
    );
    this.#pump();
  }

  #pump(): void {
    if (this.#timer.armed || this.#waiting.length === 0) return;
    const since = this.clock.now() - this.#last;
    // The wall clock may have jumped either way; a wait is never longer than the spacing.
    const wait = since < 0 ? DIAL_SPACING_MS : DIAL_SPACING_MS - since;
    if (wait > 0) {
      this.#timer.set(wait, () => this.#release());
      return;
    }
    this.#release();
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (!next) return;
    this.#last = this.clock.now();
    next.go();
    this.#pump();
  }

  dispose(): void {
    this.#waiting.length = 0;
    this.#timer.dispose();
  }
}
