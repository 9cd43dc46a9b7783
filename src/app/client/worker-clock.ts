import { systemClock, type Clock, type TimerHandle } from './clock.ts';
import type { TimerOrder } from './timer-worker.ts';

/**
 * A clock whose timers keep their time in a hidden page: browsers run a hidden page's own once a
 * minute, which is too seldom to find a half-open socket within 75 s (R19). Where there is no worker,
 * the page's own timers must do.
 */
export function workerClock(fallback: Clock = systemClock, start: () => Worker = ownWorker): Clock {
  const worker = attempt(start);
  if (!worker) return fallback;
  const waiting = new Map<number, { run: () => void; ms: number }>();
  /** Timers that the page's own clock took over, or has had from the beginning. */
  const own = new Map<number, TimerHandle>();
  let broken = false;
  let last = 0;

  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin to name
  const order = (message: TimerOrder): void => worker.postMessage(message);
  const runMyself = (id: number, ms: number, run: () => void): void => {
    const handle = fallback.after(ms, () => {
      own.delete(id);
      run();
    });
    own.set(id, handle);
  };

  worker.addEventListener('message', ({ data: id }: MessageEvent<number>) => {
    const entry = waiting.get(id);
    waiting.delete(id);
    entry?.run();
  });
  // The file could not be loaded, or is forbidden: late is better than never.
  worker.addEventListener('error', () => {
    broken = true;
    for (const [id, { run, ms }] of waiting) runMyself(id, ms, run);
    waiting.clear();
  });

  return {
    now: () => fallback.now(),
    after(ms, run) {
      const id = ++last;
      if (broken) runMyself(id, ms, run);
      else {
        waiting.set(id, { run, ms });
        order({ id, ms });
      }
      return id;
    },
    clear(handle) {
      const id = handle as number;
      if (waiting.delete(id)) return order({ id });
      fallback.clear(own.get(id));
      own.delete(id);
    },
  };
}

const ownWorker = (): Worker =>
  new Worker(new URL('./timer-worker.ts', import.meta.url), { type: 'module' });

function attempt(start: () => Worker): Worker | undefined {
  try {
    return start();
  } catch {
    return undefined;
  }
}
