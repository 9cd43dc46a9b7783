import type { Browser } from '@playwright/test';
import { launch } from '../lib/page.ts';
import { Product } from '../lib/product.ts';
import { pump } from '../lib/pump.ts';
import { interleaved, type Scenario } from '../lib/scenario.ts';
import { figure, median, quantile } from '../lib/stats.ts';
import { Typing } from '../lib/typing.ts';
import { mixedText, tokens } from '../lib/texts.ts';

/**
 * Ten sessions at `rate` events a second each, one of them viewed, in whose composer somebody types meanwhile; fails
 * if an event does not reach the disk.
 */
async function measure(
  browser: Browser,
  dist: string,
  rate: number,
  seconds: number,
): Promise<Record<string, number>> {
  const product = await Product.open(browser, dist, { sessions: 10, messages: 20 });
  const pieces = tokens(mixedText(24 * rate * seconds));
  for (const session of product.sessions) session.begin('Go on.');
  await product.show(product.sessions[0]!);
  const typing = await Typing.begin(product.view.page);
  const work = await product.view.during(async () => {
    await pump(rate, rate * seconds, (i) => {
      for (const session of product.sessions) session.say(pieces[i % pieces.length]!);
    });
  });
  const ended = performance.now();
  const keys = await typing.stop();
  await product.stored();
  const stored = performance.now() - ended;
  const heap = await product.view.settledHeap();
  await product.close();
  return {
    busy: (100 * work.task) / work.wall,
    processor: (100 * work.thread) / work.wall,
    key: quantile(keys, 0.95),
    gap: quantile(work.frames, 0.95),
    longest: work.longest,
    long: work.long,
    stored,
    heap,
  };
}

export const events: Scenario = {
  name: 'events',
  title: 'Ten sessions stream at once, one is viewed',
  share: 200,
  async run({ runs, dist, quick, until, say }) {
    const browser = await launch();
    const rates = quick ? [200, 1_000] : [50, 200, 500, 1_000];
    const seconds = quick ? 3 : 10;
    const found = await interleaved(
      runs,
      Object.fromEntries(
        rates.map((rate) => [
          `Aperture: 10 × ${rate} events/s`,
          () => measure(browser, dist, rate, seconds),
        ]),
      ),
      say,
      until,
    );
    await browser.close();
    const at = (rate: number, what: string): number =>
      median(found[`Aperture: 10 × ${rate} events/s`]![what]!);
    return {
      figures: Object.fromEntries(
        Object.entries(found).map(([name, of]) => [
          name,
          {
            'main thread busy': figure('%', of['busy']!),
            'its processor time': figure('%', of['processor']!),
            'key to painted, p95': figure('ms', of['key']!),
            'frame gap p95': figure('ms', of['gap']!),
            'longest task': figure('ms', of['longest']!),
            'long tasks': figure('', of['long']!),
            'on disk after': figure('ms', of['stored']!),
            heap: figure('MB', of['heap']!),
          },
        ]),
      ),
      aims: [
        { what: 'busy at 10 × 200/s', value: at(200, 'busy'), limit: 25, unit: '%' },
        { what: 'longest task at 10 × 200/s', value: at(200, 'longest'), limit: 50, unit: 'ms' },
        { what: 'frame gap p95 at 10 × 200/s', value: at(200, 'gap'), limit: 17, unit: 'ms' },
        { what: 'key to painted p95 at 10 × 200/s', value: at(200, 'key'), limit: 50, unit: 'ms' },
        {
          what: 'key to painted p95 at 10 × 1,000/s',
          value: at(1_000, 'key'),
          limit: 100,
          unit: 'ms',
        },
        {
          what: 'the last of 10 × 1,000/s on disk after',
          value: at(1_000, 'stored'),
          limit: 1_000,
          unit: 'ms',
        },
        {
          what: 'longest task at 10 × 1,000/s, nothing lost',
          value: at(1_000, 'longest'),
          limit: 100,
          unit: 'ms',
        },
      ],
    };
  },
};
