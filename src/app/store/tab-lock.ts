import { newId } from '../../core/ids.ts';

const PREFIX = 'aperture-tab:';

/** The part of the browser's lock manager that is used here. */
export type Locks = Pick<LockManager, 'request' | 'query'>;

/**
 * Shows the other tabs that this one lives: it holds a lock that is named after it, which the browser releases
 * however the tab ends. A name is used once; when the lock was let go, there is another. Without Web Locks (a page
 * over plain http) everyone else counts as gone.
 */
export class TabLock {
  #name = newId();
  #held: Promise<void> = Promise.resolve();
  #letGo: (() => void) | undefined;
  #watching = new AbortController();
  readonly #watched = new Set<string>();

  constructor(private readonly locks: Locks | undefined) {}

  /** Whether it can be told which other tabs live. */
  get works(): boolean {
    return this.locks !== undefined;
  }

  get name(): string {
    return this.#name;
  }

  /** Resolves when the other tabs can see the lock. */
  get held(): Promise<void> {
    return this.#held;
  }

  /** Idempotent. */
  take(): void {
    if (this.#letGo) return;
    this.#name = newId();
    this.#watching = new AbortController();
    const over = new Promise<void>((resolve) => (this.#letGo = resolve));
    const { locks } = this;
    if (!locks) return;
    this.#held = new Promise<void>((resolve) => {
      const granted = (): Promise<void> => {
        resolve();
        return over;
      };
      // A browser that refuses to lock leaves us as if it had no locks.
      locks.request(PREFIX + this.#name, granted).catch(() => resolve());
    });
  }

  /** From here on this tab counts as gone. Idempotent. */
  release(): void {
    this.#letGo?.();
    this.#letGo = undefined;
    this.#watching.abort();
    this.#watched.clear();
  }

  /** Which of these tabs live no more. */
  async gone(names: Iterable<string>): Promise<Set<string>> {
    const others = new Set(names);
    others.delete(this.#name);
    try {
      const { held = [] } = (await this.locks?.query()) ?? {};
      for (const { name = '' } of held) others.delete(name.slice(PREFIX.length));
      return others;
    } catch {
      return new Set();
    }
  }

  /** Calls `run` when that tab is gone; once, whoever asks how often. */
  whenGone(name: string, run: () => void): void {
    if (!this.locks || this.#watched.has(name)) return;
    this.#watched.add(name);
    const { signal } = this.#watching;
    this.locks
      .request(PREFIX + name, { mode: 'shared', signal }, () => {
        this.#watched.delete(name);
        if (!signal.aborted) run();
      })
      // Aborted: nobody waits for it any more.
      .catch(() => {});
  }
}
