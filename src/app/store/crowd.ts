import { WARN_LIVE_SESSIONS } from '../../core/endpoint/policy.ts';
import type { EndpointEntry } from './endpoint-entry.ts';
import type { StoreState } from './state.ts';
import type { Toasts } from './toasts.ts';

/** Speaks up when one server has more live sessions than it likes, by its endpoint's policy. */
export class Crowd {
  readonly #told = new Set<EndpointEntry>();

  constructor(
    private readonly state: StoreState,
    private readonly toasts: Toasts,
  ) {}

  /** One more session of this endpoint is connected. Told once, until there are fewer again. */
  came(endpoint: EndpointEntry): void {
    if (endpoint.policy.limit !== 'warn') return;
    const live = this.state.entries.filter(
      ({ endpoint: home, record }) =>
        home === endpoint.id && record.connection.peek().status === 'connected',
    ).length;
    if (live < WARN_LIVE_SESSIONS) {
      this.#told.delete(endpoint);
    } else if (!this.#told.has(endpoint)) {
      this.#told.add(endpoint);
      this.toasts.show({
        level: 'warning',
        text: `${live} sessions of “${endpoint.name}” are connected. Each of them costs this server a connection and what it holds in memory; disconnect those that you do not need.`,
      });
    }
  }
}
