import { systemClock, type Clock, type TimerHandle } from './clock.ts';
import type { PageWorker } from './page-worker.ts';

/**
 * A clock whose timers keep their time in a hidden page: browsers run a hidden page's own once a
 * minute, which is too seldom to find a half-open socket within 75 s (R19). Where there is no worker,
 * the page's own timers must do.
 */
export function workerClock(worker: PageWorker, fallback: Clock = systemClock): Clock {
  if (worker.broken) return fallback;
  const waiting = new Map<number, { run: () => void; ms: number }>();
  /** Timers that the page's own clock took over, or has had from the beginning. */
  const own = new Map<number, TimerHandle>();
  let last = 0;

  const runMyself = (id: number, ms: number, run: () => void): void => {
    const handle = fallback.after(ms, () => {
      own.delete(id);
      run();
    });
    own.set(id, handle);
  };

  worker.listen({
    heard({ timer }) {
      if (timer === undefined) return;
      const entry = waiting.get(timer);
      waiting.delete(timer);
      entry?.run();
    },
    // Late is better than never.
    broke() {
      for (const [id, { run, ms }] of waiting) runMyself(id, ms, run);
      waiting.clear();
    },
  });

  return {
    now: () => fallback.now(),
    after(ms, run) {
      const id = ++last;
      if (worker.broken) runMyself(id, ms, run);
      else {
        waiting.set(id, { run, ms });
        worker.post({ timer: { id, ms } });
      }
      return id;
    },
    clear(handle) {
      const id = handle as number;
      if (waiting.delete(id)) return worker.post({ timer: { id } });
      fallback.clear(own.get(id));
      own.delete(id);
    },
  };
}
