/**
 * A signal that aborts with `signal` or after `ms`, whichever comes first. Call `done` when it is not needed any
 * more: it aborts too, so that nothing that was begun under it goes on.
 */
export function limited(
  signal: AbortSignal,
  ms: number,
): { signal: AbortSignal; done: () => void } {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const timer = setTimeout(stop, ms);
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { signal: controller.signal });
  controller.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  return { signal: controller.signal, done: stop };
}

/** `fallback` when the signal aborts first, or the promise rejects. */
export async function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  fallback: T,
): Promise<T> {
  if (signal.aborted) return fallback;
  const aborted = new Promise<T>((resolve) =>
    signal.addEventListener('abort', () => resolve(fallback), { once: true }),
  );
  return Promise.race([promise.catch(() => fallback), aborted]);
}
