import type { IncomingMessage } from 'node:http';

/** What the request for a socket says of a token. */
export type TokenAtOnce =
  /** It shows none: the token comes in a frame. */
  | 'none'
  | 'good'
  | 'bad'
  /** It stands in the address, where this gateway takes it, and is wrong. */
  | 'bad_in_query'
  /** It stands in the address, where this gateway takes none: addresses end up in logs (R67). */
  | 'in_query';

/**
 * Looks for a token in `Authorization: Bearer` and, only if the gateway was started with `--query-token`, in
 * `?token=`.
 */
export function tokenAtOnce(
  request: IncomingMessage,
  query: URLSearchParams,
  checkToken: (given: string) => boolean,
  queryToken: boolean,
): TokenAtOnce {
  const { authorization } = request.headers;
  if (authorization !== undefined) return checkToken(bearer(request)) ? 'good' : 'bad';
  const given = query.get('token');
  if (given === null) return 'none';
  if (!queryToken) return 'in_query';
  return checkToken(given) ? 'good' : 'bad_in_query';
}

/** Empty when there is none. */
export function bearer(request: IncomingMessage): string {
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
}
