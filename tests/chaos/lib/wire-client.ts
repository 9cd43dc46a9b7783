import { WebSocket } from 'ws';
import { decodeServerFrame } from '../../../src/core/wire/decode.ts';
import {
  SUBPROTOCOL,
  type AttachedFrame,
  type ClientFrame,
  type MessageFrame,
  type ServerFrame,
} from '../../../src/core/wire/frames.ts';

export interface Where {
  readonly port: number;
  readonly token: string;
}

/** A session's log as the gateway tells it to somebody who has nothing. */
export interface LogCopy {
  readonly id: string;
  readonly epoch: string;
  readonly low: number;
  readonly head: number;
  readonly frames: readonly MessageFrame[];
}

/** A page as thin as can be: one socket on the gateway itself, past any proxy; every frame kept. */
export class WireClient {
  readonly frames: MessageFrame[] = [];
  attached: AttachedFrame | undefined;
  closed = false;
  /** Told of every frame. */
  heard: ((frame: ServerFrame) => void) | undefined;
  readonly #socket: WebSocket;

  constructor(where: Where, id: string, resume: { epoch?: string; since: number } = { since: 0 }) {
    this.#socket = new WebSocket(`ws://127.0.0.1:${where.port}/v1/sessions/${id}/ws`, SUBPROTOCOL);
    this.#socket.on('open', () =>
      this.send({ t: 'attach', token: where.token, client: 'chaos', ...resume }),
    );
    this.#socket.on('message', (data: Buffer) => {
      const frame = decodeServerFrame(data.toString());
      if (frame.t === 'attached') this.attached = frame;
      if (frame.t === 'm') this.frames.push(frame);
      this.heard?.(frame);
    });
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.closed = true;
    });
  }

  send(frame: ClientFrame): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  /** Drops the socket without a word, once what was sent has left. */
  async close(): Promise<void> {
    while (this.#socket.bufferedAmount > 0) await new Promise((resolve) => setImmediate(resolve));
    this.#socket.terminate();
  }
}

/** Reads the whole log, up to where it stood when we attached. */
export function readLog(where: Where, id: string): Promise<LogCopy> {
  return new Promise((resolve, reject) => {
    const client = new WireClient(where, id);
    const timer = setTimeout(() => {
      void client.close();
      reject(new Error(`The log of ${id} could not be read to its end`));
    }, 60_000);
    client.heard = () => {
      const { attached, frames } = client;
      if (!attached || (frames.at(-1)?.n ?? 0) < attached.head) return;
      clearTimeout(timer);
      void client.close();
      const { epoch, low, head } = attached;
      resolve({ id, epoch, low, head, frames: frames.filter(({ n }) => n <= head) });
    };
  });
}
