import { expect, test, vi } from 'vitest';
import { Timer, type Clock } from '../../../src/app/client/clock.ts';
import { PageWorker } from '../../../src/app/client/page-worker.ts';
import { workerClock } from '../../../src/app/client/worker-clock.ts';

/** A page whose own timers never come, as good as hidden. */
const stopped: Clock = { now: () => 1_234, after: () => 0, clear: () => {} };

test('[R19] timers come though the page’s own do not', async () => {
  const clock = workerClock(new PageWorker(), stopped);
  const run = vi.fn<() => void>();
  clock.after(10, run);
  await vi.waitFor(() => expect(run).toHaveBeenCalledOnce());
  expect(clock.now()).toBe(1_234);
  // Negative control: the page's own would not have.
  const never = vi.fn<() => void>();
  stopped.after(0, never);
  expect(never).not.toHaveBeenCalled();
});

test('[R12] a cleared timer never comes, even if its message is under way', async () => {
  const clock = workerClock(new PageWorker(), stopped);
  const [cleared, later] = [vi.fn<() => void>(), vi.fn<() => void>()];
  const timer = new Timer(clock);
  timer.set(0, cleared);
  clock.after(30, later);
  timer.clear();
  await vi.waitFor(() => expect(later).toHaveBeenCalled());
  expect(cleared).not.toHaveBeenCalled();
});

test.each([
  ['cannot be made', () => raise()],
  ['cannot be loaded', () => new Worker(new URL('no-such-file.js', location.href))],
])('where a worker %s the page’s own timers do', async (_, start) => {
  const clock = workerClock(new PageWorker(start));
  const [run, cleared, later] = [vi.fn<() => void>(), vi.fn<() => void>(), vi.fn<() => void>()];
  clock.after(20, run);
  clock.clear(clock.after(5, cleared));
  await vi.waitFor(() => expect(run).toHaveBeenCalledOnce());
  clock.after(5, later);
  await vi.waitFor(() => expect(later).toHaveBeenCalledOnce());
  expect(cleared).not.toHaveBeenCalled();
});

function raise(): Worker {
  throw new Error('forbidden');
}
