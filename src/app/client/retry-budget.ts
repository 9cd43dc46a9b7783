import { MAX_RETRIES_A_MINUTE } from '../../core/limits.ts';

const MINUTE_MS = 60_000;

/**
 * Bounds how often one session dials again by itself. Full jitter alone makes that likely and not certain:
 * a connection that breaks a second after it is up would, now and then, be dialled a dozen times in a minute.
 */
export class RetryBudget {
  /** When the last ones were, ms since 1970; at most {@link MAX_RETRIES_A_MINUTE}. */
  #times: number[] = [];

  /** Notes a retry. */
  spend(now: number): void {
    this.#times.push(now);
    if (this.#times.length > MAX_RETRIES_A_MINUTE) this.#times.shift();
  }

  /** How long the next one has to wait at least, ms, 0 to 60,000. */
  wait(now: number): number {
    // A clock that was set back would make this wait for hours.
    this.#times = this.#times.filter((time) => time <= now);
    const oldest = this.#times[0];
    if (oldest === undefined || this.#times.length < MAX_RETRIES_A_MINUTE) return 0;
    return Math.max(0, oldest + MINUTE_MS - now);
  }
}
