import { DEFAULT_POLICY, retryPolicy } from '../../core/endpoint/policy.ts';
import type { SessionId } from '../../core/ids.ts';
import type { RetryPolicy } from '../../core/retry/policy.ts';
import { Timer } from './clock.ts';
import type { ConnectionContext } from './context.ts';
import { RetryBudget } from './retry-budget.ts';

/** When one session is dialled again, by the policy of its endpoint (R8, R9). */
export class RetrySchedule {
  readonly #id: SessionId;
  readonly #context: ConnectionContext;
  readonly #timer: Timer;
  readonly #budget = new RetryBudget();
  #attempt = 0;

  constructor(id: SessionId, context: ConnectionContext) {
    this.#id = id;
    this.#context = context;
    this.#timer = new Timer(context.clock);
  }

  /** A dial is waited for. */
  get armed(): boolean {
    return this.#timer.armed;
  }

  /** Attempts since a connection has proven itself. */
  get attempt(): number {
    return this.#attempt;
  }

  /** Asked anew each time: the endpoint's policy may have been changed. */
  get policy(): RetryPolicy {
    const policy = this.#context.place(this.#id)?.policy ?? DEFAULT_POLICY.aperture;
    return retryPolicy(policy);
  }

  /**
   * Plans the next dial.
   * @returns when, ms since 1970; the number of attempts that failed if the policy gives up.
   */
  plan(dial: () => void): { at: number } | { tries: number } {
    const { clock, random } = this.#context;
    const planned = this.policy.delay(++this.#attempt, random());
    if (planned === null) {
      const tries = this.#attempt - 1;
      this.#attempt = 0;
      return { tries };
    }
    const delay = Math.max(planned, this.#budget.wait(clock.now()));
    this.#timer.set(delay, () => {
      this.#budget.spend(clock.now());
      dial();
    });
    return { at: clock.now() + delay };
  }

  /** The connection has proven itself: counting begins anew (R8). */
  proven(): void {
    this.#attempt = 0;
  }

  clear(): void {
    this.#timer.clear();
  }

  dispose(): void {
    this.#timer.dispose();
  }
}
