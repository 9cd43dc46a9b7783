import { rm } from 'node:fs/promises';
import type { Browser } from '@playwright/test';
import { serveStatic } from '../../support/static-server.ts';
import { BenchPage, launch, painted, type Work } from '../lib/page.ts';
import { buildBareWriter, buildPeer, installPeers, type PeerName } from '../lib/peers.ts';
import { Product } from '../lib/product.ts';
import { pump } from '../lib/pump.ts';
import { interleaved, type Aim, type Scenario } from '../lib/scenario.ts';
import { figure, median, type Figure } from '../lib/stats.ts';
import { mixedText, tableText, tokens } from '../lib/texts.ts';

/** Tokens that arrive in one frame of a fast stream: 1 KB, 60 times a second. */
const PER_FRAME = 43;
const FRAMES_A_SECOND = 60;
const WARM_UP = 16;

declare global {
  interface Window {
    peer: { reset(): void; write(text: string): void; end(): void };
  }
}

type Text = (length: number) => string;

/** Main-thread time of one answer in the product's page, ms. */
async function inProduct(
  browser: Browser,
  dist: string,
  text: Text,
  kb: number,
): Promise<Record<string, number>> {
  const product = await Product.open(browser, dist, { sessions: 1, messages: 20 });
  const session = product.sessions[0]!;
  await product.show(session);
  const live = product.view.page.locator('[data-live]');
  const answer = async (pieces: string[]): Promise<void> => {
    session.begin('Go on.');
    session.say(pieces[0]!);
    // Viewed, or nothing of it would be drawn.
    await live.waitFor();
    await pump(PER_FRAME * FRAMES_A_SECOND, pieces.length - 1, (i) => session.say(pieces[i + 1]!));
    session.finish();
    await live.waitFor({ state: 'detached', timeout: 120_000 });
    await painted(product.view.page);
  };
  await answer(tokens(text(WARM_UP * 1024)));
  const pieces = tokens(text(kb * 1024));
  const work = await product.view.during(() => answer(pieces));
  await product.close();
  return spent(work, kb);
}

/** The same text in a peer's page, given in the same pieces at each frame. */
async function inPeer(
  browser: Browser,
  url: string,
  text: Text,
  kb: number,
): Promise<Record<string, number>> {
  const view = await BenchPage.open(browser);
  await view.page.goto(url);
  const answer = (whole: string): Promise<void> =>
    view.page.evaluate(async (all) => {
      const { frame } = window.bench;
      window.peer.reset();
      for (let at = 0; at < all.length; at += 1032) {
        await frame();
        window.peer.write(all.slice(at, at + 1032));
      }
      window.peer.end();
      await frame();
      await frame();
    }, whole);
  await answer(text(WARM_UP * 1024));
  const work = await view.during(() => answer(text(kb * 1024)));
  await view.close();
  return spent(work, kb);
}

const spent = ({ task, script, layout, style }: Work, kb: number): Record<string, number> => ({
  task,
  script,
  'layout and style': layout + style,
  'task per KB': task / kb,
});

const ratio = (what: string, value: number, limit: number): Aim => ({
  what,
  value,
  limit,
  unit: '×',
});

export const streaming: Scenario = {
  name: 'streaming',
  title: 'Main-thread time of an answer that streams at 1 KB a frame',
  share: 400,
  async run({ runs, dist, quick, until, say }) {
    await installPeers(say);
    const browser = await launch();
    const bare = await buildBareWriter();
    const bareHost = await serveStatic(bare.dist, '/bench/');
    const peers: PeerName[] = ['streamdown', 'marked', 'streaming-markdown'];
    const hosts = await Promise.all(
      peers.map(async (name) => {
        const built = await buildPeer(name);
        return { name, dist: built.dist, host: await serveStatic(built.dist, '/bench/') };
      }),
    );
    const lengths = quick ? [16, 64] : [16, 64, 256, 1024];
    // Beyond this the slow ones would take many minutes.
    const most = quick ? 64 : 256;
    const tables = quick ? 16 : 32;
    const measurements: Record<string, () => Promise<Record<string, number>>> = {};
    const plan = (what: string, text: Text, kb: number, slowToo: boolean): void => {
      const name = (who: string): string => `${who}: ${what}, ${kb} KB`;
      measurements[name('Aperture')] = () => inProduct(browser, dist, text, kb);
      measurements[name('bare writer')] = () => inPeer(browser, bareHost.url, text, kb);
      if (!slowToo) return;
      for (const { name: who, host } of hosts)
        measurements[name(who)] = () => inPeer(browser, host.url, text, kb);
    };
    // Seconds to minutes each, and far from what they are beside.
    const once = new Set([
      `marked: mixed, ${most} KB`,
      ...['marked', 'streamdown'].map((who) => `${who}: table, ${tables} KB`),
    ]);
    for (const kb of lengths) plan('mixed', mixedText, kb, kb <= most);
    plan('table', tableText, tables, true);
    const found = await interleaved(runs, measurements, say, until, once);
    await browser.close();
    await bareHost.close();
    for (const { host, dist: folder } of hosts) {
      await host.close();
      await rm(folder, { recursive: true, force: true });
    }
    await rm(bare.dist, { recursive: true, force: true });

    const figures: Record<string, Record<string, Figure>> = {};
    for (const [name, of] of Object.entries(found)) {
      figures[name] = Object.fromEntries(
        Object.entries(of).map(([what, values]) => [
          what,
          figure(what === 'task per KB' ? 'ms/KB' : 'ms', values),
        ]),
      );
    }
    const task = (name: string): number => median(found[name]!['task']!);
    const perKb = (kb: number): number => task(`Aperture: mixed, ${kb} KB`) / kb;
    const longest = lengths.at(-1)!;
    return {
      figures,
      aims: [
        ratio(`cost per KB at ${longest} KB beside that at 16`, perKb(longest) / perKb(16), 1.3),
        ratio(
          `mixed text beside streamdown, ${most} KB`,
          task(`Aperture: mixed, ${most} KB`) / task(`streamdown: mixed, ${most} KB`),
          0.5,
        ),
        ratio(
          `one long table beside streamdown, ${tables} KB`,
          task(`Aperture: table, ${tables} KB`) / task(`streamdown: table, ${tables} KB`),
          0.1,
        ),
        ratio(
          `mixed text beside the bare writer, ${longest} KB`,
          task(`Aperture: mixed, ${longest} KB`) / task(`bare writer: mixed, ${longest} KB`),
          1.3,
        ),
      ],
    };
  },
};
