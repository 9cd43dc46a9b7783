import { SESSION_FIELDS } from '../../core/endpoint/session-fields.ts';
import type { ProbeReport } from '../../core/endpoint/probe.ts';
import { ApertureError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import type { SessionSummary } from '../../core/wire/rest.ts';
import { GatewayApi } from '../client/gateway-api.ts';
import type { Fetch, SocketFactory } from '../client/protocols/port.ts';
import { parseAddress } from './address.ts';
import type { Connector } from './connector.ts';
import { endpointId, hostOf, type EndpointEntry } from './endpoint-entry.ts';
import type {
  EndpointActions,
  EndpointId,
  EndpointPatch,
  NewEndpoint,
  NewSessionAt,
  RemoteSessionView,
  TokenKeeping,
} from './endpoint-types.ts';
import type { Adapters, Endpoints } from './endpoints.ts';
import type { SessionEntry } from './record.ts';
import type { Sessions } from './sessions.ts';
import type { StoreState } from './state.ts';
import type { TabTokens } from './tokens.ts';
import type { SealedToken, VaultKey } from './vault.ts';

/** Longest name of an endpoint, characters. */
const MAX_NAME = 60;

export interface EndpointCommandsParts {
  state: StoreState;
  sessions: Sessions;
  endpoints: Endpoints;
  connector: Connector;
  tokens: TabTokens;
  adapters: Adapters;
  sockets: SocketFactory;
}

const browserFetch: Fetch = (url, init) => globalThis.fetch(url, init);

/** What the user does with endpoints. */
export class EndpointCommands implements Omit<
  EndpointActions,
  'takeOver' | 'inspect' | 'atGateway'
> {
  readonly #parts: EndpointCommandsParts;

  constructor(parts: EndpointCommandsParts) {
    this.#parts = parts;
  }

  async probeEndpoint(address: string, token: string, signal?: AbortSignal): Promise<ProbeReport> {
    const { adapters, sockets } = this.#parts;
    const { probeAddress } = await import('../client/probe/probe-address.ts');
    return probeAddress(address, token.trim(), {
      protocols: adapters,
      sockets,
      fetch: browserFetch,
      signal: signal ?? new AbortController().signal,
      https: location.protocol === 'https:',
      origin: location.origin,
    });
  }

  async addEndpoint(wanted: NewEndpoint): Promise<EndpointId> {
    const { endpoints } = this.#parts;
    const { protocol, keeping, passphrase } = wanted;
    const parsed = parseAddress(wanted.url);
    const { url } = parsed;
    const token = wanted.token.trim() || (parsed.token ?? '');
    const id = endpointId(protocol, url);
    // All that can fail comes first: what is there stays as it was then.
    if (protocol === 'aperture') await this.#tryGateway(url, token);
    const sealed = await this.#seal(id, token, keeping, passphrase);
    const known = endpoints.get(id);
    const name = nameOf(wanted.name) ?? known?.name ?? hostOf(url);
    const entry = endpoints.add({ url, protocol, name, policy: wanted.policy ?? {}, keeping });
    entry.name = name;
    if (known && wanted.policy) this.#changePolicy(entry, wanted.policy);
    this.#keep(entry, token, keeping, sealed);
    await this.#start(entry);
    return id;
  }

  async changeEndpoint(
    id: EndpointId,
    { name, policy, token, keeping, passphrase }: EndpointPatch,
  ): Promise<void> {
    const { endpoints } = this.#parts;
    const entry = this.#entry(id);
    const given = token?.trim();
    const how = keeping ?? entry.keeping;
    if (given !== undefined || how !== entry.keeping || passphrase) {
      const next = given ?? entry.token;
      if (next === undefined) {
        throw new ApertureError('no_token', `“${entry.name}” needs its token for that. Enter it.`);
      }
      const isNew = next !== entry.token;
      if (isNew && entry.protocol === 'aperture') await this.#tryGateway(entry.url, next);
      const sealed = await this.#seal(id, next, how, passphrase, entry);
      this.#keep(entry, next, how, sealed);
      if (isNew) await this.#start(entry);
    }
    entry.name = nameOf(name) ?? entry.name;
    if (policy) this.#changePolicy(entry, policy);
    endpoints.save();
    endpoints.publish();
  }

  async removeEndpoint(id: EndpointId): Promise<void> {
    const { endpoints, sessions, state } = this.#parts;
    const entry = endpoints.get(id);
    if (!entry) return;
    // First, so that no list that is on its way brings its sessions back.
    endpoints.remove(entry);
    const leaving = state.entries.filter(({ endpoint }) => endpoint === id);
    await Promise.all(leaving.map((session) => sessions.remove(session.id)));
  }

  async unlockEndpoints(passphrase: string): Promise<number> {
    const { endpoints } = this.#parts;
    const { unseal } = await import('./vault.ts');
    let opened = 0;
    for (const entry of endpoints.all) {
      if (!entry.locked) continue;
      const found = await unseal(entry.sealed!, entry.id, passphrase);
      // It may have been given anew, or removed, while we reckoned.
      if (!found || !entry.locked || endpoints.get(entry.id) !== entry) continue;
      opened++;
      entry.key = found.key;
      entry.token = found.token;
      void this.#start(entry);
    }
    return opened;
  }

  async remoteSessions(id: EndpointId): Promise<RemoteSessionView[]> {
    const { endpoints, sockets, state } = this.#parts;
    const entry = this.#entry(id);
    const protocol = await endpoints.adapter(entry);
    if (!protocol.list) return [];
    const { url, token = '', policy } = entry;
    const found = await protocol.list({
      endpoint: { url, token },
      policy,
      sockets,
      fetch: browserFetch,
      signal: AbortSignal.timeout(15_000),
    });
    const here = state.entries.filter(({ endpoint }) => endpoint === id);
    return found.filter(({ remote }) => !here.some((session) => isAt(session, remote)));
  }

  /** Makes a gateway the main one. The one before stays in the list, and its sessions with it. */
  async setEndpoint(address: string, token: string, remember: boolean): Promise<void> {
    const { endpoints } = this.#parts;
    const { url, token: inLink } = parseAddress(address);
    const known = endpoints.get(url);
    const sealed = known?.keeping === 'passphrase' && known.key !== undefined;
    const id = await this.addEndpoint({
      url,
      protocol: 'aperture',
      token: token.trim() || (inLink ?? ''),
      keeping: remember ? 'plain' : sealed ? 'passphrase' : 'tab',
    });
    endpoints.choose(this.#entry(id));
  }

  /** A session at an endpoint that is no gateway: it lives on this page, as far as the server lets it. */
  createLocal(endpoint: EndpointEntry, request: NewSessionAt): SessionEntry {
    const { required } = SESSION_FIELDS[endpoint.protocol];
    const missing = required.find((field) => !request[field]);
    if (missing && !request.remote) {
      throw new ApertureError('missing_field', `A session of this kind needs a ${missing}.`);
    }
    const id = newId();
    const now = Date.now();
    const summary: SessionSummary = {
      id,
      title: request.title?.trim() || endpoint.name,
      agent: endpoint.protocol,
      agentTitle: endpoint.name,
      cwd: request.cwd ?? '',
      createdAt: now,
      updatedAt: now,
      agentState: 'ready',
      turn: 'idle',
      epoch: '',
      head: 0,
      pending: [],
    };
    const entry = this.#parts.sessions.add(summary, endpoint.id, 0, remoteOf(request));
    // The words of one that is taken up are its server's.
    entry.named = Boolean(request.title?.trim()) && !request.remote;
    return entry;
  }

  /** @throws ApertureError `no_such_endpoint`. */
  #entry(id: EndpointId): EndpointEntry {
    const entry = this.#parts.endpoints.get(id);
    if (entry) return entry;
    throw new ApertureError('no_such_endpoint', 'This endpoint is not in the list any more.');
  }

  /** @throws ApertureError when it cannot be reached, or refuses the token. */
  async #tryGateway(url: string, token: string): Promise<void> {
    if (token === '') {
      throw new ApertureError('unauthorized', 'Enter the token that the gateway printed.');
    }
    await new GatewayApi({ url, token }).sessions();
  }

  async #seal(
    id: EndpointId,
    token: string,
    keeping: TokenKeeping,
    passphrase: string | undefined,
    known = this.#parts.endpoints.get(id),
  ): Promise<{ sealed: SealedToken; key: VaultKey } | undefined> {
    if (keeping !== 'passphrase' || token === '') return undefined;
    const { newKey, seal } = await import('./vault.ts');
    const key = passphrase ? await newKey(passphrase) : known?.key;
    if (!key) {
      throw new ApertureError('no_passphrase', 'Enter the passphrase that keeps this token.');
    }
    return { sealed: await seal(token, id, key), key };
  }

  /** A token to use from now on, kept as the user wants. */
  #keep(
    entry: EndpointEntry,
    token: string,
    keeping: TokenKeeping,
    safe: { sealed: SealedToken; key: VaultKey } | undefined,
  ): void {
    const { endpoints, tokens } = this.#parts;
    entry.token = token;
    entry.keeping = keeping;
    entry.sealed = safe?.sealed;
    entry.key = safe?.key;
    // One that lies under a passphrase is not written down beside it.
    if (keeping === 'passphrase') tokens.forget(entry.id);
    else tokens.keep(entry.id, token);
    endpoints.save();
  }

  /** Resolves when a gateway has answered. */
  async #start(entry: EndpointEntry): Promise<void> {
    const { endpoints, connector } = this.#parts;
    endpoints.publish();
    connector.explain(entry);
    if (entry.control) {
      if (endpoints.main === undefined) endpoints.choose(entry);
      await entry.control.use(entry.token ?? '');
    } else {
      await connector.connectAll(entry.id);
      // Whether it can list; what fails here is shown when a session needs it.
      await endpoints.adapter(entry).catch(() => {});
    }
  }

  #changePolicy(entry: EndpointEntry, patch: NonNullable<NewEndpoint['policy']>): void {
    entry.changePolicy(patch);
    const { concurrency } = entry.policy;
    for (const { endpoint, record } of this.#parts.state.entries) {
      const now = record.abilities.peek();
      if (endpoint === entry.id && now) record.abilities.value = { ...now, concurrency };
    }
  }
}

function nameOf(text: string | undefined): string | undefined {
  return text?.trim().slice(0, MAX_NAME) || undefined;
}

/** What the adapter is given first; from then on it is what the adapter says. */
function remoteOf({ remote, chat, world, identity }: NewSessionAt): JsonObject {
  return {
    ...remote,
    ...(chat && { chat }),
    ...(world && { world }),
    ...(identity && { identity }),
  };
}

/** Whether a session of this page is the one on the server that these fields name. */
function isAt({ remote }: SessionEntry, listed: JsonObject): boolean {
  const fields = Object.entries(listed);
  return fields.length > 0 && fields.every(([key, value]) => remote?.[key] === value);
}
