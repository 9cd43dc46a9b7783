import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Browser } from '@playwright/test';
import { serveStatic } from '../../support/static-server.ts';
import { BenchPage, launch, painted } from '../lib/page.ts';
import { buildPeer, installPeers, type PeerName } from '../lib/peers.ts';
import { figures, interleaved, middle, type Outcome, type Scenario } from '../lib/scenario.ts';
import { figure } from '../lib/stats.ts';
import { BenchSession, WireServer } from '../lib/wire-server.ts';

/** Whoever has no session yet, as at the first visit. */
const FIRST_VISIT = 'Aperture, no session yet';
const APERTURE = 'Aperture, a session open';
const PEERS: readonly PeerName[] = ['deep-chat', 'assistant-ui', 'streamdown'];

const ALL = 'scripts, gz';
/** Of those, what had come by the first paint. */
const FIRST = 'before the first frame';

/** Folders with less are told together, KB. */
const SMALL = 0.5;

/** What the page's scripts are made of, by folder: the KB by which they grow because it is in them. */
async function parts(): Promise<Outcome['figures']> {
  const script = fileURLToPath(new URL('../first-load.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--json']);
  const { folders } = JSON.parse(stdout) as { folders: { folder: string; gzip: number }[] };
  const rows: Outcome['figures'] = {};
  let rest = 0;
  for (const { folder, gzip } of folders) {
    const kb = gzip / 1024;
    if (kb < SMALL) rest += kb;
    else rows[`Aperture’s part: ${folder}`] = { 'gzipped alone': figure('KB', [kb]) };
  }
  rows['Aperture’s part: all others'] = { 'gzipped alone': figure('KB', [rest]) };
  return rows;
}

/** Scripts that a page fetches until nothing more comes, gzipped; and when it first painted something. */
async function load(
  browser: Browser,
  url: string,
  ready: (view: BenchPage) => Promise<void>,
): Promise<Record<string, number>> {
  const view = await BenchPage.open(browser);
  const waiting: Promise<readonly [url: string, gzipped: number]>[] = [];
  view.page.on('response', (response) => {
    if (!new URL(response.url()).pathname.endsWith('.js')) return;
    waiting.push(
      response.body().then((body) => [response.url(), gzipSync(body, { level: 9 }).length]),
    );
  });
  await view.page.goto(url);
  await ready(view);
  await view.page.waitForLoadState('networkidle');
  const scripts = await Promise.all(waiting);
  const { paint, before } = await view.page.evaluate(() => {
    const first = performance
      .getEntriesByType('paint')
      .find(({ name }) => name === 'first-contentful-paint')?.startTime;
    const loaded = performance
      .getEntriesByType('resource')
      .filter((entry) => (entry as PerformanceResourceTiming).responseEnd <= (first ?? 0));
    return { paint: first ?? Number.NaN, before: loaded.map(({ name }) => name) };
  });
  const kb = (of: typeof scripts): number => of.reduce((all, [, bytes]) => all + bytes, 0) / 1024;
  const { task } = await view.work();
  await view.close();
  return {
    [ALL]: kb(scripts),
    [FIRST]: kb(scripts.filter(([name]) => before.includes(name))),
    'first paint': paint,
    'main thread': task,
  };
}

export const firstLoad: Scenario = {
  name: 'first-load',
  title:
    'What a page has fetched, without a session and with one open, and when something is there',
  share: 60,
  async run(options) {
    const { dist, say } = options;
    const browser = await launch();
    await installPeers(say);
    const session = new BenchSession('bench-1', 'Session 1');
    session.history(20);
    const server = await WireServer.start(dist, [session]);
    const none = await WireServer.start(dist, []);
    const hosts: { close(): Promise<void> }[] = [server, none];
    const built: string[] = [];
    const measurements: Record<string, () => Promise<Record<string, number>>> = {
      [FIRST_VISIT]: () =>
        load(browser, none.url, ({ page }) => page.locator('ap-welcome').first().waitFor()),
      [APERTURE]: () =>
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
    const found = await interleaved(options, measurements);
    await browser.close();
    const composition = await parts();
    for (const host of hosts) await host.close();
    for (const folder of built) await rm(folder, { recursive: true, force: true });
    return {
      figures: { ...figures(found, { [ALL]: 'KB', [FIRST]: 'KB' }), ...composition },
      aims: [
        {
          what: 'first load, no session yet',
          value: middle(found, FIRST_VISIT, ALL),
          limit: 60,
          unit: 'KB',
        },
        {
          what: 'first load and what a session needs',
          value: middle(found, APERTURE, ALL),
          limit: 60,
          unit: 'KB',
        },
        {
          what: 'first load, before the first frame',
          value: Math.max(middle(found, FIRST_VISIT, FIRST), middle(found, APERTURE, FIRST)),
          limit: 35,
          unit: 'KB',
        },
      ],
    };
  },
};
