import { batch } from '@preact/signals-core';
import type { ProtocolName } from '../../core/endpoint/policy.ts';
import type { ConnectionState } from '../../core/session/connection-state.ts';
import type { SessionSummary } from '../../core/wire/rest.ts';
import type { Environment } from '../client/environment.ts';
import type { Protocol } from '../client/protocols/port.ts';
import { EndpointControl } from './endpoint.ts';
import { EndpointEntry, type SavedEndpoint } from './endpoint-entry.ts';
import type { EndpointId } from './endpoint-types.ts';
import type { Saver } from './saver.ts';
import type { StoreState } from './state.ts';
import type { TabTokens } from './tokens.ts';

/** Adapters, as the client has them. */
export interface Adapters {
  get(name: ProtocolName): Protocol | undefined;
  load(name: ProtocolName): Promise<Protocol>;
}

export interface EndpointsParts {
  state: StoreState;
  saver: Saver;
  tokens: TabTokens;
  adapters: Adapters;
  environment: Environment;
  /** Sessions that were known when the list was asked for. */
  asking: () => unknown;
  listed: (endpoint: EndpointEntry, list: readonly SessionSummary[], asked: unknown) => void;
  /** A gateway answers, for the first time or again. */
  ready: (endpoint: EndpointEntry) => void;
}

/** The servers that this page speaks to, in the order in which they were added. */
export class Endpoints {
  readonly #parts: EndpointsParts;
  readonly #entries = new Map<EndpointId, EndpointEntry>();
  /** The gateway whose state stands in the banner. */
  #main: EndpointId | undefined;
  /** Proposed where there is no gateway. */
  #proposed = '';
  #disposed = false;

  constructor(parts: EndpointsParts) {
    this.#parts = parts;
  }

  get all(): EndpointEntry[] {
    return [...this.#entries.values()];
  }

  get(id: EndpointId | undefined): EndpointEntry | undefined {
    return id === undefined ? undefined : this.#entries.get(id);
  }

  get main(): EndpointEntry | undefined {
    return this.get(this.#main);
  }

  /** Takes one into the list; one that is there already stays as it is. */
  add(saved: SavedEndpoint): EndpointEntry {
    const entry = new EndpointEntry(saved);
    const known = this.#entries.get(entry.id);
    if (known) return known;
    const { tokens, adapters, environment, asking, listed, ready } = this.#parts;
    entry.token ??= tokens.get(entry.id);
    if (entry.protocol === 'aperture') {
      entry.control = new EndpointControl(entry.url, {
        environment,
        asking,
        changed: () => this.publish(),
        listed: (list, asked) => listed(entry, list, asked),
        ready: () => ready(entry),
      });
    }
    entry.lists = adapters.get(entry.protocol)?.list !== undefined;
    this.#entries.set(entry.id, entry);
    this.publish();
    return entry;
  }

  remove(entry: EndpointEntry): void {
    entry.control?.dispose();
    this.#entries.delete(entry.id);
    this.#parts.tokens.forget(entry.id);
    if (this.#main === entry.id) this.#main = this.all.find(({ control }) => control)?.id;
    this.save();
    this.publish();
  }

  /** Makes a gateway the main one, for this page and for later ones. */
  choose(entry: EndpointEntry): void {
    this.#parts.saver.meta('endpoint', { url: entry.url });
    this.chooseForTab(entry);
  }

  /** Makes a gateway the main one, for this tab. */
  chooseForTab(entry: EndpointEntry): void {
    this.#main = entry.id;
    const { id, url, token, keeping } = entry;
    if (token && keeping !== 'passphrase') {
      this.#parts.tokens.keepMain({ url, token });
      // Another may be the main one when the page is loaded again.
      this.#parts.tokens.keep(id, token);
    }
    this.publish();
  }

  /** The gateway to propose where there is none; never used unasked (R69). */
  propose(url: string): void {
    this.#proposed = url;
    this.publish();
  }

  /** Its adapter, fetched if it has to be. @throws as {@link Adapters.load}. */
  async adapter(entry: EndpointEntry): Promise<Protocol> {
    const protocol = await this.#parts.adapters.load(entry.protocol);
    const lists = protocol.list !== undefined;
    if (lists !== entry.lists) {
      entry.lists = lists;
      this.publish();
    }
    return protocol;
  }

  /** Its adapter if it is there already. */
  loaded(entry: EndpointEntry): Protocol | undefined {
    return this.#parts.adapters.get(entry.protocol);
  }

  /** What a session's connection says of a server that has no other side to ask. */
  observe(entry: EndpointEntry, connection: ConnectionState): void {
    if (entry.control) return;
    const { url } = entry;
    const { status } = connection;
    let changed = false;
    if (status === 'connected') changed = entry.become({ status: 'ready', url });
    else if (status === 'reconnecting') {
      const { reason, attempt, retryAt } = connection;
      const error = { code: 'unreachable', message: reason, retryable: true };
      changed = entry.become({ status: 'unreachable', url, error, attempt, retryAt });
    } else if (status === 'error') {
      const { error } = connection;
      if (error.code === 'unauthorized') {
        changed = entry.become({ status: 'unauthorized', url, error });
      } else if (error.code === 'gave_up') {
        changed = entry.become({
          status: 'unreachable',
          url,
          error,
          attempt: 0,
          retryAt: undefined,
        });
      }
    }
    if (changed) this.publish();
  }

  refreshSoon(): void {
    for (const { control } of this.#entries.values()) control?.refreshSoon();
  }

  save(): void {
    this.#parts.saver.meta(
      'endpoints',
      this.all.map((entry) => entry.toSaved()),
    );
  }

  /** Writes what the interface reads. */
  publish(): void {
    if (this.#disposed) return;
    const { state } = this.#parts;
    const { main } = this;
    batch(() => {
      state.endpoints.value = this.all.map(({ view }) => view);
      const next = main?.state ?? this.#withoutGateway();
      // An equal state must wake nobody; every change makes a new object.
      const { status, url } = state.endpoint.peek();
      const same = next.status === status && next.url === url && status === 'ready';
      if (!same) state.endpoint.value = next;
      state.agents.value = main?.control?.agents;
    });
  }

  /** Idempotent and final. */
  dispose(): void {
    this.#disposed = true;
    for (const { control } of this.#entries.values()) control?.dispose();
  }

  #withoutGateway() {
    // A page with other kinds of servers lacks nothing: nobody is asked for a gateway.
    const status = this.#entries.size > 0 ? ('ready' as const) : ('unset' as const);
    return { status, url: this.#proposed };
  }
}
