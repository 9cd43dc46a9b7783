// Runs timers for the page: a worker's are not slowed down when the page is hidden. An entry of its
// own, started by worker-clock.ts, so unlike other modules it works at import.

/** `ms`: set timer `id`; without it: clear it. Answered by the id alone when the time has come. */
export interface TimerOrder {
  id: number;
  ms?: number;
}

interface WorkerScope {
  addEventListener(type: 'message', listener: (event: MessageEvent<TimerOrder>) => void): void;
  postMessage(id: number): void;
}

const scope = globalThis as unknown as WorkerScope;
const running = new Map<number, ReturnType<typeof setTimeout>>();

scope.addEventListener('message', ({ data: { id, ms } }) => {
  clearTimeout(running.get(id));
  running.delete(id);
  if (ms === undefined) return;
  const timer = setTimeout(() => {
    running.delete(id);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- the page is its only listener
    scope.postMessage(id);
  }, ms);
  running.set(id, timer);
});
