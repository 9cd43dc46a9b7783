import { rm } from 'node:fs/promises';
import type { Browser } from '@playwright/test';
import { serveStatic } from '../../support/static-server.ts';
import { BenchPage, launch } from '../lib/page.ts';
import { buildBareWriter } from '../lib/peers.ts';
import { Product } from '../lib/product.ts';
import { each } from '../lib/profile.ts';
import { figures, interleaved, middle, type Outcome, type Scenario } from '../lib/scenario.ts';
import { quantile } from '../lib/stats.ts';
import { mixedText, tokens } from '../lib/texts.ts';

/** Events a second of each session while the reader switches. */
const RATE = 20;
/** Of a switch, in the browser's trace. */
const SPAN = 'bench-switch';

/** What the document holds of a session at the least (docs/adr/0020). */
const WINDOW_ITEMS = 30;

/** Between which sessions, and how many frames after each other. */
interface Round {
  readonly sessions: number;
  readonly frames: number;
}
const BACK_AND_FORTH: Round = { sessions: 2, frames: 6 };
/** With time for all that a page does after a switch; meanwhile much has come for whoever is next. */
const ALL_IN_TURN: Round = { sessions: 10, frames: 24 };

interface Switched {
  /** From the click to the end of the frame that shows the other session, ms. */
  painted: number[];
  /** Switches after which the next frame still moved something. */
  unsettled: number;
}

/** Switches between sessions inside the page, so that nothing of the bench is measured. */
function switches(
  product: Product,
  times: number,
  { sessions, frames }: Round = BACK_AND_FORTH,
): Promise<Switched> {
  const ids = product.sessions.slice(0, sessions).map(({ id }) => id);
  return product.view.page.evaluate(
    async ([list, count, span, wait]) => {
      const { bench } = window;
      const rows = list.map((id) => {
        const row = bench.find(`ap-session-item[data-session-id="${id}"]`)[0]!;
        return row.shadowRoot!.querySelector<HTMLElement>('button.open')!;
      });
      const app = document.querySelector('ap-app')!.shadowRoot!;
      const result: Switched = { painted: [], unsettled: 0 };
      for (let i = 0; i < count; i++) {
        const id = list[i % list.length]!;
        for (let waited = 0; waited < wait; waited++) await bench.frame();
        const began = performance.now();
        rows[i % list.length]!.click();
        await bench.rendered();
        const end = performance.now();
        result.painted.push(end - began);
        performance.measure(span, { start: began, end });
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
    [ids, times, SPAN, frames] as const,
  );
}

const result = ({ painted, unsettled }: Switched): Record<string, number> => ({
  median: quantile(painted, 0.5),
  p95: quantile(painted, 0.95),
  'not settled in the next frame': unsettled,
});

/** A page with ten long sessions, of which two are switched between. */
class Switching {
  readonly #streams: NodeJS.Timeout;
  #n = 0;

  private constructor(readonly product: Product) {
    for (const session of product.sessions) session.begin('Go on.');
    const pieces = tokens(mixedText(64_000));
    this.#streams = setInterval(() => {
      for (const session of product.sessions) session.say(pieces[this.#n % pieces.length]!);
      this.#n++;
    }, 1000 / RATE);
  }

  static async open(browser: Browser, dist: string, messages: number): Promise<Switching> {
    const product = await Product.open(browser, dist, { sessions: 10, messages });
    for (const session of product.sessions.slice(0, 2)) await product.show(session);
    const opened = new Switching(product);
    await switches(product, 6);
    return opened;
  }

  async measure(times: number, round?: Round): Promise<Record<string, number>> {
    return result(await switches(this.product, times, round));
  }

  /** From one to the next, each of which has been viewed before. */
  async inTurn(times: number): Promise<Record<string, number>> {
    for (const session of this.product.sessions) await this.product.show(session);
    return this.measure(times, ALL_IN_TURN);
  }

  /** What the main thread does in a switch, ms. */
  async profile(times: number): Promise<Outcome['figures'][string]> {
    const trace = await this.product.view.traced(async () => {
      await switches(this.product, times);
    });
    return each(trace, SPAN);
  }

  /** All turns end; what is left is the switch itself. */
  async quieten(): Promise<void> {
    clearInterval(this.#streams);
    for (const session of this.product.sessions) session.finish();
    await this.product.view.page.waitForFunction(
      () => window.bench.find('ap-session-item[data-streaming]').length === 0,
    );
    await this.product.stored();
    await switches(this.product, 6);
  }

  async close(): Promise<void> {
    clearInterval(this.#streams);
    await this.product.close();
  }
}

/** An empty page with two panes, each with as much text as the product keeps of a session in the document. */
async function bare(browser: Browser, url: string): Promise<BenchPage> {
  const view = await BenchPage.open(browser);
  await view.page.goto(url);
  await view.page.waitForFunction(() => 'peer' in window);
  await view.page.evaluate((items) => {
    for (let i = 0; i < items / 2; i++)
      window.peer.write(
        `Question ${i}: what became of part ${i}?\n\nAnswer ${i}. Part **${i}** was read, \`changed${i}\` and tested.\n\n`,
      );
    const first = document.body.firstElementChild as HTMLElement;
    const second = first.cloneNode(true) as HTMLElement;
    document.body.append(second);
    for (const pane of [first, second]) {
      Object.assign(pane.style, { position: 'absolute', inset: '0', contentVisibility: 'hidden' });
      pane.scrollTop = pane.scrollHeight;
    }
  }, WINDOW_ITEMS);
  return view;
}

/** Hides the one and shows the other, in both ways. @returns ms until it is painted, each time. */
function swaps({ page }: BenchPage, times: number): Promise<number[]> {
  return page.evaluate(
    async ([count, span]) => {
      const { bench } = window;
      const panes = [...document.body.children].filter((each) => each instanceof HTMLDivElement);
      const took: number[] = [];
      for (let i = 0; i < count; i++) {
        for (let wait = 0; wait < 6; wait++) await bench.frame();
        const start = performance.now();
        panes[i % 2]!.style.contentVisibility = 'visible';
        panes[(i + 1) % 2]!.style.contentVisibility = 'hidden';
        await bench.rendered();
        const end = performance.now();
        took.push(end - start);
        performance.measure(span, { start, end });
      }
      return took;
    },
    [times, SPAN] as const,
  );
}

async function measureBare(
  browser: Browser,
  url: string,
  times: number,
): Promise<Record<string, number>> {
  const view = await bare(browser, url);
  await swaps(view, 6);
  const painted = await swaps(view, times);
  await view.close();
  return result({ painted, unsettled: 0 });
}

async function profileBare(
  browser: Browser,
  url: string,
  times: number,
): Promise<Outcome['figures'][string]> {
  const view = await bare(browser, url);
  await swaps(view, 6);
  const trace = await view.traced(async () => {
    await swaps(view, times);
  });
  await view.close();
  return each(trace, SPAN);
}

const FLOOR = `Floor: two panes of ${WINDOW_ITEMS} items, empty page`;
const inTurn = (messages: number): string => `Aperture, all ten in turn: ${messages} messages`;
const streaming = (messages: number): string => `Aperture: ${messages} messages`;
const quiet = (messages: number): string => `Aperture, nothing streams: ${messages} messages`;

export const switching: Scenario = {
  name: 'switch',
  title: 'Click to painted, with short and long histories, while ten sessions stream',
  share: 200,
  async run(options) {
    const { dist, quick } = options;
    const browser = await launch();
    const histories = quick ? [100, 1_000] : [100, 1_000, 10_000];
    const times = quick ? 20 : 60;
    const writer = await buildBareWriter();
    const host = await serveStatic(writer.dist, '/bench/');
    const profile: Outcome['figures'] = {};
    const found = await interleaved(options, {
      [FLOOR]: () => measureBare(browser, host.url, times),
      ...Object.fromEntries(
        histories.flatMap((messages) => {
          let opened: Switching;
          return [
            [
              streaming(messages),
              async () => {
                opened = await Switching.open(browser, dist, messages);
                return opened.measure(times);
              },
            ],
            [inTurn(messages), () => opened.inTurn(times)],
            // In the same page, whose ten sessions have all been viewed by now.
            [
              quiet(messages),
              async () => {
                const traced = `A switch, traced: ${messages} messages`;
                const first = !(traced in profile);
                if (first) profile[traced] = await opened.profile(times / 2);
                await opened.quieten();
                const measured = await opened.measure(times);
                if (first)
                  profile[`A switch, traced, nothing streams: ${messages} messages`] =
                    await opened.profile(times / 2);
                await opened.close();
                return measured;
              },
            ],
          ];
        }),
      ),
    });
    profile['A swap, traced'] = await profileBare(browser, host.url, times / 2);
    await host.close();
    await rm(writer.dist, { recursive: true, force: true });
    await browser.close();
    return {
      figures: { ...figures(found, { 'not settled in the next frame': '' }), ...profile },
      aims: [
        ...histories.flatMap((messages) => [
          {
            what: `switch p95, ${messages} messages`,
            value: middle(found, streaming(messages), 'p95'),
            limit: 10,
            unit: 'ms',
          },
          {
            what: `switch p95, ${messages} messages, all ten in turn`,
            value: middle(found, inTurn(messages), 'p95'),
            unit: 'ms',
          },
          {
            what: `switch p95, ${messages} messages, nothing streams`,
            value: middle(found, quiet(messages), 'p95'),
            unit: 'ms',
          },
        ]),
        { what: 'switch p95, floor', value: middle(found, FLOOR, 'p95'), unit: 'ms' },
      ],
    };
  },
};
