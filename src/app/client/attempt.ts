import type { ErrorInfo } from '../../core/errors.ts';
import type { SessionId } from '../../core/ids.ts';
import { CONNECT_TIMEOUT_MS } from '../../core/limits.ts';
import { CloseCode, type CloseInfo } from '../../core/wire/close-codes.ts';
import { Timer } from './clock.ts';
import type { ConnectionContext } from './context.ts';
import { Heartbeat } from './heartbeat.ts';
import type { SessionAbilities } from '../../core/session/abilities.ts';
import type { Incoming, Link, Place, ResumePoint } from './protocols/port.ts';

/** A connection that held for this long after it was acknowledged has proven itself; ms (R8). */
export const MIN_UPTIME_MS = 5_000;
/** How long the browser's word that there is no network is shown before the socket itself is asked; ms (R14). */
export const OFFLINE_DOUBT_MS = 3_000;

const NOWHERE: CloseInfo = {
  verdict: 'fatal',
  code: 'no_endpoint',
  message: 'The server of this session is not in the list of this page. Add it again.',
};

export interface AttemptReports {
  /** Asked when the dial's turn has come. */
  resume(): ResumePoint;
  incoming(message: Incoming): void;
  roundTrip(ms: number): void;
  /** It was to be asked whether it lives, and its kind cannot be: it counts as alive until it closes. */
  cannotAsk(): void;
  /** {@link MIN_UPTIME_MS} after it was acknowledged. */
  proven(): void;
  /** The last report. `lastWords`: the other side's own explanation. */
  broken(info: CloseInfo, lastWords: ErrorInfo | undefined): void;
}

/**
 * One attempt at a connection, from its place in the dial queue to its end. Reports nothing after `dispose`
 * or `broken`, so a newer attempt never hears of an older one (R12).
 */
export class Attempt {
  resume: ResumePoint = { epoch: undefined, since: 0 };
  readonly #abort = new AbortController();
  readonly #timeout: Timer;
  readonly #uptime: Timer;
  readonly #doubt: Timer;
  readonly #context: ConnectionContext;
  readonly #reports: AttemptReports;
  #link: Link | undefined;
  #place: Place | undefined;
  #heartbeat: Heartbeat | undefined;
  #attached = false;
  #lastWords: ErrorInfo | undefined;

  constructor(
    readonly id: SessionId,
    /** Counts the attempts of one session; for logs and tests. */
    readonly generation: number,
    context: ConnectionContext,
    reports: AttemptReports,
  ) {
    this.#context = context;
    this.#reports = reports;
    this.#timeout = new Timer(context.clock);
    this.#uptime = new Timer(context.clock);
    this.#doubt = new Timer(context.clock);
  }

  /** Open and acknowledged: the only time when frames may go out. */
  get link(): Link | undefined {
    return this.#attached ? this.#link : undefined;
  }

  /** What can be done by this connection; undefined before it was opened. */
  get abilities(): SessionAbilities | undefined {
    const { protocol, policy } = this.#place ?? {};
    if (!this.#link || !protocol || !policy) return undefined;
    const { cancel, approve, settings, liveness, takes } = this.#link;
    const { afterDrop = protocol.afterDrop } = this.#link;
    return {
      cancel: cancel !== undefined,
      approve: approve !== undefined,
      settings: settings !== undefined,
      ...(takes && { takes }),
      liveness: liveness !== undefined,
      afterDrop,
      concurrency: policy.concurrency,
      shared: protocol.shared,
    };
  }

  /** Takes a place in the dial queue (R20). `urgent`: before those that nobody looks at. */
  start(urgent: boolean): void {
    this.#context.dials.enter(() => this.#open(), this.#abort.signal, urgent);
  }

  /** The handshake was accepted: liveness is watched from here on. */
  acknowledged(): void {
    this.#attached = true;
    this.#timeout.clear();
    this.#uptime.set(MIN_UPTIME_MS, () => this.#reports.proven());
    const liveness = this.#link?.liveness;
    if (!liveness) return;
    this.#heartbeat = new Heartbeat({
      clock: this.#context.clock,
      visible: () => this.#context.environment.visible(),
      ping: (token) => liveness.ping(token),
      dead: () =>
        this.#broken({
          verdict: 'retry',
          code: 'half_open',
          message: 'The connection went silent.',
        }),
      roundTrip: (ms) => this.#reports.roundTrip(ms),
    });
  }

  /** Asks the socket whether it lives; its round trip or its end is reported. @param patienceMs as {@link Heartbeat.probe}. */
  probe(patienceMs?: number): void {
    if (this.#heartbeat) this.#heartbeat.probe(patienceMs);
    else if (this.#attached) this.#reports.cannotAsk();
  }

  /** The browser says that there is no network; the socket has the last word, a little later (R14). */
  doubt(): void {
    this.#doubt.set(OFFLINE_DOUBT_MS, () => this.probe());
  }

  /** What came cannot be read: it ends here, and is tried again. */
  spoilt(message: string): void {
    this.#link?.close(CloseCode.badFrame);
    this.#broken({ verdict: 'retry', code: 'bad_frame', message });
  }

  /** Idempotent and final. */
  dispose(): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#timeout.dispose();
    this.#uptime.dispose();
    this.#doubt.dispose();
    this.#heartbeat?.dispose();
    this.#link?.close();
  }

  #open(): void {
    const { sockets, intake, fetch, client, clock } = this.#context;
    const place = this.#context.place(this.id);
    if (!place) return this.#broken(NOWHERE);
    const { protocol } = place;
    this.#place = place;
    this.resume = this.#reports.resume();
    this.#wait(CONNECT_TIMEOUT_MS);
    const link = this.#tryOpen(() =>
      protocol.open({
        session: this.id,
        endpoint: place.endpoint,
        policy: place.policy,
        summary: place.summary,
        remote: place.remote,
        was: place.was,
        ...(place.untitled && { untitled: place.untitled }),
        client,
        resume: this.resume,
        sockets: (url, protocols) => {
          const socket = sockets(url, protocols);
          return intake?.paced(this.id, socket) ?? socket;
        },
        fetch,
        now: () => clock.now(),
        clock,
        sink: {
          incoming: (message) => this.#incoming(message),
          opening: (ms) => this.#attached || this.#wait(ms),
          closed: (code, reason) => {
            const info = protocol.classifyClose(code, reason);
            // No server can send 1006, so what comes with it are the adapter's own words.
            this.#broken(code === 1006 && reason ? { ...info, message: reason } : info);
          },
        },
      }),
    );
    this.#link = link;
    if (this.#abort.signal.aborted) link?.close();
  }

  #wait(ms: number): void {
    if (this.#abort.signal.aborted) return;
    this.#timeout.set(ms, () =>
      this.#broken({
        verdict: 'retry',
        code: 'timeout',
        message: `The server did not answer within ${ms / 1000} s.`,
      }),
    );
  }

  /** An adapter that throws costs this attempt and nothing else. */
  #tryOpen(open: () => Link): Link | undefined {
    try {
      return open();
    } catch (error) {
      this.#broken({
        verdict: 'fatal',
        code: 'cannot_open',
        message: `The connection could not be opened: ${String(error)}`,
      });
      return undefined;
    }
  }

  #incoming(message: Incoming): void {
    if (this.#abort.signal.aborted) return;
    this.#heartbeat?.alive();
    if (message.kind === 'pong') this.#heartbeat?.pong(message.token);
    else if (message.kind === 'error') this.#lastWords = message.error;
    else this.#reports.incoming(message);
  }

  #broken(info: CloseInfo): void {
    if (this.#abort.signal.aborted) return;
    this.dispose();
    this.#reports.broken(info, this.#lastWords);
  }
}
