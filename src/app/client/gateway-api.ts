import { ApertureError } from '../../core/errors.ts';
import type { SessionId } from '../../core/ids.ts';
import { isObject } from '../../core/json.ts';
import type { AgentsResponse, SessionSummary, SessionsResponse } from '../../core/wire/rest.ts';
import type { SessionCheck } from './context.ts';
import type { Endpoint } from './protocols/port.ts';

/** A request that takes longer has failed, unless it says so; ms. */
const REQUEST_TIMEOUT_MS = 15_000;

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * The gateway's REST side. Every call rejects with an ApertureError: `unreachable` (retryable), `unauthorized`,
 * `not_gateway` when something else answers, or the gateway's own code.
 */
export class GatewayApi {
  constructor(
    readonly endpoint: Endpoint,
    readonly fetch: Fetch = (url, init) => globalThis.fetch(url, init),
  ) {}

  async agents(): Promise<AgentsResponse> {
    const body = await this.#list('v1/agents');
    if (!isObject(body) || !Array.isArray(body['agents'])) throw notGateway(this.endpoint.url);
    return body as unknown as AgentsResponse;
  }

  async sessions(): Promise<SessionSummary[]> {
    const body = await this.#list('v1/sessions');
    if (!isObject(body) || !Array.isArray(body['sessions'])) throw notGateway(this.endpoint.url);
    return (body as unknown as SessionsResponse).sessions;
  }

  /** Never rejects: what can be said of a session that could not be dialled (R11). */
  async check(id: SessionId): Promise<SessionCheck> {
    try {
      await this.call('GET', sessionPath(id));
      return { status: 'there' };
    } catch (error) {
      if (!(error instanceof ApertureError)) return { status: 'unreachable' };
      if (error.code === 'not_found') return { status: 'gone' };
      if (isRefusal(error.code)) {
        return { status: 'refused', error };
      }
      return { status: 'unreachable' };
    }
  }

  /** What every gateway has: where it is not found, there is none. */
  async #list(path: string): Promise<unknown> {
    try {
      return await this.call('GET', path);
    } catch (error) {
      const missing = error instanceof ApertureError && error.code === 'not_found';
      throw missing ? notGateway(this.endpoint.url) : error;
    }
  }

  /** Any request of its REST side. @returns the answer's JSON; undefined for none. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    timeoutMs = REQUEST_TIMEOUT_MS,
  ): Promise<unknown> {
    const { url, token } = this.endpoint;
    let response: Response;
    let answer: unknown;
    try {
      const headers: Record<string, string> = { authorization: `Bearer ${token}` };
      if (body !== undefined) headers['content-type'] = 'application/json';
      response = await this.fetch(resolveUrl(url, path), {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        cache: 'no-store',
        credentials: 'omit',
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await response.text();
      answer = text ? safeParse(text) : undefined;
    } catch (error) {
      throw unreachable(url, error);
    }
    if (response.ok) return answer;
    const told = isObject(answer) && isObject(answer['error']) ? answer['error'] : undefined;
    if (typeof told?.['code'] === 'string' && typeof told['message'] === 'string') {
      throw new ApertureError(told['code'], told['message'], {
        retryable: told['retryable'] === true,
      });
    }
    throw fromStatus(response.status, url);
  }
}

const REFUSALS: ReadonlySet<string> = new Set([
  'unauthorized',
  'forbidden',
  'forbidden_host',
  'forbidden_origin',
]);

/** The gateway is there and does not want us: trying again changes nothing. */
export const isRefusal = (code: string): boolean => REFUSALS.has(code);

/** Whether a gateway answers at this address; needs no token. */
export async function isGateway(
  url: string,
  fetch: Fetch = (to, init) => globalThis.fetch(to, init),
): Promise<boolean> {
  try {
    const response = await fetch(resolveUrl(url, 'healthz'), {
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(5_000),
    });
    if (!response.ok) return false;
    // A static host may answer every path with its start page.
    const told = safeParse(await response.text());
    return isObject(told) && told['name'] === 'aperture';
  } catch {
    return false;
  }
}

export const sessionPath = (id: SessionId): string => `v1/sessions/${encodeURIComponent(id)}`;

const resolveUrl = (base: string, path: string): string =>
  new URL(path, base.endsWith('/') ? base : `${base}/`).href;

function safeParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreachable(url: string, cause: unknown): ApertureError {
  return new ApertureError(
    'unreachable',
    `Nothing answers at ${url}. Check that the gateway runs, and that it admits this page (--allow-origin).`,
    { retryable: true, cause },
  );
}

export function notGateway(url: string): ApertureError {
  return new ApertureError(
    'not_gateway',
    `Something answers at ${url}, but it is no Aperture gateway. Check the address.`,
  );
}

function fromStatus(status: number, url: string): ApertureError {
  if (status === 401) {
    return new ApertureError(
      'unauthorized',
      'The gateway refused the token. Open the link that it printed, or enter the token again.',
    );
  }
  if (status === 403) {
    return new ApertureError(
      'forbidden',
      'The gateway does not admit this page. Start it with --allow-origin.',
    );
  }
  if (status === 404) return new ApertureError('not_found', 'The gateway does not know this.');
  if (status >= 500) {
    return new ApertureError('unreachable', `The gateway at ${url} met an error (${status}).`, {
      retryable: true,
    });
  }
  return notGateway(url);
}
