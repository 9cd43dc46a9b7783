import { ApertureError } from '../../core/errors.ts';

export interface Address {
  /** http or https, no slash at the end, nothing after the path. */
  url: string;
  /** If the text was the whole link that a gateway prints. */
  token?: string;
}

/**
 * Makes a gateway's address of what a person typed or pasted.
 * @throws ApertureError `bad_address`.
 */
export function parseAddress(text: string): Address {
  const trimmed = text.trim();
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`;
  let url: URL;
  try {
    url = new URL(withScheme.replace(/^ws(s?):/i, 'http$1:'));
  } catch {
    throw badAddress(text);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw badAddress(text);
  const token = tokenIn(url.hash);
  const path = url.pathname.replace(/\/(?:index\.html)?$/, '');
  return { url: `${url.origin}${path}`, ...(token !== undefined && { token }) };
}

/** The token in `#token=…`, if there is one. */
export function tokenIn(hash: string): string | undefined {
  const token = new URLSearchParams(hash.replace(/^#/, '')).get('token');
  return token || undefined;
}

function badAddress(text: string): ApertureError {
  return new ApertureError(
    'bad_address',
    `“${text.slice(0, 100)}” is no address. It looks like http://127.0.0.1:4800.`,
  );
}
