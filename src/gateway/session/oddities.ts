import type { Oddity } from '../acp/oddity.ts';
import type { Logger } from '../logger.ts';

/** Of each kind of oddity, this many are written to the gateway's log; the rest are counted. */
const LOGGED = 10;

/** Counts what an agent does out of order (R51), and says it in the gateway's log, within bounds. */
export class OddityCounter {
  readonly #counts = new Map<Oddity, number>();

  constructor(
    private readonly sessionId: string,
    private readonly logger: Logger,
  ) {}

  add(what: Oddity, detail: string): void {
    const count = (this.#counts.get(what) ?? 0) + 1;
    this.#counts.set(what, count);
    if (count > LOGGED) return;
    this.logger.warn(`agent.${what}`, { sessionId: this.sessionId, count, detail });
  }
}
