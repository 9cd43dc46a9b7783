import type { Browser } from '@playwright/test';
import { launch } from '../lib/page.ts';
import { Product } from '../lib/product.ts';
import { each } from '../lib/profile.ts';
import { figures, interleaved, middle, type Outcome, type Scenario } from '../lib/scenario.ts';
import { median, quantile } from '../lib/stats.ts';

const FRAME_MS = 1000 / 60;
/** Of a frame that shows a token, in the browser's trace. */
const SPAN = 'bench-frame';

/** When the tokens of the viewed session are sent. */
interface Feed {
  readonly name: string;
  /** ms before the next; not in step with the frames. */
  readonly gap: (i: number) => number;
}

const FEEDS: readonly Feed[] = [
  { name: 'single tokens, 61 to 77 ms apart', gap: (i) => 61 + ((i * 7) % 17) },
  // As fast models give them.
  { name: 'a steady stream of 50 tokens/s', gap: () => 20 },
];

/** A token's way through the page, ms of its clock. */
interface Seen {
  /** The page reads the message that it came in. */
  readonly read: number;
  /** The frame that shows it begins, and has been rendered. */
  readonly frame: number;
  readonly rendered: number;
}

/** Nine others stream; the tenth is viewed, and has begun to answer. */
async function open(
  browser: Browser,
  dist: string,
): Promise<{ product: Product; stop: () => void }> {
  const product = await Product.open(browser, dist, { sessions: 10, messages: 100 });
  const [viewed, ...others] = product.sessions;
  await product.show(viewed!);
  viewed!.begin('Go on.');
  viewed!.say('Begin. ');
  const { page } = product.view;
  await page.locator('[data-live]').waitFor();
  for (const session of others) session.begin('Go on.');
  const streams = setInterval(() => {
    for (const session of others) session.say('and more of the answer ');
  }, 50);
  await page.evaluate((span) => {
    const live = window.bench.find('[data-live] .markdown')[0]!;
    const read: Record<string, number> = {};
    const seen: Record<string, Seen> = {};
    Object.assign(window, { benchSeen: seen });
    let last = 0;
    const mark = /‹(\d+)›/g;
    const marksIn = (text: string): string[] => [...text.matchAll(mark)].map(([, n]) => n!);
    // Whether a socket of the page's own or a worker hands it over: it is read here.
    const { get } = Object.getOwnPropertyDescriptor(MessageEvent.prototype, 'data')!;
    Object.defineProperty(MessageEvent.prototype, 'data', {
      configurable: true,
      get(this: MessageEvent): unknown {
        const data: unknown = get!.call(this);
        const text = typeof data === 'string' ? data : (JSON.stringify(data) ?? '');
        for (const n of marksIn(text)) read[n] ??= performance.now();
        return data;
      },
    });
    new MutationObserver(() => {
      const marks = marksIn((live.textContent ?? '').slice(-200));
      const start = window.bench.began;
      void window.bench.rendered().then(() => {
        const rendered = performance.now();
        const fresh = marks.filter((n) => !(n in seen));
        for (const n of fresh) seen[n] = { read: read[n]!, frame: start, rendered };
        // Spans of a trace must not lie on each other.
        if (fresh.length > 0 && start >= last) performance.measure(span, { start });
        last = rendered;
        return undefined;
      });
    }).observe(live, { subtree: true, childList: true, characterData: true });
  }, SPAN);
  return {
    product,
    stop: () => clearInterval(streams),
  };
}

/** Sends `count` tokens. @returns when each was sent, ms. */
async function send({ sessions }: Product, { gap }: Feed, count: number): Promise<number[]> {
  const sent: number[] = [];
  let due = performance.now();
  for (let i = 0; i < count; i++) {
    due += gap(i);
    const left = due - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, left)));
    sent.push(performance.timeOrigin + performance.now());
    sessions[0]!.say(`‹${i}› `);
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  return sent;
}

/** From the send at the server's socket to the end of the frame that shows it, ms, and the parts of that way. */
async function measure(
  browser: Browser,
  dist: string,
  feed: Feed,
  count: number,
): Promise<Record<string, number>> {
  const { product, stop } = await open(browser, dist);
  const sent = await send(product, feed, count);
  stop();
  const { origin, seen } = await product.view.page.evaluate(() => ({
    origin: performance.timeOrigin,
    seen: (window as unknown as { benchSeen: Record<string, Seen> }).benchSeen,
  }));
  await product.close();
  const ways = sent.flatMap((at, i) =>
    seen[i]?.read === undefined ? [] : [{ at: at - origin, ...seen[i] }],
  );
  if (ways.length < count) throw new Error(`bench: ${count - ways.length} tokens were not seen`);
  const took = ways.map(({ at, rendered }) => rendered - at);
  const parts = {
    'to the page': ways.map(({ at, read }) => read - at),
    'wait for its frame': ways.map(({ read, frame }) => frame - read),
    'its frame': ways.map(({ frame, rendered }) => rendered - frame),
  };
  return {
    median: median(took),
    p95: quantile(took, 0.95),
    ...Object.fromEntries(
      Object.entries(parts).flatMap(([part, values]) => [
        [part, median(values)],
        [`${part}, p95`, quantile(values, 0.95)],
      ]),
    ),
  };
}

/** What the main thread does in a frame that shows a token. */
async function profile(
  browser: Browser,
  dist: string,
  feed: Feed,
  count: number,
): Promise<Outcome['figures'][string]> {
  const { product, stop } = await open(browser, dist);
  const trace = await product.view.traced(async () => {
    await send(product, feed, count);
  });
  stop();
  await product.close();
  return each(trace, SPAN);
}

const name = (feed: Feed): string => `Aperture: ${feed.name}`;

export const latency: Scenario = {
  name: 'latency',
  title: 'From the gateway’s socket to painted, while nine others stream',
  share: 80,
  async run(options) {
    const { dist, quick } = options;
    const browser = await launch();
    const found = await interleaved(
      options,
      Object.fromEntries(
        FEEDS.map((feed) => [name(feed), () => measure(browser, dist, feed, quick ? 30 : 200)]),
      ),
    );
    const profiles: Outcome['figures'] = {};
    for (const feed of FEEDS)
      profiles[`A frame that shows a token, traced: ${feed.name}`] = await profile(
        browser,
        dist,
        feed,
        quick ? 30 : 100,
      );
    await browser.close();
    return {
      figures: { ...figures(found), ...profiles },
      aims: FEEDS.map((feed) => ({
        what: `socket to painted, p95, ${feed.name}`,
        value: middle(found, name(feed), 'p95') / FRAME_MS,
        limit: 1.5,
        unit: 'frames',
      })),
    };
  },
};
