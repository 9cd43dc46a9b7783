import { rm } from 'node:fs/promises';
import type { Browser } from '@playwright/test';
import { serveStatic } from '../../support/static-server.ts';
import { BenchPage, launch } from '../lib/page.ts';
import { buildBareWriter } from '../lib/peers.ts';
import { Product } from '../lib/product.ts';
import { profile } from '../lib/profile.ts';
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

/** Where the main thread's time goes meanwhile; keeping the trace adds to all of it. */
async function where(
  browser: Browser,
  dist: string,
  rate: number,
  seconds: number,
): Promise<Record<string, number>> {
  const product = await Product.open(browser, dist, { sessions: 10, messages: 20 });
  const pieces = tokens(mixedText(24 * rate * seconds));
  for (const session of product.sessions) session.begin('Go on.');
  await product.show(product.sessions[0]!);
  const shares = await profile(browser, product.view.page, () =>
    pump(rate, rate * seconds, (i) => {
      for (const session of product.sessions) session.say(pieces[i % pieces.length]!);
    }),
  );
  await product.close();
  return shares;
}

/** The floor: the writer alone draws one such stream in an empty page, without a socket, a session or a key. */
async function bare(
  browser: Browser,
  dist: string,
  rate: number,
  seconds: number,
): Promise<Record<string, number>> {
  const host = await serveStatic(dist, '/bench/');
  const view = await BenchPage.open(browser);
  await view.page.goto(host.url);
  await view.page.waitForFunction(() => 'peer' in window);
  const pieces = tokens(mixedText(24 * rate * seconds));
  const work = await view.during(() =>
    view.page.evaluate(
      async ([list, perSecond]) => {
        const { peer } = window as unknown as { peer: { write(text: string): void } };
        const began = performance.now();
        for (let sent = 0; sent < list.length;) {
          await window.bench.frame();
          const due = Math.floor(((performance.now() - began) / 1000) * perSecond) + 1;
          peer.write(list.slice(sent, due).join(''));
          sent = due;
        }
      },
      [pieces, rate] as const,
    ),
  );
  await view.close();
  await host.close();
  return {
    busy: (100 * work.task) / work.wall,
    processor: (100 * work.thread) / work.wall,
    gap: quantile(work.frames, 0.95),
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
    const writer = await buildBareWriter();
    const alone: Record<string, number>[] = [];
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
    for (let run = 0; run < Math.min(runs, 3); run++)
      alone.push(await bare(browser, writer.dist, 200, seconds));
    const shares = await where(browser, dist, 200, quick ? 3 : 6);
    await rm(writer.dist, { recursive: true, force: true });
    await browser.close();
    const at = (rate: number, what: string): number =>
      median(found[`Aperture: 10 × ${rate} events/s`]![what]!);
    return {
      figures: {
        ...Object.fromEntries(
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
        'Bare writer, empty page: 1 × 200 events/s': {
          'main thread busy': figure(
            '%',
            alone.map(({ busy }) => busy!),
          ),
          'its processor time': figure(
            '%',
            alone.map(({ processor }) => processor!),
          ),
          'frame gap p95': figure(
            'ms',
            alone.map(({ gap }) => gap!),
          ),
        },
        'Aperture, traced: 10 × 200 events/s': Object.fromEntries(
          Object.entries(shares).map(([kind, share]) => [kind, figure('%', [share])]),
        ),
      },
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
