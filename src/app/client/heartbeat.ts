import { PING_HIDDEN_MS, PING_VISIBLE_MS, PONG_TIMEOUT_MS } from '../../core/limits.ts';
import { Timer, type Clock } from './clock.ts';

export interface HeartbeatOptions {
  clock: Clock;
  visible: () => boolean;
  /** Sends one ping that carries `token`. */
  ping: (token: number) => void;
  /** Nothing was heard for {@link PONG_TIMEOUT_MS} after a ping: the socket is half open. */
  dead: () => void;
  /** ms from ping to its own pong. */
  roundTrip: (ms: number) => void;
}

/** Liveness of one socket by the application's own ping and pong; any frame counts as life (R19). */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #next: Timer;
  readonly #deadline: Timer;
  /** How long the armed deadline waits in all, ms. */
  #patience = 0;
  #token = 0;
  #sentAt = 0;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#next = new Timer(options.clock);
    this.#deadline = new Timer(options.clock);
    this.#schedule();
  }

  /** A frame arrived. */
  alive(): void {
    this.#deadline.clear();
  }

  /** @returns whether it answers the latest ping. */
  pong(token: number): boolean {
    if (token !== this.#token) return false;
    this.#options.roundTrip(Math.max(0, this.#options.clock.now() - this.#sentAt));
    return true;
  }

  /**
   * Pings now: after sleep, when the page is shown, when the browser says that the network is back.
   * @param patienceMs how long to wait for any frame.
   */
  probe(patienceMs = PONG_TIMEOUT_MS): void {
    this.#token++;
    this.#sentAt = this.#options.clock.now();
    // Not set again while one runs that is as short, or repeated probes could put it off for ever.
    if (!this.#deadline.armed || patienceMs < this.#patience) {
      this.#patience = patienceMs;
      this.#deadline.set(patienceMs, () => this.#options.dead());
    }
    this.#options.ping(this.#token);
    this.#schedule();
  }

  #schedule(): void {
    const every = this.#options.visible() ? PING_VISIBLE_MS : PING_HIDDEN_MS;
    this.#next.set(every, () => this.probe());
  }

  dispose(): void {
    this.#next.dispose();
    this.#deadline.dispose();
  }
}
