import type { Browser } from '@playwright/test';
import { launch } from '../lib/page.ts';
import { Product } from '../lib/product.ts';
import { interleaved, type Scenario } from '../lib/scenario.ts';
import { figure, quantile } from '../lib/stats.ts';

/** Events a second of each session while the reader switches. */
const RATE = 20;

interface Switched {
  /** From the click to the end of the frame that shows the other session, ms. */
  painted: number[];
  /** Switches after which the next frame still moved something. */
  unsettled: number;
}

/** Switches back and forth between two sessions inside the page, so that nothing of the bench is measured. */
function switches(product: Product, times: number): Promise<Switched> {
  const ids = product.sessions.slice(0, 2).map(({ id }) => id);
  return product.view.page.evaluate(
    async ([list, count]) => {
      const { bench } = window;
      const rows = list.map((id) => {
        const row = bench.find(`ap-session-item[data-session-id="${id}"]`)[0]!;
        return row.shadowRoot!.querySelector<HTMLElement>('button.open')!;
      });
      const app = document.querySelector('ap-app')!.shadowRoot!;
      const result: Switched = { painted: [], unsettled: 0 };
      for (let i = 0; i < count; i++) {
        const id = list[i % 2]!;
        for (let wait = 0; wait < 6; wait++) await bench.frame();
        const began = performance.now();
        rows[i % 2]!.click();
        await bench.rendered();
        result.painted.push(performance.now() - began);
        const pane = app.querySelector<HTMLElement>('.pane.shown')!;
        const scroller = bench.find('.scroller', pane)[0]!;
        if (pane.dataset['sessionId'] !== id) result.unsettled++;
        else {
          const distance = (): number =>
            scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
          await bench.frame();
          await bench.rendered();
          if (distance() > 2) result.unsettled++;
        }
      }
      return result;
    },
    [ids, times] as const,
  );
}

async function measure(
  browser: Browser,
  dist: string,
  messages: number,
  times: number,
): Promise<Record<string, number>> {
  const product = await Product.open(browser, dist, { sessions: 10, messages });
  for (const session of product.sessions.slice(0, 2)) await product.show(session);
  for (const session of product.sessions) session.begin('Go on.');
  let n = 0;
  const streams = setInterval(() => {
    for (const session of product.sessions) session.say(`and token ${n} of the answer `);
    n++;
  }, 1000 / RATE);
  try {
    await switches(product, 6);
    const { painted, unsettled } = await switches(product, times);
    return { median: quantile(painted, 0.5), p95: quantile(painted, 0.95), unsettled };
  } finally {
    clearInterval(streams);
    await product.close();
  }
}

export const switching: Scenario = {
  name: 'switch',
  title: 'Click to painted, with short and long histories, while ten sessions stream',
  share: 170,
  async run({ runs, dist, quick, until, say }) {
    const browser = await launch();
    const histories = quick ? [100, 1_000] : [100, 1_000, 10_000];
    const times = quick ? 20 : 60;
    const found = await interleaved(
      runs,
      Object.fromEntries(
        histories.map((messages) => [
          `Aperture: ${messages} messages`,
          () => measure(browser, dist, messages, times),
        ]),
      ),
      say,
      until,
    );
    await browser.close();
    return {
      figures: Object.fromEntries(
        Object.entries(found).map(([name, of]) => [
          name,
          {
            median: figure('ms', of['median']!),
            p95: figure('ms', of['p95']!),
            'not settled in the next frame': figure('', of['unsettled']!),
          },
        ]),
      ),
      aims: Object.entries(found).map(([name, of]) => ({
        what: `switch p95, ${name.split(': ')[1]}`,
        value: quantile(of['p95']!, 0.5),
        limit: 10,
        unit: 'ms',
      })),
    };
  },
};
