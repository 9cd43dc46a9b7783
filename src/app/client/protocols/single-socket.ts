import { CONNECT_TIMEOUT_MS } from '../../../core/limits.ts';
import { CloseCode } from '../../../core/wire/close-codes.ts';
import { systemClock, Timer } from '../clock.ts';
import { socketUrlUnlessGiven } from './addresses.ts';
import { readFrame } from './fields.ts';
import type { OpenRequest } from './port.ts';
import { readSingleFrame, type SingleFrame } from './single-quirks.ts';
import { SocketLink } from './socket-link.ts';

const PATH = 'ws';
/** How long a close is waited for that nobody confirms; ms. */
const CLOSE_PATIENCE_MS = 1_000;
/** Sockets of one session that are open at a time; further queries wait for one to be done. */
export const MAX_SOCKETS = 4;

export const singleUrl = ({ endpoint, policy }: Pick<OpenRequest, 'endpoint' | 'policy'>): string =>
  socketUrlUnlessGiven(endpoint, PATH, policy);

/** The first frame. A token that may not stand in the address goes here: there is no other place for it. */
export function hello(
  { endpoint, policy }: Pick<OpenRequest, 'endpoint' | 'policy'>,
  identity: string,
  sessId?: string,
): object {
  const inside = policy.auth === 'hello' || policy.auth === 'first-frame';
  const token = inside && endpoint.token ? endpoint.token : undefined;
  return {
    type: 'hello',
    identity,
    ...(token !== undefined && { token }),
    // A server that keeps conversations goes on with this one; the others know no such field.
    ...(sessId !== undefined && { sess_id: sessId }),
  };
}

export interface SingleSocketReports {
  /** `hello` was answered: it takes one query. @param forgot the conversation that was asked for is not there. */
  welcomed(socket: SingleSocket, forgot: boolean): void;
  frame(socket: SingleSocket, frame: SingleFrame): void;
  /** The last report. */
  closed(socket: SingleSocket, code: number, reason: string): void;
}

/** One socket, for one query. */
export class SingleSocket {
  /** The query that it carries, once it does. */
  query: string | undefined;
  readonly #link: SocketLink;
  readonly #timeout: Timer;
  #sessId: string | undefined;
  #remembers = false;
  #gone: (() => void) | undefined;

  /** @param goOn the conversation of an earlier socket. */
  constructor(
    request: OpenRequest,
    identity: string,
    readonly goOn: string | undefined,
    reports: SingleSocketReports,
  ) {
    this.#timeout = new Timer(request.clock ?? systemClock);
    this.#link = new SocketLink(
      (url, protocols) => {
        const socket = request.sockets(url, protocols);
        socket.addEventListener('close', () => this.#isGone());
        return socket;
      },
      singleUrl(request),
      [],
      {
        hello: () => [JSON.stringify(hello(request, identity, goOn))],
        decode: (text) => {
          const frame = readSingleFrame(readFrame(text));
          if (frame.kind === 'welcome' && this.#sessId === undefined) {
            this.#timeout.clear();
            this.#sessId = frame.sessId ?? '';
            this.#remembers = frame.resumed !== undefined;
            reports.welcomed(this, goOn !== undefined && frame.resumed === false);
          } else reports.frame(this, frame);
          return undefined;
        },
      },
      {
        incoming: () => {},
        closed: (code, reason) => {
          this.#timeout.dispose();
          reports.closed(this, code, reason);
        },
      },
    );
    this.#timeout.set(CONNECT_TIMEOUT_MS, () => {
      this.#link.close();
      reports.closed(this, 1006, 'The server did not say welcome.');
    });
  }

  /** As the server named it; undefined before. */
  get sessId(): string | undefined {
    return this.#sessId;
  }

  /** Its conversation can be gone on with. */
  get remembers(): boolean {
    return this.#remembers;
  }

  get welcomed(): boolean {
    return this.#sessId !== undefined;
  }

  /** Welcomed, and nothing was asked on it yet. */
  get idle(): boolean {
    return this.welcomed && this.query === undefined;
  }

  /** Whether a frame is of this socket's session; one that does not say is. */
  owns({ sessId }: SingleFrame): boolean {
    return sessId === undefined || sessId === this.#sessId;
  }

  /** @returns whether it went out. */
  ask(query: string, text: string): boolean {
    const frame = { type: 'user_query', sess_id: this.#sessId, payload: { text } };
    if (!this.#link.send(JSON.stringify(frame))) return false;
    this.query = query;
    return true;
  }

  /**
   * The other side aborts what it does for this query (R49). Idempotent; nothing is reported after it.
   * @param gone when the other side has closed it too, or does not say so in time.
   */
  close(gone?: () => void): void {
    this.#gone = gone;
    this.#timeout.clear();
    if (gone) this.#timeout.set(CLOSE_PATIENCE_MS, () => this.#isGone());
    this.#link.close(CloseCode.normal);
  }

  #isGone(): void {
    const gone = this.#gone;
    this.#gone = undefined;
    if (!gone) return;
    this.#timeout.clear();
    gone();
  }
}
