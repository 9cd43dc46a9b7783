import { rm } from 'node:fs/promises';
import type { Browser } from '@playwright/test';
import { serveStatic } from '../../support/static-server.ts';
import { BenchPage, launch } from '../lib/page.ts';
import { buildBareWriter } from '../lib/peers.ts';
import { each } from '../lib/profile.ts';
import { figures, interleaved, middle, type Outcome, type Scenario } from '../lib/scenario.ts';
import { inTurn, result, SPAN, Switching, type Way } from '../lib/switching.ts';

/** What the document holds of a session with short messages (docs/adr/0020). */
const WINDOW_ITEMS = 30;

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
const streaming = (messages: number): string => `Aperture: ${messages} messages`;
const quiet = (messages: number): string => `Aperture, nothing streams: ${messages} messages`;
/** Ways to go through all ten, each with a name for the tables. */
const IN_TURN: Record<Way, string> = {
  pointer: 'all ten in turn, the pointer there 0.1 s before',
  keys: 'all ten in turn, Alt down 0.1 s before',
  click: 'all ten in turn, without notice',
};
const ways = Object.entries(IN_TURN) as [Way, string][];
const throughAll = (messages: number, way: Way): string =>
  `Aperture, ${IN_TURN[way]}: ${messages} messages`;

export const switching: Scenario = {
  name: 'switch',
  title: 'Click to painted, with short and long histories, while ten sessions stream',
  share: 280,
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
            ...ways.map(([way]) => [
              throughAll(messages, way),
              async () => {
                await opened.anew();
                return opened.measure(times, inTurn(way));
              },
            ]),
            // In the same page, whose ten sessions have all been viewed by now.
            [
              quiet(messages),
              async () => {
                const first = !(`A switch, traced: ${messages} messages` in profile);
                const note = async (what: string, round?: ReturnType<typeof inTurn>) => {
                  if (first)
                    profile[`A switch, traced${what}: ${messages} messages`] = await opened.profile(
                      times / 2,
                      round,
                    );
                };
                await note('');
                for (const [way, name] of ways) {
                  if (first) await opened.anew();
                  await note(`, ${name}`, inTurn(way));
                }
                await opened.quieten();
                const measured = await opened.measure(times);
                await note(', nothing streams');
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
          ...ways.map(([way, name]) => ({
            what: `switch p95, ${messages} messages, ${name}`,
            value: middle(found, throughAll(messages, way), 'p95'),
            ...(way !== 'click' && { limit: 10 }),
            unit: 'ms',
          })),
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
