import { rm } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import type { Browser } from '@playwright/test';
import { serveStatic } from '../../support/static-server.ts';
import { BenchPage, launch, painted } from '../lib/page.ts';
import { buildPeer, installPeers, type PeerName } from '../lib/peers.ts';
import { interleaved, type Scenario } from '../lib/scenario.ts';
import { figure } from '../lib/stats.ts';
import { BenchSession, WireServer } from '../lib/wire-server.ts';

const PEERS: readonly PeerName[] = ['deep-chat', 'assistant-ui', 'streamdown'];

/** Scripts that a page fetches until nothing more comes, gzipped; and when it first painted something. */
async function load(
  browser: Browser,
  url: string,
  ready: (view: BenchPage) => Promise<void>,
): Promise<Record<string, number>> {
  const view = await BenchPage.open(browser);
  const waiting: Promise<Buffer>[] = [];
  view.page.on('response', (response) => {
    if (!new URL(response.url()).pathname.endsWith('.js')) return;
    waiting.push(response.body());
  });
  await view.page.goto(url);
  await ready(view);
  await view.page.waitForLoadState('networkidle');
  const bytes = (await Promise.all(waiting))
    .map((body) => gzipSync(body, { level: 9 }).length)
    .reduce((all, one) => all + one, 0);
  const paint = await view.page.evaluate(
    () =>
      performance.getEntriesByType('paint').find(({ name }) => name === 'first-contentful-paint')
        ?.startTime ?? Number.NaN,
  );
  const { task } = await view.work();
  await view.close();
  return { 'scripts, gz': bytes / 1024, 'first paint': paint, 'main thread': task };
}

export const firstLoad: Scenario = {
  name: 'first-load',
  title: 'What a page with one session connected has fetched, and when something is there',
  share: 60,
  async run({ runs, dist, until, say }) {
    const browser = await launch();
    await installPeers(say);
    const session = new BenchSession('bench-1', 'Session 1');
    session.history(20);
    const server = await WireServer.start(dist, [session]);
    const hosts: { close(): Promise<void> }[] = [server];
    const built: string[] = [];
    const measurements: Record<string, () => Promise<Record<string, number>>> = {
      Aperture: () =>
        load(browser, server.url, async ({ page }) => {
          await page.locator('ap-session-item button.open').click();
          await page.locator('.pane.shown [data-message-id]').first().waitFor();
        }),
    };
    for (const name of PEERS) {
      const peer = await buildPeer(name);
      const host = await serveStatic(peer.dist, '/bench/');
      built.push(peer.dist);
      hosts.push(host);
      measurements[name] = () => load(browser, host.url, ({ page }) => painted(page));
    }
    const found = await interleaved(runs, measurements, say, until);
    await browser.close();
    for (const host of hosts) await host.close();
    for (const folder of built) await rm(folder, { recursive: true, force: true });
    const figures = Object.fromEntries(
      Object.entries(found).map(([name, of]) => [
        name,
        {
          'scripts, gz': figure('KB', of['scripts, gz']!),
          'first paint': figure('ms', of['first paint']!),
          'main thread': figure('ms', of['main thread']!),
        },
      ]),
    );
    return {
      figures,
      aims: [
        {
          what: 'first load',
          value: figures['Aperture']!['scripts, gz']!.median,
          limit: 60,
          unit: 'KB',
        },
      ],
    };
  },
};
