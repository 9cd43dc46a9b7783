/** Below this the clocks count as equal; a frame on a slow network takes that long too. ms */
const TOLERANCE_MS = 2_000;

/**
 * How far the gateway's clock is behind the page's, from the entries that arrive as they are written: the fastest
 * of them was delayed least.
 */
export class ClockSkew {
  #least = Number.POSITIVE_INFINITY;

  /** @param at when the gateway wrote it; @param now when it arrived; ms since 1970, each by its own clock. */
  observe(at: number, now: number): void {
    this.#least = Math.min(this.#least, now - at);
  }

  /** To be added to the gateway's times, ms. */
  get ms(): number {
    return Number.isFinite(this.#least) && Math.abs(this.#least) > TOLERANCE_MS ? this.#least : 0;
  }
}
