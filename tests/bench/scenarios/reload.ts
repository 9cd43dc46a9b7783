import type { Browser, Page } from '@playwright/test';
import { MANY_ITEMS } from '../../../src/app/store/housekeeper.ts';
import type { Store } from '../../../src/app/store/types.ts';
import { launch } from '../lib/page.ts';
import { Product } from '../lib/product.ts';
import { figures, interleaved, middle, type Scenario } from '../lib/scenario.ts';
import { median } from '../lib/stats.ts';

/** Messages that are no more than what a session keeps in memory of 10,000: 300 items (docs/adr/0016). */
const WINDOW = 200;

/** The heap of a page is not the same twice: two in a hundred are nothing. */
const HARDLY_MORE = 1.02;

/** When the viewed transcript is painted after a reload, ms after the navigation began; and what the heap holds. */
async function measure(
  browser: Browser,
  dist: string,
  sessions: number,
  messages: number,
  reloads: number,
): Promise<Record<string, number>> {
  const product = await Product.open(browser, dist, { sessions, messages });
  await product.show(product.sessions[0]!);
  const { page } = product.view;
  await viewedIsKnown(page);
  await page.addInitScript(() => {
    const look = (): void => {
      const app = document.querySelector('ap-app')?.shadowRoot;
      const pane = app?.querySelector('.pane.shown > ap-conversation')?.shadowRoot;
      const log = pane?.querySelector('ap-transcript')?.shadowRoot;
      if (!log?.querySelector('[data-message-id]')) return void requestAnimationFrame(look);
      // It was there before this frame; so it is painted by the end of it.
      setTimeout(() => Object.assign(window, { benchShown: performance.now() }));
    };
    requestAnimationFrame(look);
  });
  const reload = async (): Promise<number> => {
    await page.reload();
    await page.waitForFunction(() => 'benchShown' in window, undefined, { timeout: 60_000 });
    const at = await page.evaluate(() => (window as unknown as { benchShown: number }).benchShown);
    await product.connected();
    return at;
  };
  const took: number[] = [];
  for (let i = 0; i < reloads; i++) took.push(await reload());
  await tidied(page);
  const heap = await product.view.settledHeap();
  // Not while the reloads are timed: asking costs the page something.
  const peak = await highest(product, async () => {
    await reload();
    for (const session of product.sessions) await product.show(session);
    await tidied(page);
  });
  const all = await product.view.settledHeap();
  await product.close();
  return { painted: median(took), heap, 'heap, all viewed': all, 'heap, highest': peak };
}

/** The page has written down which session is viewed. */
async function viewedIsKnown(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      new Promise<boolean>((resolve) => {
        const opening = indexedDB.open('aperture-db');
        opening.addEventListener('success', () => {
          const { result } = opening;
          const asked = result
            .transaction('metadata')
            .objectStore('metadata')
            .get('activeSessionId');
          asked.addEventListener('success', () => resolve(asked.result !== undefined));
          asked.addEventListener('error', () => resolve(false));
          result.close();
        });
      }),
    undefined,
    { polling: 200 },
  );
}

/** The logs that were read have left memory again, but for their ends (docs/adr/0016). */
async function tidied(page: Page): Promise<void> {
  await page.waitForFunction(
    (most) => {
      const app = document.querySelector('ap-app') as unknown as { store: Store };
      return app.store.sessions.value.every(
        (record) => !record.loading.peek() && record.transcript().items.length <= most,
      );
    },
    MANY_ITEMS,
    { polling: 200 },
  );
}

/** The most that the heap held while `act` ran, MB, with what had not been collected yet. */
async function highest({ view }: Product, act: () => Promise<void>): Promise<number> {
  let most = 0;
  const looking = new AbortController();
  const looked = (async () => {
    while (!looking.signal.aborted) {
      most = Math.max(most, (await view.work()).heap);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  await act();
  looking.abort();
  await looked;
  return most;
}

const name = (sessions: number, messages: number): string =>
  `Aperture: ${sessions} × ${messages} messages`;

export const reload: Scenario = {
  name: 'reload',
  title:
    'A reload: navigation to the last viewed transcript painted, and the heap when it has settled',
  share: 220,
  async run(options) {
    const { dist, quick } = options;
    const browser = await launch();
    const many = 10_000;
    const sizes = [
      [1, WINDOW],
      [10, WINDOW],
      [1, many],
      ...(quick ? [] : [[10, 1_000]]),
      [10, many],
    ] as const;
    const found = await interleaved(
      options,
      Object.fromEntries(
        sizes.map(([sessions, messages]) => [
          name(sessions!, messages!),
          () => measure(browser, dist, sessions!, messages!, quick ? 1 : 5),
        ]),
      ),
    );
    await browser.close();
    /** Ten beside one and the windows of nine more. */
    const beside = (what: string): number => {
      const of = (sessions: number, messages: number): number =>
        middle(found, name(sessions, messages), what);
      return of(10, many) / (of(1, many) + of(10, WINDOW) - of(1, WINDOW));
    };
    const windows = `heap of 10 × ${many} messages beside 1 × ${many} and nine windows`;
    return {
      figures: figures(found, {
        heap: 'MB',
        'heap, all viewed': 'MB',
        'heap, highest': 'MB',
      }),
      aims: [
        {
          what: `reload, ${name(10, many)}`,
          value: middle(found, name(10, many), 'painted'),
          limit: 300,
          unit: 'ms',
        },
        { what: windows, value: beside('heap'), limit: HARDLY_MORE, unit: '×' },
        {
          what: `${windows}, all viewed`,
          value: beside('heap, all viewed'),
          limit: HARDLY_MORE,
          unit: '×',
        },
        { what: `${windows}, highest on the way`, value: beside('heap, highest'), unit: '×' },
      ],
    };
  },
};
