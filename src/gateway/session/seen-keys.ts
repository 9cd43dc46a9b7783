import { MAX_SEEN_KEYS } from '../../core/limits.ts';

/** Idempotency keys and the log number at which each was accepted; the oldest are forgotten (R30). */
export class SeenKeys {
  readonly #numbers = new Map<string, number>();

  constructor(
    private readonly max: number = MAX_SEEN_KEYS,
    known: readonly (readonly [key: string, n: number])[] = [],
  ) {
    for (const [key, n] of known) this.add(key, n);
  }

  /** The number at which this key was accepted; undefined when it was not, or so long ago that it is forgotten. */
  get(key: string): number | undefined {
    return this.#numbers.get(key);
  }

  add(key: string, n: number): void {
    this.#numbers.set(key, n);
    if (this.#numbers.size > this.max) {
      for (const oldest of this.#numbers.keys()) {
        this.#numbers.delete(oldest);
        break;
      }
    }
  }
}
