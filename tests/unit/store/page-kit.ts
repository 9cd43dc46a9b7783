import { WebSocket } from 'ws';
import { isGateway } from '../../../src/app/client/gateway-api.ts';
import type { Socket } from '../../../src/app/client/protocols/port.ts';
import { createStore, type RunningStore } from '../../../src/app/store/create-store.ts';
import type { Adapters } from '../../../src/app/store/endpoints.ts';
import type { TabStorage } from '../../../src/app/store/tokens.ts';
import type { SessionRecord } from '../../../src/app/store/types.ts';
import { ManualEnvironment } from '../client/kit.ts';
import { RecordingStorage } from './kit.ts';

export class MapStorage implements TabStorage {
  readonly values = new Map<string, string>();
  getItem = (key: string): string | null => this.values.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.values.set(key, value);
  removeItem = (key: string): void => void this.values.delete(key);
}

/** A browser with a disk, in which a page can be opened and reloaded; sockets are real. */
export class Browser {
  storage = new RecordingStorage();
  tab = new MapStorage();
  /** The page's own unless given. */
  adapters: Adapters | undefined;
  readonly #running: RunningStore[] = [];

  /** @param baseUrl where the page came from. */
  async open(baseUrl = 'http://127.0.0.1:1/', token?: string): Promise<RunningStore> {
    const page = createStore({
      storage: () => this.storage,
      environment: new ManualEnvironment(),
      ...(this.adapters && { adapters: this.adapters }),
      tab: this.tab,
      frames: {
        now: () => performance.now(),
        next: (run) => {
          const timer = setTimeout(run, 5);
          return () => clearTimeout(timer);
        },
      },
      sockets: (url, protocols) => new WebSocket(url, [...protocols]) as unknown as Socket,
    });
    this.#running.push(page);
    await page.start({ baseUrl, token, oldSettings: undefined, isGateway });
    return page;
  }

  /** Another page with the same disk; the first one is gone. */
  async reload(baseUrl?: string): Promise<RunningStore> {
    await this.close();
    return this.open(baseUrl);
  }

  async close(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((page) => page.dispose()));
  }
}

export async function until(met: () => boolean): Promise<void> {
  while (!met()) await new Promise((resolve) => setTimeout(resolve, 5));
}

export const status = (page: RunningStore, id: string): string =>
  page.store.record(id)!.connection.value.status;

export const errorCode = (record: SessionRecord): string | undefined => {
  const connection = record.connection.value;
  return connection.status === 'error' ? connection.error.code : undefined;
};

export const texts = (page: RunningStore, id: string): string[] =>
  page.store
    .record(id)!
    .transcript()
    .items.flatMap((item) => ('text' in item ? [String(item.text)] : []));

export const code = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'ok',
    (error: { code: string }) => error.code,
  );
