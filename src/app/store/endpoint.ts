import { toErrorInfo } from '../../core/errors.ts';
import { fullJitter } from '../../core/retry/policy.ts';
import type { AgentsResponse, SessionSummary } from '../../core/wire/rest.ts';
import type { Environment } from '../client/environment.ts';
import { GatewayApi, isRefusal } from '../client/gateway-api.ts';
import type { Endpoint } from '../client/protocols/port.ts';
import type { EndpointState } from './types.ts';

/** How often the list is read while the page can be seen, for sessions that began elsewhere; ms. */
const POLL_MS = 3_000;
/** Hints come in bundles (focus, shown, reconnected ×10); one reading serves them all. ms */
const SETTLE_MS = 250;
const RETRY = fullJitter();

export interface EndpointParts {
  environment: Environment;
  /** Its state or its agents are other ones now. */
  changed: () => void;
  /** A list is being asked for; what is returned is given to {@link EndpointParts.listed}. */
  asking: () => unknown;
  listed: (list: readonly SessionSummary[], asked: unknown) => void;
  /** It answers, for the first time or again. */
  ready: () => void;
}

/** One gateway as a whole: is it there, what does it list, when to ask again (R15). */
export class EndpointControl {
  agents: AgentsResponse | undefined;
  readonly #parts: EndpointParts;
  #state: EndpointState;
  #api: GatewayApi | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reading: Promise<void> | undefined;
  #attempt = 0;
  #disposed = false;

  constructor(
    readonly url: string,
    parts: EndpointParts,
  ) {
    this.#parts = parts;
    this.#state = { status: 'unset', url };
  }

  get state(): EndpointState {
    return this.#state;
  }

  /** Undefined while nobody has said with which token. */
  get api(): GatewayApi | undefined {
    return this.#api;
  }

  /** Uses this token from now on, and keeps trying. */
  use(token: string): Promise<void> {
    const endpoint: Endpoint = { url: this.url, token };
    this.#api = new GatewayApi(endpoint);
    this.#reading = undefined;
    this.#attempt = 0;
    this.#become({ status: 'connecting', url: this.url });
    return this.refresh();
  }

  /** Reads agents and sessions again; joins a reading under way. Never rejects: the state says how it went. */
  refresh(): Promise<void> {
    if (!this.#api || this.#disposed) return Promise.resolve();
    this.#reading ??= this.#read(this.#api).finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  /** Reads soon; many calls make one. */
  refreshSoon(): void {
    if (this.#api && this.#state.status !== 'unauthorized') this.#plan(SETTLE_MS);
  }

  async refreshAgents(): Promise<void> {
    if (!this.#api) return;
    this.agents = await this.#api.agents();
    this.#parts.changed();
  }

  /** Idempotent and final. */
  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
  }

  #become(state: EndpointState): void {
    this.#state = state;
    if (!this.#disposed) this.#parts.changed();
  }

  async #read(api: GatewayApi): Promise<void> {
    const { asking, listed, ready, changed } = this.#parts;
    clearTimeout(this.#timer);
    const { url } = this;
    try {
      const asked = asking();
      const [list, known] = await Promise.all([
        api.sessions(),
        this.agents ? undefined : api.agents(),
      ]);
      if (api !== this.#api || this.#disposed) return;
      if (known) {
        this.agents = known;
        changed();
      }
      this.#attempt = 0;
      listed(list, asked);
      if (this.#state.status !== 'ready') {
        this.#become({ status: 'ready', url });
        ready();
      }
      this.#plan(POLL_MS);
    } catch (caught) {
      if (api !== this.#api || this.#disposed) return;
      const error = toErrorInfo(caught, 'unreachable');
      if (isRefusal(error.code)) return this.#become({ status: 'unauthorized', url, error });
      if (error.code === 'not_gateway' && this.#state.status !== 'ready') {
        return this.#become({ status: 'unset', url, error });
      }
      this.#attempt++;
      const delay = RETRY.delay(this.#attempt, Math.random()) ?? POLL_MS;
      const retryAt = Date.now() + delay;
      this.#become({ status: 'unreachable', url, error, attempt: this.#attempt, retryAt });
      this.#plan(delay);
    }
  }

  #plan(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#disposed) return;
    this.#timer = setTimeout(() => {
      // A hidden page asks when it is shown again.
      if (this.#state.status === 'ready' && !this.#parts.environment.visible()) return;
      void this.refresh();
    }, ms);
  }
}
