import { isObject } from '../../core/json.ts';
import type { Endpoint } from '../client/protocols/port.ts';
import type { EndpointId } from './endpoint-types.ts';

/** The part of sessionStorage that is used. */
export interface TabStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const MAIN = 'aperture:endpoint';
const TOKENS = 'aperture:tokens';

/**
 * Tokens in memory and for this tab's reloads; each together with the endpoint that it belongs to, which is an
 * address, so that it is never shown to another (R69).
 */
export class TabTokens {
  constructor(private readonly tab: TabStorage | undefined) {}

  get(id: EndpointId): string | undefined {
    const token = this.#all()[id];
    return typeof token === 'string' ? token : undefined;
  }

  keep(id: EndpointId, token: string): void {
    this.#write({ ...this.#all(), [id]: token });
  }

  forget(id: EndpointId): void {
    const { [id]: _, ...rest } = this.#all();
    this.#write(rest);
    if (this.main()?.url === id) this.#set(MAIN, undefined);
  }

  /** The gateway that this tab used before it was reloaded. */
  main(): Endpoint | undefined {
    const saved = this.#get(MAIN);
    return isEndpoint(saved) ? saved : undefined;
  }

  keepMain({ url, token }: Endpoint): void {
    this.#set(MAIN, { url, token });
  }

  #all(): Record<string, unknown> {
    const all = this.#get(TOKENS);
    return isObject(all) ? all : {};
  }

  #write(all: object): void {
    this.#set(TOKENS, all);
  }

  #get(key: string): unknown {
    try {
      return JSON.parse(this.tab?.getItem(key) ?? 'null');
    } catch {
      return undefined;
    }
  }

  #set(key: string, value: object | undefined): void {
    try {
      if (value) this.tab?.setItem(key, JSON.stringify(value));
      else this.tab?.removeItem(key);
    } catch {
      // Full or forbidden: then a reload asks again.
    }
  }
}

function isEndpoint(value: unknown): value is Endpoint {
  const { url, token } = (value ?? {}) as Partial<Endpoint>;
  return typeof url === 'string' && typeof token === 'string' && url !== '' && token !== '';
}
