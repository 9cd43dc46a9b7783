import { Timer, type Clock } from './clock.ts';

/** Often while somebody looks: who comes back to a laptop wants to be back within 5 s. */
const TICK_VISIBLE_MS = 1_000;
const TICK_HIDDEN_MS = 5_000;
/** Hidden pages get their timers once a minute at worst; only what exceeds that is sleep. */
const SLACK_VISIBLE_MS = 10_000;
const SLACK_HIDDEN_MS = 90_000;

/**
 * Notices that the machine slept, or that its clock was set, by comparing clocks: timers do not run
 * in sleep, the wall clock does (R19).
 */
export class WakeDetector {
  readonly #timer: Timer;
  #last: number;
  /** The wait under way, ms. */
  #tickMs = 0;

  constructor(
    readonly clock: Clock,
    readonly visible: () => boolean,
    readonly woke: (missedMs: number) => void,
  ) {
    this.#timer = new Timer(clock);
    this.#last = clock.now();
    this.#tick();
  }

  /** Compares now, without waiting for the next tick. */
  check(): void {
    const now = this.clock.now();
    const missed = now - this.#last;
    this.#last = now;
    const slack = this.visible() ? SLACK_VISIBLE_MS : SLACK_HIDDEN_MS;
    if (missed < -TICK_HIDDEN_MS || missed > this.#tickMs + slack) this.woke(missed);
  }

  #tick(): void {
    this.#tickMs = this.visible() ? TICK_VISIBLE_MS : TICK_HIDDEN_MS;
    this.#timer.set(this.#tickMs, () => {
      this.check();
      this.#tick();
    });
  }

  dispose(): void {
    this.#timer.dispose();
  }
}
