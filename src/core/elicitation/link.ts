// Both sides have it; neither DOM's nor Node's types are in reach here.
declare const URL: new (text: string) => {
  protocol: string;
  href: string;
  host: string;
  username: string;
  password: string;
};

const MAX_LINK = 8_192;

export interface AskedLink {
  readonly href: string;
  /** With its port, in ASCII: what looks like another host's name does not look so here. */
  readonly host: string;
  /** Over https: it can be opened by a click. */
  readonly safe: boolean;
}

/**
 * The link of an elicitation.
 *
 * @returns why it is none that could be shown, in words that go on after “because” (R68). Never throws.
 */
export function readLink(link: unknown): AskedLink | { problem: string } {
  if (typeof link !== 'string' || link.length > MAX_LINK) return { problem: 'it has no link' };
  try {
    const url = new URL(link);
    const safe = url.protocol === 'https:';
    if (!safe && url.protocol !== 'http:') return { problem: 'its link is none of the web' };
    if (url.username || url.password) return { problem: 'its link hides where it leads' };
    return { href: url.href, host: url.host, safe };
  } catch {
    return { problem: 'its link cannot be read' };
  }
}
