import type { Endpoint } from '../client/protocols/port.ts';
import type { Saver } from './saver.ts';

/** The part of sessionStorage that is used. */
export interface TabStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** What is kept of the last gateway. The token only if the user asked for it (R69). */
export interface SavedEndpoint {
  url: string;
  token?: string;
}

const KEY = 'aperture:endpoint';

/**
 * Keeps the token: in memory and for this tab's reloads, or on disk if the user asked for it; always together with
 * the address that it belongs to, so that it is never shown to another (R69).
 */
export class TokenKeeper {
  constructor(
    readonly tab: TabStorage | undefined,
    readonly saver: Saver,
  ) {}

  keep(endpoint: Endpoint, remember: boolean): void {
    this.keepForTab(endpoint);
    const { url, token } = endpoint;
    this.saver.meta('endpoint', { url, ...(remember && { token }) } satisfies SavedEndpoint);
  }

  keepForTab({ url, token }: Endpoint): void {
    try {
      this.tab?.setItem(KEY, JSON.stringify({ url, token }));
    } catch {
      // Full or forbidden: then a reload asks again.
    }
  }

  /** What this tab used before it was reloaded. */
  ofTab(): Endpoint | undefined {
    try {
      const saved: unknown = JSON.parse(this.tab?.getItem(KEY) ?? 'null');
      return isEndpoint(saved) ? saved : undefined;
    } catch {
      return undefined;
    }
  }
}

function isEndpoint(value: unknown): value is Endpoint {
  const { url, token } = (value ?? {}) as Partial<Endpoint>;
  return typeof url === 'string' && typeof token === 'string' && url !== '' && token !== '';
}
