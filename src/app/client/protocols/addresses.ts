import type { EndpointPolicy } from '../../../core/endpoint/policy.ts';
import type { Endpoint } from './port.ts';

/**
 * The WebSocket address of a path below an endpoint's; secure for secure.
 * @param policy with `auth: 'query'`, the token goes along: only for servers that know nothing else (R67).
 */
export function socketUrl(endpoint: Endpoint, path: string, policy?: EndpointPolicy): string {
  const base = endpoint.url.endsWith('/') ? endpoint.url : `${endpoint.url}/`;
  return dressed(path === '' ? new URL(endpoint.url) : new URL(path, base), endpoint, policy);
}

/** The same for a protocol whose usual path stands only where the address has none of its own. */
export function socketUrlUnlessGiven(
  endpoint: Endpoint,
  usual: string,
  policy?: EndpointPolicy,
): string {
  const given = new URL(endpoint.url).pathname !== '/';
  return socketUrl(endpoint, given ? '' : usual, policy);
}

function dressed(url: URL, { token }: Endpoint, policy?: EndpointPolicy): string {
  if (url.protocol === 'https:') url.protocol = 'wss:';
  else if (url.protocol === 'http:') url.protocol = 'ws:';
  if (policy?.auth === 'query' && token !== '') url.searchParams.set('token', token);
  return url.href;
}

/** An address with more in its query. */
export function withQuery(address: string, query: Readonly<Record<string, string>>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}
