import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { ErrorInfo } from '../../core/errors.ts';
import { GATHER_MS, MAX_SERVER_FRAME_BYTES } from '../../core/limits.ts';
import { CloseCode } from '../../core/wire/close-codes.ts';
import type { AttachFrame, AttachMode, ClientFrame, ServerFrame } from '../../core/wire/frames.ts';
import type { LiveConnection } from '../dialects/connections.ts';
import type { SessionLog, StoredEntry } from '../journal/port.ts';
import type { Receipt } from '../session/receipt.ts';
import type { Session } from '../session/session.ts';
import { inLines } from './lines.ts';
import { LogPump } from './log-pump.ts';

/** Above this the page is not keeping up, and the log waits for it (bytes). */
const HIGH_WATER = 1024 * 1024;
/** So many entries are worth a message of their own. */
const MANY = 64;
/** Answers to a page that sends and never reads: one entry of the largest kind, and this much more. */
const HARD_LIMIT = 2 * MAX_SERVER_FRAME_BYTES;

export interface AttachmentSocket {
  readonly socket: WebSocket;
  /** Where it is counted what the page does (R48). */
  readonly live?: LiveConnection;
  /** What the WebSocket runs over. */
  readonly wire?: Pick<Duplex, 'cork' | 'uncork'>;
  /** Closes in order; the connection makes sure that it ends. */
  close(code: number, reason: string, error?: ErrorInfo): void;
  now(): number;
}

/** Where a page goes on, by what it says that it has (R21). */
export function attachMode(
  log: Pick<SessionLog, 'epoch' | 'low' | 'committed'>,
  { epoch, since }: Pick<AttachFrame, 'epoch' | 'since'>,
): { mode: AttachMode; cursor: number } {
  // A page that has nothing yet has nothing to forget, whatever the epoch.
  const fresh = epoch === undefined && since === 0;
  const same = fresh || (epoch === log.epoch && since <= log.committed);
  if (!same) return { mode: 'full', cursor: log.low - 1 };
  if (since < log.low - 1) return { mode: 'gap', cursor: log.low - 1 };
  return { mode: 'resume', cursor: since };
}

/**
 * One page that is attached to one session. It reads the log at its own speed: a slow page makes nothing
 * grow and holds nobody up.
 */
export class Attachment {
  readonly #stopObserving: (() => void)[];
  readonly #pump: LogPump;
  readonly #lines: boolean;
  #summaryDue = false;
  /** When entries were sent last, and what waits until more may be. */
  #sentAt = Number.NEGATIVE_INFINITY;
  #waking: NodeJS.Timeout | undefined;
  #ending = false;
  #detached = false;
  /** Since when the page has taken nothing of what was written to it; undefined while it keeps up. */
  #fullSince: number | undefined;

  constructor(
    readonly session: Session,
    attach: AttachFrame,
    private readonly by: string,
    private readonly connection: AttachmentSocket,
  ) {
    const { log } = session;
    const { mode, cursor } = attachMode(log, attach);
    this.#lines = attach.lines === true;
    this.#pump = new LogPump(log, cursor, {
      isFull: () => this.#isFull(),
      take: (batch) => this.#sendBatch(batch),
      rested: () => this.#rested(),
      fellBehind: () => this.#tooSlow(),
      // The page comes back, and goes on from what it has.
      broken: () => connection.close(1011, 'The log could not be read.'),
    });
    const summary = session.summary();
    this.#send({
      t: 'attached',
      epoch: log.epoch,
      mode,
      low: log.low,
      head: log.committed,
      session: summary,
      pending: summary.pending,
    });
    this.#stopObserving = [
      session.observers.add({
        summaryChanged: () => {
          if (connection.live && !session.facts.turn) connection.live.settledAll(session.id);
          this.#summaryDue = true;
          this.#sendSummary();
        },
        ended: () => {
          this.#ending = true;
          this.#pump.wake();
        },
      }),
      log.onCommit(() => this.#wake()),
    ];
    this.#pump.wake();
  }

  /** A frame of the page, other than attach. */
  receive(frame: Exclude<ClientFrame, AttachFrame>): void {
    switch (frame.t) {
      case 'prompt': {
        const receipt = this.session.prompt(frame, this.by);
        if (receipt.ok && !receipt.dup) this.connection.live?.began(frame.k, this.session.id);
        return this.#answer(frame.k, receipt);
      }
      case 'answer':
        return this.#answer(frame.k, this.session.answer(frame, this.by));
      case 'cancel':
        this.connection.live?.count('cancels');
        return this.#answer(frame.k, this.session.cancel(frame, this.by));
      case 'set_mode':
      case 'set_option':
        return this.#answer(frame.k, this.session.set(frame, this.by));
      case 'ping':
        return this.#send({ t: 'pong', c: frame.c });
      case 'persisted':
        return this.session.log.acknowledged(frame.n);
    }
  }

  /** How long the page has taken nothing though there is something (ms). */
  stuckFor(now: number): number {
    return this.#fullSince === undefined ? 0 : now - this.#fullSince;
  }

  /** Final: the socket is closed, or about to. */
  detach(): void {
    if (this.#detached) return;
    this.#detached = true;
    clearTimeout(this.#waking);
    this.#pump.stop();
    for (const stop of this.#stopObserving) stop();
  }

  #answer(k: string, receipt: Receipt): void {
    if (!receipt.ok) return this.#send({ t: 'refused', k, error: receipt.error });
    const { n, dup } = receipt;
    this.session.log.whenCommitted(n).then(
      () => this.#send({ t: 'ack', k, n, ...(dup && { dup: true }) }),
      // The session was dropped meanwhile; the close that follows says so.
      () => {},
    );
  }

  #sendSummary(): void {
    // It can be read again at any time, so a page that lags gets the newest only.
    if (!this.#summaryDue || this.#isFull()) return;
    this.#summaryDue = false;
    this.#send({ t: 'session', session: this.session.summary() });
  }

  #send(frame: ServerFrame): void {
    const { socket } = this.connection;
    if (this.#detached || socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > HARD_LIMIT) return this.#tooSlow();
    this.connection.live?.count('framesOut');
    socket.send(JSON.stringify(frame));
  }

  #rested(): void {
    if (this.#isFull()) this.#fullSince ??= this.connection.now();
    if (this.#ending && this.#pump.cursor >= this.session.log.head) {
      this.connection.close(CloseCode.ended, 'The session was ended.');
    }
  }

  #sendBatch(batch: readonly StoredEntry[]): void {
    const { socket, live, wire } = this.connection;
    // One call of the system for all of them.
    wire?.cork();
    const messages = this.#lines ? inLines(batch) : batch.map(({ frame }) => frame);
    for (const [i, message] of messages.entries()) {
      const last = i === messages.length - 1;
      live?.count('framesOut');
      socket.send(message, { binary: false }, last ? () => this.#flushed() : undefined);
    }
    wire?.uncork();
    this.#sentAt = performance.now();
  }

  /** There is more. What comes close together goes in one message, where the page can read that. */
  #wake(): void {
    if (this.#waking) return;
    const left = this.#lines ? this.#sentAt + GATHER_MS - performance.now() : 0;
    // Who is far behind is not kept waiting.
    if (left < 1 || this.session.log.committed - this.#pump.cursor > MANY) return this.#pump.wake();
    this.#waking = setTimeout(() => {
      this.#waking = undefined;
      this.#pump.wake();
    }, left);
  }

  /** Everything up to some batch has left: the page reads. */
  #flushed(): void {
    this.#fullSince = this.#isFull() ? this.connection.now() : undefined;
    this.#sendSummary();
    this.#wake();
  }

  #isFull(): boolean {
    return this.connection.socket.bufferedAmount >= HIGH_WATER;
  }

  #tooSlow(): void {
    this.connection.close(CloseCode.tooSlow, 'The page fell behind.', {
      code: 'too_slow',
      message: 'The page fell behind; it attaches again and goes on from where it stands.',
      retryable: true,
    });
  }
}
