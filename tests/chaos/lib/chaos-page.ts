import { chromium, type Browser, type Page } from '@playwright/test';
import type { SessionRecord, Store } from '../../../src/app/store/types.ts';
import type { DiskSession, PageSession } from './oracle.ts';

/** What the page's own element holds, read only but for the actions that a user has too. */
interface AppElement extends Element {
  store: Store;
  actions: { sendPrompt(id: string, text: string): void; readOlder(id: string): void };
}

/** What {@link ChaosPage} puts into the page, before any of its scripts. */
interface Instruments {
  /** Added to what `Date` says, ms. */
  skew: number;
  visibility: DocumentVisibilityState;
  /** When sockets were made, ms of `performance.now()`. */
  dials: { acceptedAt: number }[];
  changes: { id: string; changes: { status: string; at: number }[] }[];
}

export interface SessionState {
  id: string;
  status: string;
  turn: string;
  lastN: number;
  outbox: number;
}

export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['APERTURE_CHROMIUM'] || undefined,
    args: (process.env['APERTURE_CHROMIUM_ARGS'] ?? '').split(' ').filter(Boolean),
  });
}

/**
 * The built page in a real browser. It is read through `ap-app.store`, which the page itself draws from,
 * and through IndexedDB; it is driven as a user and a browser would: prompts, and the `online` event.
 */
export class ChaosPage {
  readonly errors: string[] = [];
  /** Items that had left the page's memory and were read again, by {@link memory}. */
  recalled = 0;

  constructor(readonly page: Page) {
    page.on('pageerror', (error) => this.errors.push(error.message));
  }

  async open(link: string): Promise<void> {
    await this.page.addInitScript(instrument);
    await this.page.goto(link);
    await this.page.waitForFunction(() => {
      const app = document.querySelector('ap-app') as AppElement | null;
      return app?.store?.endpoint.value.status === 'ready';
    });
  }

  /**
   * From now on a session that waits for its next attempt is told every `everyMs` that the browser is
   * online, which dials at once. The page's back-off itself stays as it is.
   */
  async hurry(everyMs = 50): Promise<void> {
    await this.page.evaluate((ms) => {
      const { store } = document.querySelector('ap-app') as AppElement;
      setInterval(() => {
        const waits = store.sessions.value.some((record) => {
          const state = record.connection.peek();
          return state.status === 'reconnecting' && state.retryAt !== undefined;
        });
        if (waits) window.dispatchEvent(new Event('online'));
      }, ms);
    }, everyMs);
  }

  async send(id: string, text: string): Promise<void> {
    await this.page.evaluate(
      (args) => {
        const app = document.querySelector('ap-app') as AppElement;
        app.actions.sendPrompt(args.id, args.text);
      },
      { id, text },
    );
  }

  async states(): Promise<SessionState[]> {
    return this.page.evaluate(() => {
      const { store } = document.querySelector('ap-app') as AppElement;
      return store.sessions.value.map((record: SessionRecord) => ({
        id: record.id,
        status: record.connection.peek().status,
        turn: record.turn.peek().state,
        lastN: record.transcript().lastN,
        outbox: record.outbox.peek().length,
      }));
    });
  }

  /** All that the page holds of its sessions; what has left its memory is read again first, as a reader's scrolling would. */
  async memory(): Promise<PageSession[]> {
    const { sessions, recalled } = await this.page.evaluate(async () => {
      const { store, actions } = document.querySelector('ap-app') as AppElement;
      const texts: string[] = [];
      let back = 0;
      for (const record of store.sessions.value as readonly SessionRecord[]) {
        const gone = record.transcript().past?.count ?? 0;
        // Looked at in the same breath in which it is back: it may go again.
        while (record.transcript().past && record.older.peek() !== 'failed') {
          actions.readOlder(record.id);
          await new Promise((resolve) => setTimeout(resolve));
        }
        const { lastN, items, past } = record.transcript();
        texts.push(JSON.stringify({ id: record.id, lastN, items }));
        if (gone > 0 && !past) back += gone;
      }
      return { sessions: texts, recalled: back };
    });
    this.recalled += recalled;
    return sessions.map((text) => JSON.parse(text) as PageSession);
  }

  /** All that IndexedDB holds of them. Works on any document of the page's origin. */
  async disk(): Promise<DiskSession[]> {
    const text = await this.page.evaluate(async () => {
      // oxlint-disable-next-line unicorn/consistent-function-scoping -- only what is in here goes to the page
      const wish = <T>(request: IDBRequest<T>): Promise<T> =>
        new Promise((resolve, reject) => {
          request.addEventListener('success', () => resolve(request.result));
          request.addEventListener('error', () => reject(new Error('IndexedDB refused')));
        });
      const db = await wish(indexedDB.open('aperture-db'));
      // The browser kept nothing at all; what was opened just now is empty, and must not stay in the page's way.
      if (!db.objectStoreNames.contains('progress')) {
        db.close();
        await wish(indexedDB.deleteDatabase('aperture-db'));
        return '[]';
      }
      const transaction = db.transaction(['progress', 'chunks']);
      const [progress, chunks] = await Promise.all([
        wish(transaction.objectStore('progress').getAll()),
        wish(transaction.objectStore('chunks').getAll()),
      ]);
      db.close();
      return JSON.stringify(
        progress.map((row: { id: string }) => ({
          ...row,
          chunks: chunks.filter((chunk: { sessionId: string }) => chunk.sessionId === row.id),
        })),
      );
    });
    return JSON.parse(text) as DiskSession[];
  }

  /** Notes every change of every session's connection from now on; {@link changes} tells them. */
  async recordChanges(): Promise<void> {
    await this.page.evaluate(() => {
      const { store } = document.querySelector('ap-app') as AppElement;
      const { chaos } = window as unknown as { chaos: Instruments };
      for (const record of store.sessions.value) {
        const changes: { status: string; at: number }[] = [];
        chaos.changes.push({ id: record.id, changes });
        record.connection.subscribe(({ status }) => void changes.push({ status, at: Date.now() }));
      }
    });
  }

  changes(): Promise<Instruments['changes']> {
    return this.page.evaluate(() => (window as unknown as { chaos: Instruments }).chaos.changes);
  }

  dials(): Promise<Instruments['dials']> {
    return this.page.evaluate(() => (window as unknown as { chaos: Instruments }).chaos.dials);
  }

  /** Sets the page's wall clock off by so much, beside what it was off already. Its timers do not notice. */
  async setClock(byMs: number): Promise<void> {
    await this.page.evaluate((ms) => {
      (window as unknown as { chaos: Instruments }).chaos.skew += ms;
    }, byMs);
  }

  /** The page believes that it is hidden. Its timers run as before: a headless browser throttles none. */
  async hide(): Promise<void> {
    await this.page.evaluate(() => {
      (window as unknown as { chaos: Instruments }).chaos.visibility = 'hidden';
      document.dispatchEvent(new Event('visibilitychange'));
    });
  }

  async close(): Promise<void> {
    await this.page.close();
  }
}

/** Runs in the page, before its scripts. */
function instrument(): void {
  const chaos: Instruments = { skew: 0, visibility: 'visible', dials: [], changes: [] };
  (window as unknown as { chaos: Instruments }).chaos = chaos;
  const SystemDate = Date;
  window.Date = new Proxy(SystemDate, {
    construct: (target, args: []) =>
      args.length > 0 ? new target(...args) : new target(target.now() + chaos.skew),
    get: (target, name) =>
      name === 'now' ? () => target.now() + chaos.skew : (Reflect.get(target, name) as unknown),
  });
  Object.defineProperty(Document.prototype, 'visibilityState', { get: () => chaos.visibility });
  // Sockets live in the page's worker: each is asked for by one message, which has its address.
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (this: Worker, ...args: [message: unknown]) {
    const [message] = args as [{ socket?: { url?: string } }];
    if (message.socket?.url !== undefined) chaos.dials.push({ acceptedAt: performance.now() });
    postMessage.apply(this, args);
  };
}
