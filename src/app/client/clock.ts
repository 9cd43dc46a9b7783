export type TimerHandle = unknown;

/** Time, injected so that tests own it. All values are ms; `now` is the wall clock, ms since 1970. */
export interface Clock {
  now(): number;
  /** Runs `run` once after `ms`, unless `signal` aborts or {@link clear} comes first. */
  after(ms: number, run: () => void): TimerHandle;
  clear(handle: TimerHandle): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => setTimeout(run, ms),
  clear: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
};

/** One timer that can be set again: setting it forgets the one before, and after `dispose` it never fires. */
export class Timer {
  #handle: TimerHandle;
  #armed = false;
  #disposed = false;

  constructor(readonly clock: Clock) {}

  get armed(): boolean {
    return this.#armed;
  }

  set(ms: number, run: () => void): void {
    this.clear();
    if (this.#disposed) return;
    this.#armed = true;
    this.#handle = this.clock.after(ms, () => {
      this.#armed = false;
      run();
    });
  }

  clear(): void {
    if (!this.#armed) return;
    this.#armed = false;
    this.clock.clear(this.#handle);
  }

  dispose(): void {
    this.clear();
    this.#disposed = true;
  }
}
