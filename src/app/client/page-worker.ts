import type { SocketNews, SocketOrder } from './worker-sockets/orders.ts';

/** `ms`: set timer `id`; without it: clear it. Answered by the id alone when the time has come. */
export interface TimerOrder {
  readonly id: number;
  readonly ms?: number;
}

/** One of three: about a timer, about a socket, or that `CONFIRM_EVERY` more pieces of news were read. */
export interface ToWorker {
  readonly timer?: TimerOrder;
  readonly socket?: SocketOrder;
}

export interface FromWorker {
  readonly timer?: number;
  readonly news?: readonly SocketNews[];
}

/** What the page's worker tells, and that it can do nothing (any more): then nothing else comes. Idempotent. */
export interface WorkerListener {
  heard(message: FromWorker): void;
  broke(): void;
}

/** The page's worker, which may turn out not to be there: it can be forbidden, or its file missing. */
export class PageWorker {
  readonly #worker: Worker | undefined;
  readonly #listeners: WorkerListener[] = [];
  #broken = false;

  constructor(start: () => Worker = ownWorker) {
    try {
      this.#worker = start();
    } catch {
      this.#broken = true;
      return;
    }
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if (!this.#broken) for (const each of this.#listeners) each.heard(data);
    });
    this.#worker.addEventListener('error', () => {
      this.#broken = true;
      this.#worker?.terminate();
      for (const each of this.#listeners) each.broke();
    });
  }

  get broken(): boolean {
    return this.#broken;
  }

  listen(listener: WorkerListener): void {
    this.#listeners.push(listener);
  }

  post(message: ToWorker): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin to name
    this.#worker?.postMessage(message);
  }
}

const ownWorker = (): Worker =>
  new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
