import { rm } from 'node:fs/promises';
import type { Browser } from '@playwright/test';
import { BenchPage, launch, painted } from '../lib/page.ts';
import { buildBareWriter } from '../lib/peers.ts';
import { Product } from '../lib/product.ts';
import { each } from '../lib/profile.ts';
import { figures, interleaved, middle, type Outcome, type Scenario } from '../lib/scenario.ts';
import { median, quantile } from '../lib/stats.ts';
import { BenchSession, WireServer } from '../lib/wire-server.ts';

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

/** A page whose first session is to be said something in. */
interface Opened {
  readonly view: BenchPage;
  readonly session: BenchSession;
  close(): Promise<void>;
}

/** Notes of each token when the page reads it and when what `selector` finds shows it. */
async function watch({ page }: BenchPage, selector: string): Promise<void> {
  await page.evaluate(
    ([where, span]) => {
      const live = window.bench.find(where)[0]!;
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
    },
    [selector, SPAN] as const,
  );
}

/** Nine others stream; the tenth is viewed, and has begun to answer. */
async function product(browser: Browser, dist: string): Promise<Opened> {
  const opened = await Product.open(browser, dist, { sessions: 10, messages: 100 });
  const [viewed, ...others] = opened.sessions;
  await opened.show(viewed!);
  viewed!.begin('Go on.');
  viewed!.say('Begin. ');
  await opened.view.page.locator('[data-live]').waitFor();
  for (const session of others) session.begin('Go on.');
  const streams = setInterval(() => {
    for (const session of others) session.say('and more of the answer ');
  }, 50);
  await watch(opened.view, '[data-live] .markdown');
  return {
    view: opened.view,
    session: viewed!,
    close: () => {
      clearInterval(streams);
      return opened.close();
    },
  };
}

/** The floor: an empty page with one socket, whose messages the writer alone draws in the next frame. */
async function bare(browser: Browser, dist: string): Promise<Opened> {
  const session = new BenchSession('bench-1', 'Session 1');
  const server = await WireServer.start(dist, [session]);
  const view = await BenchPage.open(browser);
  await view.page.goto(server.url);
  await view.page.waitForFunction(() => 'peer' in window);
  session.say('Begin. ');
  await view.page.evaluate(async () => {
    const socket = new WebSocket('/v1/sessions/bench-1/ws');
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    socket.send(JSON.stringify({ t: 'attach', since: 0, lines: true }));
    let waiting = '';
    const draw = (): void => {
      window.peer.write(waiting);
      waiting = '';
    };
    await new Promise<void>((resolve) =>
      socket.addEventListener('message', ({ data }: MessageEvent<string>) => {
        for (const line of data.split('\n')) {
          const frame = JSON.parse(line) as {
            m?: { params: { update: { content: { text: string } } } };
          };
          if (!frame.m) continue;
          if (waiting === '') requestAnimationFrame(draw);
          waiting += frame.m.params.update.content.text;
          resolve();
        }
      }),
    );
  });
  await painted(view.page);
  await watch(view, 'body > div > div');
  return {
    view,
    session,
    close: async () => {
      await view.close();
      await server.close();
    },
  };
}

/** Sends `count` tokens. @returns when each was sent, ms. */
async function send(session: BenchSession, { gap }: Feed, count: number): Promise<number[]> {
  const sent: number[] = [];
  let due = performance.now();
  for (let i = 0; i < count; i++) {
    due += gap(i);
    const left = due - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, left)));
    sent.push(performance.timeOrigin + performance.now());
    session.say(`‹${i}› `);
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  return sent;
}

/** From the send at the server's socket to the end of the frame that shows it, ms, and the parts of that way. */
async function measure(opened: Opened, feed: Feed, count: number): Promise<Record<string, number>> {
  const sent = await send(opened.session, feed, count);
  const { origin, seen } = await opened.view.page.evaluate(() => ({
    origin: performance.timeOrigin,
    seen: (window as unknown as { benchSeen: Record<string, Seen> }).benchSeen,
  }));
  await opened.close();
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
  { view, session, close }: Opened,
  feed: Feed,
  count: number,
): Promise<Outcome['figures'][string]> {
  const trace = await view.traced(async () => {
    await send(session, feed, count);
  });
  await close();
  return each(trace, SPAN);
}

const name = (feed: Feed): string => `Aperture: ${feed.name}`;
const floor = (feed: Feed): string => `Floor: bare writer, empty page: ${feed.name}`;

export const latency: Scenario = {
  name: 'latency',
  title: 'From the gateway’s socket to painted, while nine others stream',
  share: 80,
  async run(options) {
    const { dist, quick } = options;
    const browser = await launch();
    const writer = await buildBareWriter();
    const count = quick ? 30 : 200;
    const found = await interleaved(
      options,
      Object.fromEntries(
        FEEDS.flatMap((feed) => [
          [name(feed), async () => measure(await product(browser, dist), feed, count)],
          [floor(feed), async () => measure(await bare(browser, writer.dist), feed, count)],
        ]),
      ),
    );
    const profiles: Outcome['figures'] = {};
    for (const feed of FEEDS)
      profiles[`A frame that shows a token, traced: ${feed.name}`] = await profile(
        await product(browser, dist),
        feed,
        count / 2,
      );
    await rm(writer.dist, { recursive: true, force: true });
    await browser.close();
    const frames = (who: string): number => middle(found, who, 'p95') / FRAME_MS;
    return {
      figures: { ...figures(found), ...profiles },
      aims: FEEDS.flatMap((feed) => {
        const what = `socket to painted, p95, ${feed.name}`;
        return [
          { what, value: frames(name(feed)), limit: 1.5, unit: 'frames' },
          { what: `${what}, bare writer`, value: frames(floor(feed)), unit: 'frames' },
        ];
      }),
    };
  },
};
