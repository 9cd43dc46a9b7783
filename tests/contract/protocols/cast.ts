import { afterEach, expect } from 'vitest';
import type { Protocol } from '../../../src/app/client/protocols/port.ts';
import type { ModelServer } from '../../support/servers/model-server.ts';
import { Page, until, type PageOptions } from './page.ts';
import type { Contract, Stray } from './suite.ts';

type Misbehaving = ModelServer & { misbehave: object };

/** Something stray comes in the middle of an answer. */
export const during =
  <Server extends Misbehaving>(what: Partial<Server['misbehave']>): Stray<Server>['provoke'] =>
  async (page, server) => {
    Object.assign(server.misbehave, what);
    await page.ask('hello');
  };

/** The server goes on talking about a request that was stopped. */
export const afterCancel =
  <Server extends Misbehaving>(what: Partial<Server['misbehave']>): Stray<Server>['provoke'] =>
  async (page, server) => {
    Object.assign(server.misbehave, what);
    await page.begin('SLOW');
    page.link!.cancel!.send('c1');
    await until('the end', () => page.turn === 'idle');
  };

/** What most contracts share: a server with a token, whose sessions one page at a time may drive. */
export const USUAL = {
  token: 'right',
  wrongToken: 'wrong',
  afterDrop: 'retry',
  dropVerdict: 'retry',
  shared: false,
  auth: ['first-frame', 'query', 'none'],
  sayNonsense: (server: { sayNonsense(): void }) => server.sayNonsense(),
} as const satisfies Partial<Contract<never>>;

interface CastOptions {
  protocol: () => Protocol;
  server: () => { readonly url: string; stop(): Promise<void> };
  /** Waited for when the pages are closed, before the server is stopped. */
  closed?: () => Promise<void>;
}

/** The pages of one test. After each test they are closed, their server is stopped, and none saw a rule broken. */
export class Cast {
  readonly #options: CastOptions;
  #pages: Page[] = [];

  constructor(options: CastOptions) {
    this.#options = options;
    afterEach(async () => {
      const pages = this.#pages;
      this.#pages = [];
      for (const page of pages) page.link?.close();
      await options.closed?.();
      await options.server().stop();
      expect(pages.flatMap(({ violations }) => violations)).toEqual([]);
    });
  }

  readonly page = (more: Partial<PageOptions> = {}): Page => {
    const { protocol, server } = this.#options;
    return this.join(new Page({ protocol: protocol(), url: server().url, ...more }));
  };

  readonly connected = async (more: Partial<PageOptions> = {}): Promise<Page> => {
    const page = this.page(more);
    await page.connect();
    return page;
  };

  /** One that was made otherwise, as by a reload. */
  join(page: Page): Page {
    this.#pages.push(page);
    return page;
  }
}
