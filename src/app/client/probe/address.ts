import { reachOf } from './reach.ts';

/** An address that can be dialled: http or https, no slash at the end, nothing after the path. */
export interface ReadAddress {
  readonly url: string;
  readonly hostname: string;
  readonly secure: boolean;
  /** If the text was a whole link that a gateway prints. */
  readonly token: string | undefined;
}

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/** What a person typed or pasted; a sentence that says what is wrong with it, if it is no address. */
export function readAddress(text: string): ReadAddress | string {
  const trimmed = text.trim();
  if (trimmed === '')
    return 'Enter an address, such as 127.0.0.1:4800 or wss://agents.example.org.';
  const shown = trimmed.slice(0, 100);
  let url: URL;
  try {
    url = new URL(withScheme(trimmed));
    // Chromium takes spaces in a host, and writes them so.
    if (/[\s%]/.test(url.hostname)) throw new TypeError('no host');
  } catch {
    return `“${shown}” is no address. It looks like 127.0.0.1:4800, or wss://agents.example.org/acp.`;
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return `A page cannot connect by “${url.protocol}”. Use ws, wss, http or https.`;
  }
  if (url.username || url.password) {
    return 'There is a name or a password in the address, where it would end up in logs. Take it out, and enter it as the token.';
  }
  const token = new URLSearchParams(url.hash.slice(1)).get('token') ?? undefined;
  const path = url.pathname.replace(/\/(?:index\.html)?$/, '');
  return {
    url: `${url.origin}${path}`,
    hostname: url.hostname,
    secure: url.protocol === 'https:',
    token: token || undefined,
  };
}

/** Without a scheme: plain for what is near, where certificates are rare, and encrypted for everything else. */
function withScheme(text: string): string {
  if (SCHEME.test(text)) return text.replace(/^ws(s?):/i, 'http$1:');
  const plain = `http://${text}`;
  if (!URL.canParse(plain)) return plain;
  const { hostname, port } = new URL(plain);
  return reachOf(hostname) === 'public' && port === '' ? `https://${text}` : plain;
}
