// The page's own worker: timers, which a hidden page's are not, and sockets, whose messages reach the page in few
// and large pieces. An entry of its own, started by page-worker.ts, so unlike other modules it works at import.
import { SocketHost } from './worker-sockets/socket-host.ts';
import type { FromWorker, ToWorker } from './page-worker.ts';

interface WorkerScope {
  addEventListener(type: 'message', listener: (event: MessageEvent<ToWorker>) => void): void;
  postMessage(message: FromWorker): void;
}

const scope = globalThis as unknown as WorkerScope;
const timers = new Map<number, ReturnType<typeof setTimeout>>();
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- the page is its only listener
const post = (message: FromWorker): void => scope.postMessage(message);
const sockets = new SocketHost((news) => post({ news }));

scope.addEventListener('message', ({ data }) => {
  if (data.timer) setTimer(data.timer.id, data.timer.ms);
  else if (data.socket) sockets.order(data.socket);
  else sockets.read();
});

function setTimer(id: number, ms: number | undefined): void {
  clearTimeout(timers.get(id));
  timers.delete(id);
  if (ms === undefined) return;
  const timer = setTimeout(() => {
    timers.delete(id);
    post({ timer: id });
  }, ms);
  timers.set(id, timer);
}
