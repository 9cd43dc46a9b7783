import { cleanText } from './sanitise.ts';

// Both sides have it; neither DOM's nor Node's types are in reach here.
declare const URL: new (text: string) => {
  protocol: string;
  href: string;
  username: string;
  password: string;
};

/** The link if it is absolute and https or mailto, without credentials in it; otherwise `null` (R68). */
export function safeLink(href: string): string | null {
  try {
    const url = new URL(cleanText(href).trim());
    if (url.protocol !== 'https:' && url.protocol !== 'mailto:') return null;
    return url.username || url.password ? null : url.href;
  } catch {
    return null;
  }
}
