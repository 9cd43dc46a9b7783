import type { ContentBlock } from '../../core/acp.ts';
import { ApertureError } from '../../core/errors.ts';
import type { SessionId } from '../../core/ids.ts';
import { MAX_LIVE_SESSIONS } from '../../core/limits.ts';
import type { ConnectionState } from '../../core/session/connection-state.ts';
import type { Answer } from '../../core/session/event.ts';
import { browserSockets } from './browser-sockets.ts';
import { systemClock, type Clock } from './clock.ts';
import type { ConnectionContext, SessionCheck } from './context.ts';
import { DialQueue } from './dial-queue.ts';
import type { Environment } from './environment.ts';
import { Intake, type Pace } from './intake.ts';
import { pickYielding } from './limit.ts';
import type { ClientHost, OutboxEntry } from './ports.ts';
import type { Fetch, Place, SocketFactory } from './protocols/port.ts';
import { SessionConnection } from './session-connection.ts';
import type { ConnectionCounts } from './session-report.ts';
import type { SettingChange } from './settings.ts';
import { WakeDetector } from './wake.ts';

export interface ApertureClientOptions {
  host: ClientHost;
  /** Where a session lives; undefined for one that is nowhere, or whose adapter was not loaded. */
  place: (id: SessionId) => Place | undefined;
  /** Asks its server about one session (R11). */
  check: (id: SessionId) => Promise<SessionCheck>;
  environment: Environment;
  /** Names this tab in the logs, 1 to 64 characters. */
  client: string;
  sockets?: SocketFactory;
  /** When the page draws: what comes is read between; at once without it. */
  pace?: Pace;
  fetch?: Fetch;
  clock?: Clock;
  /** In [0, 1). */
  random?: () => number;
  limit?: number;
}

/** All live sessions of one page: a connection per session, at most ten sockets (R1). */
export class ApertureClient {
  readonly #connections = new Map<SessionId, SessionConnection>();
  readonly #context: ConnectionContext;
  readonly #limit: number;
  readonly #wake: WakeDetector;
  readonly #abort = new AbortController();

  constructor(options: ApertureClientOptions) {
    const { environment, host, pace, clock = systemClock } = options;
    this.#limit = options.limit ?? MAX_LIVE_SESSIONS;
    this.#context = {
      clock,
      random: options.random ?? Math.random,
      environment,
      dials: new DialQueue(clock),
      sockets: options.sockets ?? browserSockets,
      intake: pace && new Intake(pace, (id) => host.evictionHints(id).viewed),
      fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
      place: options.place,
      client: options.client,
      host,
      check: options.check,
    };
    this.#wake = new WakeDetector(
      clock,
      () => environment.visible(),
      () => this.#each((connection) => connection.woke()),
    );
    environment.listen((hint) => {
      // Timers were slowed down or stopped while nobody looked.
      if (hint === 'shown') this.#wake.check();
      this.#each((connection) => connection.hint(hint));
    }, this.#abort.signal);
  }

  /**
   * Resolves when the session is attached; joins an attempt under way (R2).
   * @throws ApertureError `connection_limit` when ten are in use and none may yield (R4); as the connection
   *   itself when it breaks before it opened (R7).
   */
  async connectSession(id: SessionId): Promise<void> {
    if (this.#abort.signal.aborted) throw closed();
    const connection = this.#obtain(id);
    // A session that reconnects has its place already: it is neither counted twice nor evicts (R3).
    if (!connection.live && connection.state.status !== 'ended') {
      try {
        this.#makeRoom();
      } catch (error) {
        connection.refuse(error as ApertureError);
        throw error;
      }
    }
    await connection.connect();
  }

  /** Holds a socket, or has one coming. */
  isLive(id: SessionId): boolean {
    return this.#connections.get(id)?.live ?? false;
  }

  /** Whether connecting one more session would take nothing from another. */
  get hasRoom(): boolean {
    return this.#live().length < this.#limit;
  }

  /** Closes its socket and every timer; others are not touched (R16). */
  disconnectSession(id: SessionId): void {
    this.#connections.get(id)?.disconnect('user');
  }

  disconnectAll(): void {
    this.#each((connection) => connection.disconnect('closed'));
  }

  /** Forgets the session altogether; nothing is reported of it any more (R29). */
  forgetSession(id: SessionId): void {
    this.#connections.get(id)?.dispose();
    this.#connections.delete(id);
  }

  /** Closes its connection for good, if there is one, and shows why. */
  failSession(id: SessionId, error: ApertureError): void {
    this.#obtain(id).fail(error);
  }

  /** A line in its log (R48); never anything that was said. */
  note(id: SessionId, line: string): void {
    this.#obtain(id).report.note(line);
  }

  /** What was counted of it; undefined before its first use on this page (R48). */
  inspect(id: SessionId): ConnectionCounts | undefined {
    return this.#connections.get(id)?.report.counts;
  }

  /** The gateway's list has it no more (R17). */
  sessionGone(id: SessionId): void {
    this.#obtain(id).gone();
  }

  getConnectionStatus(id: SessionId): ConnectionState {
    return this.#connections.get(id)?.state ?? { status: 'disconnected', reason: 'never' };
  }

  /**
   * Sends, or queues visibly (R6): the outbox is reported to the host.
   * @returns the message's key. @throws ApertureError `outbox_full`.
   */
  sendToSession(
    id: SessionId,
    prompt: readonly ContentBlock[],
    whileBusy: 'queue' | 'interrupt' = 'queue',
  ): string {
    return this.#obtain(id).traffic.send(prompt, whileBusy);
  }

  /** Brings back what a reload interrupted. */
  restoreOutbox(id: SessionId, entries: readonly OutboxEntry[]): void {
    this.#obtain(id).traffic.outbox.restore(entries);
  }

  /** Another tab sends these messages now. */
  releaseOutbox(id: SessionId, keys: readonly string[]): void {
    this.#connections.get(id)?.traffic.outbox.release(keys);
  }

  withdraw(id: SessionId, key: string): OutboxEntry | undefined {
    return this.#connections.get(id)?.traffic.outbox.withdraw(key);
  }

  edit(id: SessionId, key: string, prompt: readonly ContentBlock[]): boolean {
    return this.#connections.get(id)?.traffic.outbox.edit(key, prompt) ?? false;
  }

  /** @param toIndex among all messages of this session; clamped. @returns whether it is still queued. */
  moveQueued(id: SessionId, key: string, toIndex: number): boolean {
    return this.#connections.get(id)?.traffic.outbox.move(key, toIndex) ?? false;
  }

  /** @returns whether it is on its way into the running turn. */
  steer(id: SessionId, key: string): boolean {
    return this.#connections.get(id)?.traffic.outbox.steer(key) ?? false;
  }

  resend(id: SessionId, key: string): boolean {
    return this.#connections.get(id)?.traffic.outbox.resend(key) ?? false;
  }

  /** @throws ApertureError `not_connected`, `cannot_cancel`. */
  cancel(id: SessionId): void {
    this.#obtain(id).traffic.cancel();
  }

  /** Resolves when the gateway has confirmed it; the request stays pending otherwise (R56). */
  answer(id: SessionId, requestId: string, answer: Answer): Promise<void> {
    return this.#obtain(id).traffic.answer(requestId, answer);
  }

  /** A change of the agent's mode or of one of its options. Resolves when the log shows what became of it. */
  set(id: SessionId, change: SettingChange): Promise<void> {
    return this.#obtain(id).traffic.set(change);
  }

  persisted(id: SessionId, n: number): void {
    this.#connections.get(id)?.traffic.persisted(n);
  }

  /** The page will stand still, as in the back/forward cache: no socket until {@link wakeUp}. */
  sleep(): void {
    this.#each((connection) => connection.sleep());
  }

  wakeUp(): void {
    this.#wake.check();
    this.#each((connection) => connection.wakeUp());
  }

  retryNow(id: SessionId): void {
    this.#connections.get(id)?.retryNow();
  }

  /** Idempotent and final. */
  dispose(): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#wake.dispose();
    this.#each((connection) => connection.dispose());
    this.#connections.clear();
    this.#context.dials.dispose();
    this.#context.intake?.dispose();
  }

  #obtain(id: SessionId): SessionConnection {
    let connection = this.#connections.get(id);
    if (!connection) {
      connection = new SessionConnection(id, this.#context);
      this.#connections.set(id, connection);
    }
    return connection;
  }

  #live(): SessionConnection[] {
    return [...this.#connections.values()].filter((connection) => connection.live);
  }

  #makeRoom(): void {
    const live = this.#live();
    if (live.length < this.#limit) return;
    const yielding = pickYielding(
      live.map((connection) => {
        const hints = this.#context.host.evictionHints(connection.id);
        return {
          id: connection.id,
          lastActivity: connection.traffic.lastActivity,
          hints: { ...hints, busy: hints.busy || connection.traffic.holdsWork },
        };
      }),
      this.#limit,
    );
    this.#connections.get(yielding)?.disconnect('hibernated');
  }

  #each(run: (connection: SessionConnection) => void): void {
    for (const connection of this.#connections.values()) run(connection);
  }
}

const closed = (): ApertureError =>
  new ApertureError('disconnected', 'The page has closed its connections.');
