import type { Browser } from '@playwright/test';
import { MANY_ITEMS } from '../../../src/app/store/housekeeper.ts';
import type { Store } from '../../../src/app/store/types.ts';
import { launch } from '../lib/page.ts';
import { Product } from '../lib/product.ts';
import { interleaved, type Scenario } from '../lib/scenario.ts';
import { figure, median } from '../lib/stats.ts';

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
  const took: number[] = [];
  for (let i = 0; i < reloads; i++) {
    await page.reload();
    await page.waitForFunction(() => 'benchShown' in window, undefined, { timeout: 60_000 });
    took.push(await page.evaluate(() => (window as unknown as { benchShown: number }).benchShown));
    await product.connected();
  }
  // The logs that were read have left memory again, but for their ends (docs/adr/0016).
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
  const heap = await product.view.settledHeap();
  await product.close();
  return { painted: median(took), heap };
}

export const reload: Scenario = {
  name: 'reload',
  title:
    'A reload: navigation to the last viewed transcript painted, and the heap when it has settled',
  share: 200,
  async run({ runs, dist, quick, until, say }) {
    const browser = await launch();
    const sizes = quick
      ? [
          [1, 10_000],
          [10, 10_000],
        ]
      : [
          [1, 200],
          [1, 10_000],
          [10, 1_000],
          [10, 10_000],
        ];
    const found = await interleaved(
      runs,
      Object.fromEntries(
        sizes.map(([sessions, messages]) => [
          `Aperture: ${sessions} × ${messages} messages`,
          () => measure(browser, dist, sessions!, messages!, quick ? 1 : 5),
        ]),
      ),
      say,
      until,
    );
    await browser.close();
    const [last] = Object.entries(found).slice(-1);
    return {
      figures: Object.fromEntries(
        Object.entries(found).map(([name, of]) => [
          name,
          { painted: figure('ms', of['painted']!), heap: figure('MB', of['heap']!) },
        ]),
      ),
      aims: [
        {
          what: `reload, ${last![0]}`,
          value: median(last![1]['painted']!),
          limit: 300,
          unit: 'ms',
        },
      ],
    };
  },
};
