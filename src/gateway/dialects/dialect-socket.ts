import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { ApertureError, type ErrorInfo } from '../../core/errors.ts';
import { MAX_SERVER_FRAME_BYTES } from '../../core/limits.ts';
import { CloseCode } from '../../core/wire/close-codes.ts';
import type { Timings } from '../timings.ts';
import { boundStranger, MAX_STRANGER_BYTES } from '../ws/stranger.ts';
import type { LiveConnection } from './connections.ts';
import type { DialectConnection } from './dialect.ts';

/** Above this the client is not keeping up, and logs wait for it (bytes). */
const HIGH_WATER = 1024 * 1024;
/** Answers to a client that sends and never reads: one entry of the largest kind, and this much more. */
const HARD_LIMIT = 2 * MAX_SERVER_FRAME_BYTES;
/** Bad frames of one socket that are logged, each. */
const MAX_LOGGED = 10;

export interface DialectSocketOptions {
  readonly live: LiveConnection;
  readonly authorized: boolean;
  /** What the WebSocket runs over. */
  readonly wire: Duplex;
  readonly timings: Timings;
  readonly now: () => number;
}

export interface DialectSocketHooks {
  /** A text frame; what it throws goes to `refuse`. */
  message(text: string): void;
  /** A frame that could not be read, or an error while it was. */
  refuse(error: unknown): void;
  /** The dialect's way to say why the socket is closed, if it has one. */
  lastWords?(error: ErrorInfo): object | undefined;
  /** Once; nothing comes after it. */
  closed(): void;
}

/**
 * What all dialects' sockets have in common: a token within 5 s (R67), text frames of bounded size, an end
 * for clients that are gone or take nothing (R30), and counts (R48).
 */
export class DialectSocket implements DialectConnection {
  readonly live: LiveConnection;
  readonly #drained = new Set<() => void>();
  readonly #authTimer: NodeJS.Timeout | undefined;
  #closeTimer: NodeJS.Timeout | undefined;
  #authorized: boolean;
  #lastHeard: number;
  /** Since when the client has taken nothing though something waits. */
  #fullSince: number | undefined;
  #suspect = false;
  #badFrames = 0;
  #closing = false;
  #over = false;

  constructor(
    private readonly socket: WebSocket,
    private readonly options: DialectSocketOptions,
    private readonly hooks: DialectSocketHooks,
  ) {
    this.live = options.live;
    this.#lastHeard = options.now();
    this.#authorized = options.authorized;
    if (!this.#authorized) {
      this.#authTimer = setTimeout(() => this.unauthorized(), options.timings.attachTimeoutMs);
      boundStranger(
        options.wire,
        () => this.#authorized || !this.isOpen,
        () => {
          this.close(CloseCode.tooBig, 'Too much before the token.');
          socket.pause();
        },
      );
    }
    socket.on('message', (data, isBinary) => this.#message(data, isBinary));
    socket.on('pong', () => (this.#lastHeard = options.now()));
    // Without a listener, an oversize frame would end the gateway. ws closes the socket itself (1009, 1007 …).
    socket.on('error', (error) => {
      this.live.log('warn', 'socket.error', { error: error.message });
      this.#end();
    });
    socket.on('close', (code) => {
      clearTimeout(this.#closeTimer);
      this.#end();
      this.live.close(code);
    });
  }

  get isAttached(): boolean {
    return this.#authorized;
  }

  get isOpen(): boolean {
    return !this.#closing && !this.#over;
  }

  /** Nothing more should be read from a log for this client now. */
  get isFull(): boolean {
    const full = this.socket.bufferedAmount >= HIGH_WATER;
    if (full) this.#fullSince ??= this.options.now();
    return full;
  }

  authorize(): void {
    clearTimeout(this.#authTimer);
    this.#authorized = true;
  }

  unauthorized(): void {
    this.live.log('warn', 'socket.unauthorized');
    this.close(CloseCode.unauthorized, 'The token is missing or wrong.', {
      code: 'unauthorized',
      message: 'The token is missing or wrong. Use the one in the link that the gateway printed.',
      retryable: false,
    });
  }

  /** Told when there is room again after {@link isFull}. @returns stops it. */
  onDrained(listener: () => void): () => void {
    this.#drained.add(listener);
    return () => this.#drained.delete(listener);
  }

  /** Nothing happens once the socket is closing. */
  send(frame: object): void {
    if (!this.isOpen || this.socket.readyState !== this.socket.OPEN) return;
    if (this.socket.bufferedAmount > HARD_LIMIT) return this.tooSlow();
    this.live.count('framesOut');
    this.socket.send(JSON.stringify(frame), () => this.#flushed());
  }

  tooSlow(): void {
    if (!this.isOpen) return;
    this.live.log('warn', 'socket.too_slow');
    this.close(CloseCode.tooSlow, 'The client fell behind.', {
      code: 'too_slow',
      message: 'The client fell behind. Connect again and load the session.',
      retryable: true,
    });
  }

  sweep(): void {
    const { timings, now } = this.options;
    const silent = now() - this.#lastHeard > timings.silentMs;
    const stuck = this.#fullSince !== undefined && now() - this.#fullSince > timings.stuckMs;
    // Found twice: when the machine has slept, the first look comes before what arrived meanwhile.
    const again = this.#suspect;
    this.#suspect = silent || stuck;
    // These dialects have no ping of their own; every WebSocket answers this one by itself.
    if (!this.#suspect) {
      if (this.socket.readyState === this.socket.OPEN) this.socket.ping();
    } else if (again && silent) this.socket.terminate();
    else if (again) this.tooSlow();
  }

  close(code: number, reason: string, error?: ErrorInfo): void {
    if (!this.isOpen) return;
    const words = error && this.hooks.lastWords?.(error);
    if (words && this.socket.readyState === this.socket.OPEN) {
      this.socket.send(JSON.stringify(words));
    }
    this.#closing = true;
    this.#end();
    this.socket.close(code, reason);
    this.#closeTimer = setTimeout(() => this.socket.terminate(), this.options.timings.closeGraceMs);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#authTimer);
    this.#drained.clear();
    this.hooks.closed();
  }

  #message(data: RawData, isBinary: boolean): void {
    if (!this.isOpen) return;
    this.#lastHeard = this.options.now();
    this.live.count('framesIn');
    try {
      if (isBinary) throw new ApertureError('bad_frame', 'Frames are text, not binary.');
      const text = (data as Buffer).toString('utf8');
      if (!this.#authorized && text.length > MAX_STRANGER_BYTES) {
        throw new ApertureError('frame_too_large', 'Show the token before you send so much.');
      }
      this.hooks.message(text);
    } catch (error) {
      // Somebody who sends nothing else must not fill the log.
      if (++this.#badFrames <= MAX_LOGGED) {
        this.live.log('warn', 'socket.bad_frame', {
          error: error instanceof Error ? error.message : String(error),
        });
      }
      this.hooks.refuse(error);
    }
  }

  #flushed(): void {
    if (this.#fullSince === undefined) return;
    const full = this.socket.bufferedAmount >= HIGH_WATER;
    this.#fullSince = full ? this.options.now() : undefined;
    if (!full) for (const listener of this.#drained) listener();
  }
}
