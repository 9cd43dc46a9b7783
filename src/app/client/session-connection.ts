import { ApertureError, type ErrorInfo } from '../../core/errors.ts';
import type { SessionId } from '../../core/ids.ts';
import { WAKE_PONG_TIMEOUT_MS } from '../../core/limits.ts';
import type { ConnectionState } from '../../core/session/connection-state.ts';
import type { CloseInfo } from '../../core/wire/close-codes.ts';
import { Attempt } from './attempt.ts';
import type { ConnectionContext, SessionCheck } from './context.ts';
import type { EnvironmentHint } from './environment.ts';
import { Opening } from './opening.ts';
import * as trouble from './verdict.ts';
import type { Attached } from './ports.ts';
import { RetrySchedule } from './retry-schedule.ts';
import { SessionReport } from './session-report.ts';
import { SessionTraffic } from './session-traffic.ts';
import type { Incoming, Link } from './protocols/port.ts';

const OFFLINE = 'This device is offline.';

/** One session's connection: its life, its log's order, its outbox. One object per session, one socket at most. */
export class SessionConnection {
  readonly traffic: SessionTraffic;
  readonly report: SessionReport;

  readonly #context: ConnectionContext;
  readonly #retry: RetrySchedule;
  #state: ConnectionState = { status: 'disconnected', reason: 'never' };
  #attempt: Attempt | undefined;
  #opening: Opening | undefined;
  #generation = 0;
  /** The socket is asked whether it survived sleep. */
  #waking = false;
  /** The page stands still: no socket until it goes on. */
  #asleep = false;
  /** Why there was no connection; empty on a first attempt. */
  #reason = '';
  #disposed = false;

  constructor(
    readonly id: SessionId,
    context: ConnectionContext,
  ) {
    this.#context = context;
    this.#retry = new RetrySchedule(id, context);
    this.report = new SessionReport(id, context.clock);
    this.traffic = new SessionTraffic(id, context, this);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Holds a socket, or has one coming: counts against the limit (R1, R3). */
  get live(): boolean {
    return this.#attempt !== undefined || this.#retry.armed || this.#asleep;
  }

  /** Open and acknowledged: the only time when frames may go out. */
  get link(): Link | undefined {
    return this.#attempt?.link;
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /**
   * Resolves when the session is attached; joins an attempt under way (R2).
   * Rejects when this attempt ends before that (R7), with the reason's code; retries may go on.
   */
  connect(): Promise<void> {
    if (this.#disposed) return Promise.reject(trouble.disconnected());
    if (this.#state.status === 'ended') return Promise.reject(trouble.ended());
    if (this.#opening) return this.#opening.promise;
    if (this.link) return Promise.resolve();
    const opening = new Opening();
    this.#opening = opening;
    // A dial after a lost connection may be in the queue already: then that is the one.
    if (!this.#attempt) this.#dial();
    return opening.promise;
  }

  /** Dials at once instead of waiting; the count of attempts stays (R8). */
  retryNow(): void {
    if (this.link) this.#attempt?.probe();
    else void this.connect().catch(() => {});
  }

  /** Ends the connection and every timer of it (R12). Nothing is retried until somebody connects again. */
  disconnect(reason: 'user' | 'hibernated' | 'closed'): void {
    this.#release(trouble.disconnected());
    if (this.#state.status !== 'ended') this.#setState({ status: 'disconnected', reason });
  }

  /** It cannot be connected for a reason outside of it. */
  refuse(error: ApertureError): void {
    if (!this.live) this.fail(error);
  }

  /** Ends the connection for good, for a reason outside of it: only the user opens it again. */
  fail(error: ApertureError): void {
    if (this.#state.status !== 'ended') this.#fail(error);
  }

  /** The gateway's list has it no more (R11, R17). */
  gone(): void {
    this.end(true);
  }

  /** Idempotent and final: nothing is reported after it. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#release(trouble.disconnected());
    this.#retry.dispose();
  }

  hint(hint: EnvironmentHint): void {
    if (hint === 'hidden' || hint === 'frozen') return;
    if (hint !== 'offline') return this.check();
    if (!this.link || !this.#attempt) return;
    // Shown at once. But a gateway on this machine needs no network, so the socket is asked, and stays.
    this.#setReconnecting(1, OFFLINE);
    this.#attempt.doubt();
  }

  /** Asks a quiet socket whether it lives, dials at once if a retry waits: on return, when online. */
  check(): void {
    if (this.link) this.#attempt?.probe();
    else if (this.#retry.armed) this.#dial();
  }

  /** The page will stand still: its socket would be half open, and keep the page from being kept. */
  sleep(): void {
    if (this.#asleep || !this.live) return;
    this.#drop();
    this.#reason = 'The page was asleep.';
    this.#asleep = true;
    this.#setReconnecting(1, this.#reason);
  }

  /** The page goes on. */
  wakeUp(): void {
    if (!this.#asleep) return;
    this.#asleep = false;
    this.#dial();
  }

  /** The machine slept, or its clock was set: a socket from before must answer soon, a dial from before counts for nothing. */
  woke(): void {
    if (!this.link) return this.live ? this.#dial() : undefined;
    this.#waking = true;
    this.#attempt?.probe(WAKE_PONG_TIMEOUT_MS);
  }

  #dial(): void {
    if (this.#asleep) return;
    this.#drop();
    const { host, clock } = this.#context;
    const attempt = new Attempt(this.id, ++this.#generation, this.#context, {
      resume: () => this.traffic.log.resume(host.resumePoint(this.id)),
      incoming: (message) => this.#incoming(attempt, message),
      roundTrip: (ms) => {
        this.#waking = false;
        this.report.roundTrip = ms;
        this.#connected(ms);
      },
      cannotAsk: () => {
        this.#waking = false;
        this.#connected(this.report.roundTrip);
      },
      proven: () => {
        this.#retry.proven();
        this.traffic.log.proven();
      },
      broken: (info, lastWords) => this.#broken(attempt, info, lastWords),
    });
    this.#attempt = attempt;
    this.report.dialled(attempt.generation);
    if (this.#reason) this.#setReconnecting(Math.max(1, this.#retry.attempt), this.#reason);
    else this.#setState({ status: 'connecting', since: clock.now() });
    attempt.start(host.evictionHints(this.id).viewed);
  }

  #incoming(attempt: Attempt, message: Incoming): void {
    this.report.heard();
    switch (message.kind) {
      case 'attached':
        if (!attempt.link) this.#attached(attempt, message.info, message.pending);
        return;
      case 'event':
        if (attempt.link) this.traffic.event(message.event);
        return;
      case 'unreadable':
        return this.#unreadable(attempt, message.n, message.why);
      default:
        this.traffic.incoming(message);
    }
  }

  #attached(attempt: Attempt, told: Attached, pending: readonly string[]): void {
    const info = this.traffic.log.attached(attempt.resume, told);
    if (info === 'again') return this.again('The log does not fit what this page has.');
    const again = this.#reason !== '';
    attempt.acknowledged();
    this.report.attached(again, info.mode);
    this.#reason = '';
    const abilities = attempt.abilities!;
    this.traffic.attached(info, abilities);
    this.#context.host.attached(this.id, info, abilities);
    this.#connected(undefined);
    this.traffic.ready(pending);
    this.#takeOpening()?.resolve();
    this.traffic.catchUp();
  }

  /** Once it may have been spoilt on its way; the second time it will not get better. */
  #unreadable(attempt: Attempt, n: number, why: string): void {
    const instead = attempt.link
      ? this.traffic.log.unreadable(n, this.#context.clock.now())
      : 'again';
    this.report.note(`entry ${n} cannot be read: ${why}`);
    if (instead === 'again')
      attempt.spoilt('A part of the log could not be read; it is read again.');
    else if (instead) this.traffic.event(instead);
  }

  /** What came does not fit what this page has: the log is read again. */
  again(reason: string): void {
    this.#reason = reason;
    this.#dial();
  }

  /** The attempt is over, for the reason given. */
  #broken(attempt: Attempt, info: CloseInfo, lastWords: ErrorInfo | undefined): void {
    const wasAttached = attempt.link !== undefined;
    const verdict = trouble.verdictOf(info, wasAttached ? attempt.abilities : undefined);
    // Nobody is to blame for it, and somebody is waiting: no back-off, the queue spaces the dials.
    const diedInSleep = this.#waking && info.code === 'half_open';
    this.report.closed(`${verdict}, ${info.code}`);
    this.#drop();
    const { code, message } = lastWords ?? info;
    const error = new ApertureError(code, message, { retryable: verdict === 'retry' });
    const opening = this.#takeOpening();
    if (info.code === 'ended') this.end(false);
    else if (verdict === 'lost') this.end(true);
    else if (verdict === 'done') this.#done(message);
    else if (verdict === 'fatal') this.#fail(error);
    else if (diedInSleep) this.again(info.message);
    else {
      this.#scheduleRetry(info.message);
      if (!wasAttached) void this.#tellApart();
    }
    opening?.reject(error);
  }

  /** Finished as intended: the next message connects again, also one that waits already. */
  #done(why: string): void {
    const waits = this.traffic.outbox.entries.some(({ delivery }) => delivery.state === 'queued');
    if (waits) this.#scheduleRetry(why);
    else this.disconnect('closed');
  }

  /**
   * A dial failed, and a browser does not say why, so the gateway is asked: gone, or out of reach (R11)?
   * The retry stands meanwhile; the answer can only end it early.
   */
  async #tellApart(): Promise<void> {
    let found: SessionCheck;
    try {
      found = await this.#context.check(this.id);
    } catch {
      return;
    }
    if (this.#disposed || this.#state.status !== 'reconnecting' || this.link) return;
    if (found.status === 'gone') this.end(true);
    else if (found.status === 'refused') this.#fail(found.error);
  }

  #scheduleRetry(why: string): void {
    const reason = this.#context.environment.online() ? why : OFFLINE;
    const planned = this.#retry.plan(() => this.#dial());
    if ('tries' in planned) return this.#fail(trouble.gaveUp(reason, planned.tries));
    this.#reason = reason;
    this.#setReconnecting(this.#retry.attempt, reason, planned.at);
  }

  #fail(error: ApertureError): void {
    this.#release(error);
    this.#setState({ status: 'error', error: error.toInfo() });
  }

  /** It is over, and its history stays. */
  end(gone: boolean): void {
    // The close that follows an end says less than the end did (R13).
    if (this.#state.status === 'ended') return;
    this.#release(trouble.ended());
    this.#setState({ status: 'ended', gone });
  }

  /** Lets go of everything that this connection holds, and settles whoever waits for it (R43). */
  #release(error: ApertureError): void {
    this.#drop();
    this.#reason = '';
    this.#takeOpening()?.reject(error);
    this.traffic.over(error);
    this.#asleep = false;
  }

  /** Ends the attempt under way; nothing is heard of it from here on. */
  #drop(): void {
    this.#retry.clear();
    this.report.closed('here');
    this.#attempt?.dispose();
    this.#attempt = undefined;
    this.#waking = false;
    this.traffic.lost();
  }

  #takeOpening(): Opening | undefined {
    const opening = this.#opening;
    this.#opening = undefined;
    return opening;
  }

  #connected(roundTrip: number | undefined): void {
    const before = this.#state;
    const since = before.status === 'connected' ? before.since : this.#context.clock.now();
    this.#setState({ status: 'connected', since, roundTrip });
  }

  #setReconnecting(attempt: number, reason: string, retryAt?: number): void {
    const max = this.#retry.policy.maxAttempts;
    this.#setState({ status: 'reconnecting', attempt, max, reason, retryAt });
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    if (!this.#disposed) this.#context.host.connectionChanged(this.id, state);
  }
}
