import { rm } from 'node:fs/promises';
import type { Browser } from '@playwright/test';
import { serveStatic } from '../../support/static-server.ts';
import { BenchPage, launch, type Done } from '../lib/page.ts';
import { buildBareWriter } from '../lib/peers.ts';
import { Product } from '../lib/product.ts';
import { longestTask, shares } from '../lib/profile.ts';
import { pump } from '../lib/pump.ts';
import { figures, interleaved, middle, type Outcome, type Scenario } from '../lib/scenario.ts';
import { quantile } from '../lib/stats.ts';
import { Typing } from '../lib/typing.ts';
import { mixedText, tokens } from '../lib/texts.ts';

/** The main thread's share of the time; and what it, the page with its workers and the browser had of a processor. */
const busy = ({
  task,
  thread,
  pageProcess,
  browser,
  wall,
  frames,
}: Done): Record<string, number> => ({
  'main thread busy': (100 * task) / wall,
  'its processor time': (100 * thread) / wall,
  'all threads of the page': (100 * pageProcess) / wall,
  'all of the browser': (100 * browser) / wall,
  'frame gap p95': quantile(frames, 0.95),
});

/** Ten sessions that begin to answer, one of them viewed. */
async function ten(browser: Browser, dist: string): Promise<Product> {
  const product = await Product.open(browser, dist, { sessions: 10, messages: 20 });
  for (const session of product.sessions) session.begin('Go on.');
  await product.show(product.sessions[0]!);
  return product;
}

/** Each of them says `rate` tokens a second. */
function stream({ sessions }: Product, rate: number, seconds: number): Promise<void> {
  const pieces = tokens(mixedText(24 * rate * seconds));
  return pump(rate, rate * seconds, (i) => {
    for (const session of sessions) session.say(pieces[i % pieces.length]!);
  });
}

/**
 * Ten sessions at `rate` events a second each; fails if an event does not reach the disk.
 *
 * @param typing somebody types in the viewed session's composer meanwhile.
 */
async function measure(
  browser: Browser,
  dist: string,
  { rate, seconds, typing = false }: { rate: number; seconds: number; typing?: boolean },
): Promise<Record<string, number>> {
  const product = await ten(browser, dist);
  const keys = typing ? await Typing.begin(product.view.page) : undefined;
  const work = await product.view.during(() => stream(product, rate, seconds));
  const ended = performance.now();
  const pressed = await keys?.stop();
  await product.stored();
  const stored = performance.now() - ended;
  const heap = await product.view.settledHeap();
  await product.close();
  return {
    ...busy(work),
    'longest task': work.longest,
    'long tasks': work.long,
    ...(pressed
      ? { 'key to painted, p95': quantile(pressed, 0.95) }
      : { 'on disk after': stored, heap }),
  };
}

/** Where the main thread's time goes meanwhile; and how often a second the viewed conversation is drawn. */
async function where(
  browser: Browser,
  dist: string,
  rate: number,
  seconds: number,
): Promise<{ profile: Outcome['figures']; pace: number }> {
  const product = await ten(browser, dist);
  const { page } = product.view;
  await page.evaluate(() => {
    const drawn = new Set<number>();
    Object.assign(window, { benchDrawn: drawn });
    const pane = document.querySelector('ap-app')!.shadowRoot!.querySelector('.pane.shown')!;
    const log = window.bench.find('ap-transcript', pane)[0]!;
    new MutationObserver(() => drawn.add(window.bench.began)).observe(log.shadowRoot!, {
      subtree: true,
      childList: true,
      characterData: true,
    });
  });
  const trace = await product.view.traced(() => stream(product, rate, seconds));
  const drawn = await page.evaluate(
    () => (window as unknown as { benchDrawn: Set<number> }).benchDrawn.size,
  );
  await product.close();
  return {
    profile: {
      [`Aperture, traced: 10 × ${rate} events/s`]: shares(trace),
      ...longestTask(trace),
    },
    pace: drawn / (trace.wall / 1000),
  };
}

/** A floor: the page with its ten sessions, to which nothing comes; what is left is its frames, which the bench asks for. */
async function idle(
  browser: Browser,
  dist: string,
  seconds: number,
): Promise<Record<string, number>> {
  const product = await Product.open(browser, dist, { sessions: 10, messages: 20 });
  await product.show(product.sessions[0]!);
  const work = await product.view.during(
    () => new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
  );
  await product.close();
  return busy(work);
}

/**
 * A floor: the writer alone draws one such stream in an empty page, without a socket, a session or a key.
 *
 * @param pace how often a second it may draw.
 */
async function bare(
  browser: Browser,
  dist: string,
  { rate, seconds, pace }: { rate: number; seconds: number; pace: number },
): Promise<Record<string, number>> {
  const host = await serveStatic(dist, '/bench/');
  const view = await BenchPage.open(browser);
  await view.page.goto(host.url);
  await view.page.waitForFunction(() => 'peer' in window);
  const pieces = tokens(mixedText(24 * rate * seconds));
  const work = await view.during(() =>
    view.page.evaluate(
      async ([list, perSecond, drawsPerSecond]) => {
        const began = performance.now();
        let draws = 0;
        for (let sent = 0; sent < list.length;) {
          await window.bench.frame();
          const passed = (performance.now() - began) / 1000;
          if (draws > passed * drawsPerSecond) continue;
          draws++;
          const due = Math.floor(passed * perSecond) + 1;
          window.peer.write(list.slice(sent, due).join(''));
          sent = due;
        }
      },
      [pieces, rate, pace] as const,
    ),
  );
  await view.close();
  await host.close();
  return busy(work);
}

const UNITS = {
  'main thread busy': '%',
  'its processor time': '%',
  'all threads of the page': '%',
  'all of the browser': '%',
  'long tasks': '',
  heap: 'MB',
};

const streams = (rate: number): string => `Aperture: 10 × ${rate} events/s`;
const typed = (rate: number): string => `Aperture, somebody types: 10 × ${rate} events/s`;

export const events: Scenario = {
  name: 'events',
  title: 'Ten sessions stream at once, one is viewed',
  share: 260,
  async run(options) {
    const { dist, quick } = options;
    const browser = await launch();
    const writer = await buildBareWriter();
    const seconds = quick ? 3 : 10;
    const { profile, pace } = await where(browser, dist, 200, quick ? 3 : 8);
    const one = { rate: 200, seconds };
    const found = await interleaved(options, {
      ...Object.fromEntries(
        (quick ? [200, 1_000] : [50, 200, 500, 1_000]).map((rate) => [
          streams(rate),
          () => measure(browser, dist, { rate, seconds }),
        ]),
      ),
      ...Object.fromEntries(
        [200, 1_000].map((rate) => [
          typed(rate),
          () => measure(browser, dist, { rate, seconds, typing: true }),
        ]),
      ),
      'Floor: the page, nothing comes': () => idle(browser, dist, seconds / 2),
      [`Floor: bare writer, 1 × 200 events/s, as often as the page draws (${Math.round(pace)}/s)`]:
        () => bare(browser, writer.dist, { ...one, pace }),
      'Floor: bare writer, 1 × 200 events/s, in every frame': () =>
        bare(browser, writer.dist, { ...one, pace: Number.POSITIVE_INFINITY }),
    });
    await rm(writer.dist, { recursive: true, force: true });
    await browser.close();
    // Where nothing depends on somebody who types, the worse of the two is judged.
    const worse = (rate: number, what: string): number =>
      Math.max(middle(found, streams(rate), what), middle(found, typed(rate), what));
    const key = (rate: number): number => middle(found, typed(rate), 'key to painted, p95');
    return {
      figures: { ...figures(found, UNITS), ...profile },
      aims: [
        {
          what: 'busy at 10 × 200/s',
          value: middle(found, streams(200), 'main thread busy'),
          limit: 25,
          unit: '%',
        },
        {
          what: 'busy at 10 × 200/s while somebody types',
          value: middle(found, typed(200), 'main thread busy'),
          unit: '%',
        },
        {
          what: 'longest task at 10 × 200/s',
          value: worse(200, 'longest task'),
          limit: 50,
          unit: 'ms',
        },
        {
          what: 'frame gap p95 at 10 × 200/s',
          value: worse(200, 'frame gap p95'),
          limit: 17,
          unit: 'ms',
        },
        { what: 'key to painted p95 at 10 × 200/s', value: key(200), limit: 50, unit: 'ms' },
        { what: 'key to painted p95 at 10 × 1,000/s', value: key(1_000), limit: 100, unit: 'ms' },
        {
          what: 'the last of 10 × 1,000/s on disk after',
          value: middle(found, streams(1_000), 'on disk after'),
          limit: 1_000,
          unit: 'ms',
        },
        {
          what: 'longest task at 10 × 1,000/s, nothing lost',
          value: worse(1_000, 'longest task'),
          limit: 100,
          unit: 'ms',
        },
      ],
    };
  },
};
