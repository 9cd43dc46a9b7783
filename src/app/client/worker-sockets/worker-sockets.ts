import { browserSockets } from '../browser-sockets.ts';
import type { PageWorker } from '../page-worker.ts';
import type { Socket, SocketFactory } from '../protocols/port.ts';
import { CONFIRM_EVERY, type SocketNews } from './orders.ts';

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/**
 * Sockets that live in the page's worker: ten fast streams make thousands of messages a second, and each one that
 * arrives on the main thread is a task there. Where there is no worker, the page's own sockets do.
 */
export function workerSockets(
  worker: PageWorker,
  fallback: SocketFactory = browserSockets,
): SocketFactory {
  const sockets = new Map<number, WorkerSocket>();
  let last = 0;
  let pieces = 0;
  const tell = (news: SocketNews): void => {
    const [id, kind] = news;
    const socket = sockets.get(id);
    if (kind === 'close') sockets.delete(id);
    socket?.hear(news);
  };
  worker.listen({
    heard({ news }) {
      if (!news) return;
      for (const each of news) tell(each);
      if (++pieces % CONFIRM_EVERY === 0) worker.post({});
    },
    broke() {
      for (const id of sockets.keys()) tell([id, 'close', 1006, '']);
    },
  });
  return (url, protocols) => {
    if (worker.broken) return fallback(url, protocols);
    const id = ++last;
    const socket = new WorkerSocket(worker, id);
    sockets.set(id, socket);
    worker.post({ socket: { id, url, protocols } });
    return socket as unknown as Socket;
  };
}

/** As a WebSocket, as far as {@link Socket} goes. */
class WorkerSocket extends EventTarget {
  readyState: number = CONNECTING;

  constructor(
    private readonly worker: PageWorker,
    private readonly id: number,
  ) {
    super();
  }

  send(data: string): void {
    if (this.readyState === OPEN) this.worker.post({ socket: { id: this.id, data } });
  }

  close(...close: [code?: number, reason?: string]): void {
    if (this.readyState >= CLOSING) return;
    this.readyState = CLOSING;
    this.worker.post({ socket: { id: this.id, close } });
  }

  hear([, kind, ...rest]: SocketNews): void {
    switch (kind) {
      case 'open':
        if (this.readyState !== CONNECTING) return;
        this.readyState = OPEN;
        this.dispatchEvent(new Event(kind));
        break;
      case 'message':
        // What was under way when it was closed here comes too late, as from any socket.
        if (this.readyState === OPEN) this.dispatchEvent(new MessageEvent(kind, { data: rest[0] }));
        break;
      default:
        this.readyState = CLOSED;
        this.dispatchEvent(
          new CloseEvent(kind, { code: rest[0] as number, reason: rest[1] as string }),
        );
    }
  }
}
