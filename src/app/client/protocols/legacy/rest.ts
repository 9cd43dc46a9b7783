import type { EndpointPolicy } from '../../../../core/endpoint/policy.ts';
import { ApertureError } from '../../../../core/errors.ts';
import type { Endpoint, Fetch } from '../port.ts';
import {
  readList,
  readMessage,
  readSession,
  type LegacyMessage,
  type LegacySession,
} from './legacy-quirks.ts';

/** A server that has not answered by then will not; ms. */
const REQUEST_MS = 8_000;

export interface LegacyPlace {
  readonly endpoint: Endpoint;
  readonly policy: EndpointPolicy;
  readonly fetch: Fetch;
  readonly signal: AbortSignal;
}

/**
 * The first gateway's REST side. Every call rejects with an ApertureError: `unreachable` (retryable), `unauthorized`,
 * `forbidden`, `not_found`, or `not_legacy` when something else answers.
 */
export class LegacyApi {
  constructor(readonly place: LegacyPlace) {}

  async create(request: { agent?: string; cwd?: string; title?: string }): Promise<LegacySession> {
    const session = readSession(await this.#call('POST', 'v1/sessions', request));
    if (!session) throw notLegacy(this.place.endpoint.url);
    return session;
  }

  async sessions(): Promise<LegacySession[]> {
    const list = readList(await this.#call('GET', 'v1/sessions'), 'sessions');
    if (!list) throw notLegacy(this.place.endpoint.url);
    return list.flatMap((entry) => readSession(entry) ?? []);
  }

  async messages(id: string): Promise<LegacyMessage[]> {
    const path = `v1/sessions/${encodeURIComponent(id)}/messages`;
    const list = readList(await this.#call('GET', path), 'messages');
    if (!list) throw notLegacy(this.place.endpoint.url);
    return list.flatMap((entry) => readMessage(entry) ?? []);
  }

  async #call(method: string, path: string, body?: object): Promise<unknown> {
    const { endpoint, policy, fetch, signal } = this.place;
    const base = endpoint.url.endsWith('/') ? endpoint.url : `${endpoint.url}/`;
    const url = new URL(path, base);
    const headers: Record<string, string> = {};
    if (endpoint.token !== '' && policy.auth === 'query') {
      url.searchParams.set('token', endpoint.token);
    } else if (endpoint.token !== '' && policy.auth !== 'none') {
      headers['authorization'] = `Bearer ${endpoint.token}`;
    }
    if (body) headers['content-type'] = 'application/json';
    let response: Response;
    let text: string;
    try {
      response = await fetch(url.href, {
        method,
        headers,
        body: body && JSON.stringify(body),
        cache: 'no-store',
        credentials: 'omit',
        signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]),
      });
      text = await response.text();
    } catch (cause) {
      throw unreachable(`Nothing answers at ${endpoint.url}.`, cause);
    }
    if (!response.ok) throw fromStatus(response.status, endpoint.url);
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw notLegacy(endpoint.url);
    }
  }
}

const unreachable = (what: string, cause?: unknown): ApertureError =>
  new ApertureError(
    'unreachable',
    `${what} Check that the server runs, and that it admits pages from elsewhere.`,
    { retryable: true, cause },
  );

const notLegacy = (url: string): ApertureError =>
  new ApertureError(
    'not_legacy',
    `What answers at ${url} keeps no sessions as this protocol has them. Check the address.`,
  );

function fromStatus(status: number, url: string): ApertureError {
  if (status === 401) {
    return new ApertureError('unauthorized', 'The server refused the token. Enter another one.');
  }
  if (status === 403) {
    return new ApertureError('forbidden', 'The server does not admit this page.');
  }
  if (status === 404)
    return new ApertureError('not_found', 'The server does not know this session.');
  if (status >= 500 || status === 429) {
    return unreachable(`The server at ${url} met an error (${status}).`);
  }
  return notLegacy(url);
}
