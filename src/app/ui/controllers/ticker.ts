import { signal, type ReadonlySignal } from '@preact/signals-core';

let timer: ReturnType<typeof setInterval> | undefined;

const clock = signal(0, {
  watched() {
    timer = setInterval(() => {
      clock.value++;
    }, 1_000);
  },
  unwatched() {
    clearInterval(timer);
  },
});

/**
 * The page's one ticker: another number once a second. It runs while somebody watches it and costs
 * nothing otherwise, so ten running turns share a single timer. Read `Date.now()` beside it.
 */
export const ticker: ReadonlySignal<number> = clock;
