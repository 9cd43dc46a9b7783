/** A stream of more tokens a second than this brings several for every frame: nobody reads them one by one. */
const FAST = 100;
/** From one drawing of a fast stream to the next: so many times what it takes, but no longer than this, ms. */
const OFTEN = 9;
const MAX_WAIT_MS = 66;
/** And at least so many times that, of a fast stream and of a slow one: something is left for everything else. */
const LEAST = { fast: 2, slow: 1.25 };
/** What each new measurement counts for: one long frame says little. */
const WEIGHT = 0.2;
/** No drawing counts for more, ms: something else was in the way. */
const MAX_COST_MS = 50;

/**
 * How often the viewed conversation grows. A frame in which text has grown costs what it costs on this machine, and
 * drawing every token apart may take all of its time; so a fast stream is drawn as often as that takes a ninth of
 * it. What comes alone, or slowly, is drawn in the next frame.
 */
export class GrowthPace {
  #grewAt = Number.NEGATIVE_INFINITY;
  /** Of one drawing, ms; nothing is known at first. */
  #cost = 0;
  /** Tokens a second. */
  #rate = 0;

  /** How long it may not grow yet, ms; `now` and all times here since any one origin. */
  wait(now: number): number {
    const wait =
      this.#rate > FAST
        ? Math.max(this.#cost * LEAST.fast, Math.min(MAX_WAIT_MS, this.#cost * OFTEN))
        : this.#cost * LEAST.slow;
    return Math.max(0, this.#grewAt + wait - now);
  }

  /** So many tokens were added to it. */
  grew(now: number, tokens: number): void {
    const elapsed = now - this.#grewAt;
    const rate = (tokens / Math.max(1, elapsed)) * 1000;
    this.#rate = elapsed > 4 * MAX_WAIT_MS ? 0 : towards(this.#rate, rate);
    this.#grewAt = now;
  }

  /** The frame is painted in which it grew; `cost` ms after that frame's work began. */
  drawn(cost: number): void {
    this.#cost = towards(this.#cost, Math.min(MAX_COST_MS, cost));
  }
}

const towards = (from: number, to: number): number => from + WEIGHT * (to - from);
