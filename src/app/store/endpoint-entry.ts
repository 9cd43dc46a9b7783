import {
  DEFAULT_POLICY,
  policyFrom,
  PROTOCOLS,
  type EndpointPolicy,
} from '../../core/endpoint/policy.ts';
import type { ProtocolName } from '../../core/endpoint/policy.ts';
import { isObject } from '../../core/json.ts';
import type { EndpointControl } from './endpoint.ts';
import type { EndpointId, EndpointView, TokenKeeping } from './endpoint-types.ts';
import type { EndpointState } from './types.ts';
import type { SealedToken, VaultKey } from './vault.ts';

/** What is kept of an endpoint. Its token only if the user asked for it (R69). */
export interface SavedEndpoint {
  url: string;
  protocol: ProtocolName;
  name: string;
  policy: Partial<EndpointPolicy>;
  keeping: TokenKeeping;
  /** It wants no token: then none is missing after a restart. */
  open?: true;
  /** For `plain`. */
  token?: string;
  /** For `passphrase`. */
  sealed?: SealedToken;
}

/** A gateway is named by its address, as it always was; so rows of before go on working. */
export const endpointId = (protocol: ProtocolName, url: string): EndpointId =>
  protocol === 'aperture' ? url : `${protocol}:${url}`;

/** One server, as the store itself sees it. */
export class EndpointEntry {
  readonly id: EndpointId;
  readonly url: string;
  readonly protocol: ProtocolName;
  name: string;
  keeping: TokenKeeping;
  /** Undefined while nobody has given it in this tab. */
  token: string | undefined;
  sealed: SealedToken | undefined;
  /** Opens and seals the token; only in memory. */
  key: VaultKey | undefined;
  /** A gateway's REST side. */
  control: EndpointControl | undefined;
  /** Its adapter can list what is on the server. */
  lists = false;
  /** Sessions of it that another endpoint shows already were told of. */
  toldDoubles = false;
  /** No list was read yet: nothing in it is news. */
  first = true;
  #policy: Partial<EndpointPolicy>;
  /** Of other kinds than gateways. */
  #state: EndpointState;
  #tried = false;

  constructor(saved: SavedEndpoint) {
    this.url = saved.url;
    this.protocol = saved.protocol;
    this.id = endpointId(saved.protocol, saved.url);
    this.name = saved.name;
    this.keeping = saved.keeping;
    this.token = saved.token ?? (saved.open ? '' : undefined);
    this.sealed = saved.sealed;
    this.#policy = saved.policy;
    this.#state = { status: 'ready', url: saved.url };
  }

  get policy(): EndpointPolicy {
    return { ...DEFAULT_POLICY[this.protocol], ...this.#policy };
  }

  changePolicy(patch: Partial<EndpointPolicy>): void {
    this.#policy = { ...this.#policy, ...patch };
  }

  /** Its token is on disk, and nobody has given the passphrase yet. */
  get locked(): boolean {
    return this.token === undefined && this.sealed !== undefined;
  }

  get state(): EndpointState {
    if (this.control) return this.control.state;
    return this.token === undefined ? { status: 'unset', url: this.url } : this.#state;
  }

  /** @returns whether the interface has anything new to show. */
  become(state: EndpointState): boolean {
    const same = this.#tried && state.status === 'ready' && this.#state.status === 'ready';
    this.#tried = true;
    this.#state = state;
    return !same;
  }

  get view(): EndpointView {
    const { id, name, url, protocol, policy, state, keeping, locked, lists } = this;
    const tried = this.#tried || this.control !== undefined;
    return { id, name, url, protocol, policy, state, keeping, locked, tried, lists };
  }

  toSaved(): SavedEndpoint {
    const { url, protocol, name, keeping, token, sealed } = this;
    return {
      url,
      protocol,
      name,
      policy: this.#policy,
      keeping,
      ...(token === '' && { open: true }),
      ...(keeping === 'plain' && token && { token }),
      ...(keeping === 'passphrase' && sealed && { sealed }),
    };
  }
}

/** What was written by this page or another version of it; undefined for what cannot be used. */
export function endpointFrom(value: unknown): SavedEndpoint | undefined {
  if (!isObject(value)) return undefined;
  const { url, protocol = 'aperture', name, policy, keeping, open, token, sealed } = value;
  const known = PROTOCOLS.find((one) => one === protocol);
  if (typeof url !== 'string' || !known) return undefined;
  // Before there was a list, a token on disk was one that the user wanted there.
  const before = typeof token === 'string' && keeping === undefined ? 'plain' : 'tab';
  const kept = keeping === 'passphrase' || keeping === 'plain' ? keeping : before;
  return {
    url,
    protocol: known,
    name: typeof name === 'string' && name ? name : hostOf(url),
    policy: isObject(policy) ? policyFrom(policy) : {},
    keeping: kept,
    ...(open === true && { open: true }),
    ...(kept === 'plain' && typeof token === 'string' && token && { token }),
    ...(kept === 'passphrase' && isSealed(sealed) && { sealed }),
  };
}

/** What an endpoint is called until somebody names it. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

function isSealed(value: unknown): value is SealedToken {
  const { iterations, salt, iv, data } = (value ?? {}) as Partial<SealedToken>;
  return Number.isSafeInteger(iterations) && [salt, iv, data].every((it) => typeof it === 'string');
}
