import type { SessionId } from '../../core/ids.ts';
import type { Socket, SocketEvent } from './protocols/port.ts';

/** Time for reading frames of sockets, `budget` ms in every `window` ms, about a frame; the rest is for drawing and for input. */
const SHOWN = { budget: 6, window: 16 };
/** In a page that nobody looks at, and that has fewer frames. */
const HIDDEN = { budget: 40, window: 100 };
/** Messages of one socket that are read before another has its turn, and their length in UTF-16 units: one may hold many frames. */
const SLICE = 16;
const SLICE_LENGTH = 4 * 1024;
/** Of a socket with more waiting than this, the oldest are read whatever it costs: memory is dearer than a frame (R30). */
const MAX_WAITING = 50_000;
/** The same for their length in all, UTF-16 units: a message may be as long as a wire allows. */
const MAX_WAITING_LENGTH = 32 * 1024 * 1024;

/** When the page draws. */
export interface Pace {
  /** Calls `run` once, before the next paint. @returns cancels it. */
  next(run: () => void): () => void;
  /** ms, monotonic. */
  now(): number;
  /** Nobody looks, and frames are rare. */
  hidden?(): boolean;
}

type Listener = (event: SocketEvent) => void;

/** What one socket brought and nobody has read yet, oldest first. */
class Lane {
  #queue: { tell: () => void; length: number }[] = [];
  #at = 0;
  #length = 0;

  constructor(readonly id: SessionId) {}

  get waiting(): number {
    return this.#queue.length - this.#at;
  }

  get isFull(): boolean {
    return this.waiting > MAX_WAITING || this.#length > MAX_WAITING_LENGTH;
  }

  add(tell: () => void, data: unknown): void {
    const length = typeof data === 'string' ? data.length : 0;
    this.#queue.push({ tell, length });
    this.#length += length;
  }

  read(count: number): void {
    let length = 0;
    for (let left = Math.min(count, this.waiting); left > 0 && length < SLICE_LENGTH; left--) {
      const next = this.#queue[this.#at++]!;
      length += next.length;
      this.#length -= next.length;
      next.tell();
    }
    // What was read is let go, though a little late, so that a long queue is not copied for every slice.
    if (this.#at * 2 < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#at);
    this.#at = 0;
  }
}

/**
 * Reads what the sockets of all sessions bring: at once, while that takes a part of a frame only; the rest a part
 * in each of the next frames, in each socket's order, the viewed session's first and then all in turn. So a burst of
 * any length from any kind of server holds up neither input nor another session, and nothing of it is dropped.
 */
export class Intake {
  /** Whoever waits longest is first. */
  readonly #waiting = new Set<Lane>();
  #cancel: (() => void) | undefined;
  #windowEnd = 0;
  #spent = 0;

  /** @param viewed the reader looks at this session. */
  constructor(
    private readonly pace: Pace,
    private readonly viewed: (id: SessionId) => boolean,
  ) {}

  /** The same socket, which tells of its messages and of its end when there is time to listen. */
  paced(id: SessionId, socket: Socket): Socket {
    const lane = new Lane(id);
    return {
      get readyState() {
        return socket.readyState;
      },
      addEventListener: (type, listener, options) => {
        const late = type === 'message' || type === 'close';
        const heard: Listener = (event) => {
          if (!options?.signal.aborted) listener(event);
        };
        socket.addEventListener(
          type,
          late ? (event) => this.#take(lane, () => heard(event), event.data) : listener,
          options,
        );
      },
      send: (data) => socket.send(data),
      close: (code, reason) => socket.close(code, reason),
    };
  }

  /** Nothing that waits is told any more. */
  dispose(): void {
    this.#cancel?.();
    this.#waiting.clear();
  }

  #take(lane: Lane, tell: () => void, data: unknown): void {
    const began = this.pace.now();
    if (began >= this.#windowEnd) {
      this.#windowEnd = began + this.#time.window;
      this.#spent = 0;
    }
    if (this.#waiting.size === 0 && this.#spent < this.#time.budget) {
      tell();
      this.#spent += this.pace.now() - began;
      return;
    }
    lane.add(tell, data);
    this.#waiting.add(lane);
    while (lane.isFull) lane.read(1);
    this.#schedule();
  }

  #schedule(): void {
    this.#cancel ??= this.pace.next(() => {
      this.#cancel = undefined;
      try {
        this.#frame();
      } finally {
        if (this.#waiting.size > 0) this.#schedule();
      }
    });
  }

  #frame(): void {
    const { pace } = this;
    const began = pace.now();
    const first = [...this.#waiting].find(({ id }) => this.viewed(id));
    // Half of the time is its own before it shares the rest.
    if (first) while (this.#read(first) && pace.now() < began + this.#time.budget / 2);
    while (this.#waiting.size > 0 && pace.now() < began + this.#time.budget) {
      const [lane] = this.#waiting;
      this.#read(lane!);
    }
    // What comes before the next frame waits for it if this one took all of its time.
    const ended = pace.now();
    this.#windowEnd = ended + this.#time.window;
    this.#spent = ended - began;
  }

  /** One slice. @returns whether more waits. */
  #read(lane: Lane): boolean {
    this.#waiting.delete(lane);
    try {
      lane.read(SLICE);
    } finally {
      if (lane.waiting > 0) this.#waiting.add(lane);
    }
    return lane.waiting > 0;
  }

  get #time(): typeof SHOWN {
    return this.pace.hidden?.() ? HIDDEN : SHOWN;
  }
}
