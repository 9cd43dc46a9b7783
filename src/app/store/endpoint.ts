import type { Signal } from '@preact/signals-core';
import { ApertureError, toErrorInfo } from '../../core/errors.ts';
import { fullJitter } from '../../core/retry/policy.ts';
import type { AgentsResponse, SessionSummary } from '../../core/wire/rest.ts';
import type { Environment } from '../client/environment.ts';
import { GatewayApi } from '../client/gateway-api.ts';
import type { Endpoint } from '../client/protocols/port.ts';
import type { EndpointState } from './types.ts';

/** How often the list is read while the page can be seen, for sessions that began elsewhere; ms. */
const POLL_MS = 3_000;
/** Hints come in bundles (focus, shown, reconnected ×10); one reading serves them all. ms */
const SETTLE_MS = 250;
const RETRY = fullJitter();

export interface EndpointParts {
  state: Signal<EndpointState>;
  agents: Signal<AgentsResponse | undefined>;
  environment: Environment;
  /** A list is being asked for; what is returned is given to {@link EndpointParts.listed}. */
  asking: () => unknown;
  listed: (list: readonly SessionSummary[], asked: unknown) => void;
  /** It answers, for the first time or again. */
  ready: () => void;
}

/** The gateway as a whole: is it there, what does it list, when to ask again (R15). */
export class EndpointControl {
  readonly #parts: EndpointParts;
  #api: GatewayApi | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reading: Promise<void> | undefined;
  #attempt = 0;
  #disposed = false;

  constructor(parts: EndpointParts) {
    this.#parts = parts;
  }

  /** @throws ApertureError `no_endpoint` when none was chosen yet. */
  get api(): GatewayApi {
    if (this.#api) return this.#api;
    throw new ApertureError('no_endpoint', 'This page is not connected to a gateway yet.');
  }

  get endpoint(): Endpoint {
    return this.#api?.endpoint ?? { url: '', token: '' };
  }

  get url(): string | undefined {
    return this.#api?.endpoint.url;
  }

  /** Nobody has said which gateway, or with which token. */
  unset(url: string): void {
    this.#parts.state.value = { status: 'unset', url };
  }

  /** Uses this one from now on, and keeps trying. */
  use(endpoint: Endpoint): Promise<void> {
    this.#api = new GatewayApi(endpoint);
    this.#reading = undefined;
    this.#attempt = 0;
    this.#parts.state.value = { status: 'connecting', url: endpoint.url };
    return this.refresh();
  }

  /** @throws ApertureError when it cannot be reached or refuses the token. Changes nothing. */
  async probe(endpoint: Endpoint): Promise<void> {
    await new GatewayApi(endpoint).sessions();
  }

  /** Reads agents and sessions again; joins a reading under way. Never rejects: the state says how it went. */
  refresh(): Promise<void> {
    if (!this.#api || this.#disposed) return Promise.resolve();
    this.#reading ??= this.#read(this.#api).finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  /** Reads soon; many calls make one. */
  refreshSoon(): void {
    if (this.#api && this.#parts.state.peek().status !== 'unauthorized') this.#plan(SETTLE_MS);
  }

  async refreshAgents(): Promise<void> {
    this.#parts.agents.value = await this.api.agents();
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
  }

  async #read(api: GatewayApi): Promise<void> {
    const { state, agents, asking, listed, ready } = this.#parts;
    clearTimeout(this.#timer);
    const { url } = api.endpoint;
    try {
      const asked = asking();
      const [list, known] = await Promise.all([
        api.sessions(),
        agents.peek() ? undefined : api.agents(),
      ]);
      if (api !== this.#api || this.#disposed) return;
      if (known) agents.value = known;
      this.#attempt = 0;
      listed(list, asked);
      if (state.peek().status !== 'ready') {
        state.value = { status: 'ready', url };
        ready();
      }
      this.#plan(POLL_MS);
    } catch (caught) {
      if (api !== this.#api || this.#disposed) return;
      const error = toErrorInfo(caught, 'unreachable');
      if (error.code === 'unauthorized' || error.code === 'forbidden') {
        state.value = { status: 'unauthorized', url, error };
        return;
      }
      if (error.code === 'not_gateway' && state.peek().status !== 'ready') {
        state.value = { status: 'unset', url, error };
        return;
      }
      this.#attempt++;
      const delay = RETRY.delay(this.#attempt, Math.random()) ?? POLL_MS;
      state.value = {
        status: 'unreachable',
        url,
        error,
        attempt: this.#attempt,
        retryAt: Date.now() + delay,
      };
      this.#plan(delay);
    }
  }

  #plan(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#disposed) return;
    this.#timer = setTimeout(() => {
      const calm = this.#parts.state.peek().status === 'ready';
      // A hidden page asks when it is shown again.
      if (calm && !this.#parts.environment.visible()) return;
      void this.refresh();
    }, ms);
  }
}
