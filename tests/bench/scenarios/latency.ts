import type { Browser } from '@playwright/test';
import { launch } from '../lib/page.ts';
import { Product } from '../lib/product.ts';
import { interleaved, type Scenario } from '../lib/scenario.ts';
import { figure, median, quantile } from '../lib/stats.ts';

const FRAME_MS = 1000 / 60;

/** From the send at the server's socket to the end of the frame that shows it, ms, of `count` single tokens. */
async function measure(
  browser: Browser,
  dist: string,
  count: number,
): Promise<Record<string, number>> {
  const product = await Product.open(browser, dist, { sessions: 10, messages: 100 });
  const [viewed, ...others] = product.sessions;
  await product.show(viewed!);
  viewed!.begin('Go on.');
  viewed!.say('Begin. ');
  const { page } = product.view;
  await page.locator('[data-live]').waitFor();
  // Nine others stream meanwhile.
  for (const session of others) session.begin('Go on.');
  const streams = setInterval(() => {
    for (const session of others) session.say('and more of the answer ');
  }, 50);
  await page.evaluate(() => {
    const live = window.bench.find('[data-live] .markdown')[0]!;
    const seen: Record<string, number> = {};
    Object.assign(window, { benchSeen: seen });
    new MutationObserver(() => {
      const marks = [...(live.textContent ?? '').slice(-200).matchAll(/‹(\d+)›/g)].map(
        ([, mark]) => mark!,
      );
      void window.bench.rendered().then(() => {
        const now = performance.timeOrigin + performance.now();
        for (const mark of marks) seen[mark] ??= now;
        return undefined;
      });
    }).observe(live, { subtree: true, childList: true, characterData: true });
  });
  const sent: number[] = [];
  for (let i = 0; i < count; i++) {
    // Not in step with the frames.
    await new Promise((resolve) => setTimeout(resolve, 61 + ((i * 7) % 17)));
    sent.push(performance.timeOrigin + performance.now());
    viewed!.say(`‹${i}› `);
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  clearInterval(streams);
  const seen = await page.evaluate(
    () => (window as unknown as { benchSeen: Record<string, number> }).benchSeen,
  );
  await product.close();
  const took = sent.flatMap((at, i) => (seen[i] === undefined ? [] : [seen[i] - at]));
  if (took.length < count) throw new Error(`bench: ${count - took.length} tokens were not seen`);
  return { median: median(took), p95: quantile(took, 0.95) };
}

export const latency: Scenario = {
  name: 'latency',
  title: 'From the gateway’s socket to painted, while nine others stream',
  share: 60,
  async run({ runs, dist, quick, until, say }) {
    const browser = await launch();
    const found = await interleaved(
      runs,
      { Aperture: () => measure(browser, dist, quick ? 30 : 200) },
      say,
      until,
    );
    await browser.close();
    const of = found['Aperture']!;
    return {
      figures: { Aperture: { median: figure('ms', of['median']!), p95: figure('ms', of['p95']!) } },
      aims: [
        {
          what: 'socket to painted, p95',
          value: median(of['p95']!) / FRAME_MS,
          limit: 1.5,
          unit: 'frames',
        },
      ],
    };
  },
};
