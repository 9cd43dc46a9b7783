import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { ApertureError, toErrorInfo, type ErrorInfo } from '../../core/errors.ts';
import { CloseCode } from '../../core/wire/close-codes.ts';
import { decodeClientFrame } from '../../core/wire/decode.ts';
import type { AttachFrame, ClientFrame } from '../../core/wire/frames.ts';
import type { LiveConnection } from '../dialects/connections.ts';
import type { DialectConnection } from '../dialects/dialect.ts';
import type { SessionPool } from '../session/pool.ts';
import type { Timings } from '../timings.ts';
import { Attachment, type AttachmentSocket } from './attachment.ts';
import { boundStranger, MAX_STRANGER_BYTES } from './stranger.ts';

export interface ConnectionOptions {
  readonly live: LiveConnection;
  /** As it stands in the path; whether it exists is told only to who has the token. */
  readonly sessionId: string;
  readonly pool: SessionPool;
  readonly checkToken: (given: string) => boolean;
  readonly timings: Timings;
  readonly now: () => number;
}

/** One socket, from the upgrade to its end: first the attach frame, then an attachment takes its frames. */
export class Connection implements AttachmentSocket, DialectConnection {
  readonly live: LiveConnection;
  #attachment: Attachment | undefined;
  readonly #attachTimer: NodeJS.Timeout;
  #closeTimer: NodeJS.Timeout | undefined;
  #lastHeard: number;
  #closing = false;
  #suspect = false;

  constructor(
    readonly socket: WebSocket,
    /** What the WebSocket runs over. */
    readonly wire: Duplex,
    private readonly options: ConnectionOptions,
  ) {
    const { timings, live, sessionId, now } = options;
    this.live = live;
    this.#lastHeard = now();
    this.#attachTimer = setTimeout(() => {
      this.close(CloseCode.unauthorized, 'No token came in time.');
    }, timings.attachTimeoutMs);
    boundStranger(
      wire,
      () => this.isAttached || this.#closing,
      () => this.#tooMuch(),
    );
    socket.on('message', (data, isBinary) => this.#message(data, isBinary));
    // Without a listener, an oversize frame would end the gateway. ws closes the socket itself (1009, 1007 …).
    socket.on('error', (error) => {
      live.log('warn', 'socket.error', { sessionId, error: error.message });
      this.#detach();
    });
    socket.on('close', (code) => {
      clearTimeout(this.#closeTimer);
      this.#detach();
      live.close(code);
    });
  }

  get isAttached(): boolean {
    return this.#attachment !== undefined;
  }

  now(): number {
    return this.options.now();
  }

  /** Ends sockets that are half open, and pages that take nothing. */
  sweep(): void {
    const { timings, now } = this.options;
    const silent = now() - this.#lastHeard > timings.silentMs;
    const stuck = (this.#attachment?.stuckFor(now()) ?? 0) > timings.stuckMs;
    // Found twice: when the machine has slept, the first look comes before what arrived meanwhile.
    const again = this.#suspect;
    this.#suspect = silent || stuck;
    if (!this.#suspect || !again) return;
    if (silent) this.socket.terminate();
    else this.close(CloseCode.tooSlow, 'The page took nothing for too long.');
  }

  close(code: number, reason: string, error?: ErrorInfo): void {
    if (this.#closing) return;
    this.#closing = true;
    const { socket } = this;
    if (error && socket.readyState === socket.OPEN) {
      socket.send(JSON.stringify({ t: 'error', error }));
    }
    this.#detach();
    socket.close(code, reason);
    this.#closeTimer = setTimeout(() => socket.terminate(), this.options.timings.closeGraceMs);
  }

  #detach(): void {
    clearTimeout(this.#attachTimer);
    this.#attachment?.detach();
  }

  #tooMuch(): void {
    this.#refuseFrame(new ApertureError('frame_too_large', 'The attach frame is too long.'));
    // The close may be answered or not; nothing more is read.
    this.socket.pause();
  }

  #message(data: RawData, isBinary: boolean): void {
    if (this.#closing) return;
    this.#lastHeard = this.now();
    this.live.count('framesIn');
    try {
      if (isBinary) throw new ApertureError('bad_frame', 'Frames are text, not binary.');
      const text = (data as Buffer).toString('utf8');
      if (!this.#attachment && text.length > MAX_STRANGER_BYTES) {
        throw new ApertureError('frame_too_large', 'The attach frame is too long.');
      }
      this.#frame(decodeClientFrame(text));
    } catch (error) {
      this.#refuseFrame(error);
    }
  }

  #frame(frame: ClientFrame): void {
    if (frame.t === 'attach') {
      if (this.#attachment)
        throw new ApertureError('bad_frame', 'This socket is attached already.');
      this.#attach(frame);
    } else if (this.#attachment) this.#attachment.receive(frame);
    else this.#unauthorized();
  }

  #attach(frame: AttachFrame): void {
    const { pool, checkToken, live, sessionId } = this.options;
    if (!checkToken(frame.token)) return this.#unauthorized();
    const session = pool.get(sessionId);
    if (!session) {
      return this.close(CloseCode.notFound, 'No such session.', {
        code: 'not_found',
        message: 'There is no such session; it may have been ended.',
        retryable: false,
      });
    }
    clearTimeout(this.#attachTimer);
    live.attached(session.id, frame.client);
    this.#attachment = new Attachment(session, frame, frame.client, this);
  }

  #unauthorized(): void {
    this.live.log('warn', 'socket.unauthorized', { sessionId: this.options.sessionId });
    this.close(CloseCode.unauthorized, 'The token is missing or wrong.', {
      code: 'unauthorized',
      message: 'The token is missing or wrong. Open the link that the gateway printed.',
      retryable: false,
    });
  }

  /** Costs this socket and nothing else (R71). */
  #refuseFrame(error: unknown): void {
    const known = error instanceof ApertureError;
    this.live.log(known ? 'warn' : 'error', 'socket.bad_frame', {
      sessionId: this.options.sessionId,
      error: error instanceof Error ? error.message : String(error),
    });
    if (known) this.close(CloseCode.badFrame, error.message.slice(0, 100), toErrorInfo(error));
    else this.close(1011, 'The gateway met an error.');
  }
}
