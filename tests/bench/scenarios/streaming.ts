import { rm } from 'node:fs/promises';
import type { Browser } from '@playwright/test';
import { serveStatic } from '../../support/static-server.ts';
import { BenchPage, launch, painted } from '../lib/page.ts';
import { buildBareWriter, buildPeer, installPeers, type PeerName } from '../lib/peers.ts';
import { Product } from '../lib/product.ts';
import { spent } from '../lib/profile.ts';
import { pump } from '../lib/pump.ts';
import {
  figures,
  interleaved,
  middle,
  type Aim,
  type Outcome,
  type Scenario,
} from '../lib/scenario.ts';
import { short } from '../lib/stats.ts';
import { mixedText, TOKEN, tableText, tokens } from '../lib/texts.ts';

const FRAMES_A_SECOND = 60;
const WARM_UP_KB = 16;

/** How much of an answer comes in each frame, bytes: to the peers in one piece, to the product in tokens meanwhile. */
interface Feed {
  readonly name: string;
  readonly bytes: number;
}

/** 2,580 tokens a second: several times what any model gives. Each frame does eight times the work of one at {@link NEAR}. */
const FAST: Feed = { name: '1 KB a frame', bytes: 43 * TOKEN };
/**
 * 320 tokens a second: still faster than most models. The aim for long tables is judged at this feed, as what it is
 * about is a table that is parsed and laid out again at every token: at {@link FAST} the others do so for every 43rd
 * only, and nobody reads that. The ratio at {@link FAST} is printed beside it.
 */
const NEAR: Feed = { name: '128 bytes a frame', bytes: 128 };

interface Answer {
  readonly text: (length: number) => string;
  readonly kb: number;
  readonly feed: Feed;
}

/** What is taken of a page while `act` runs. */
type Take<T> = (view: BenchPage, act: () => Promise<void>) => Promise<T>;

/** One answer in the product's page. */
async function inProduct<T>(
  browser: Browser,
  dist: string,
  { text, kb, feed }: Answer,
  take: Take<T>,
): Promise<T> {
  const product = await Product.open(browser, dist, { sessions: 1, messages: 20 });
  const session = product.sessions[0]!;
  await product.show(session);
  const live = product.view.page.locator('[data-live]');
  const perSecond = (feed.bytes / TOKEN) * FRAMES_A_SECOND;
  const answer = async (pieces: string[]): Promise<void> => {
    session.begin('Go on.');
    session.say(pieces[0]!);
    // Viewed, or nothing of it would be drawn.
    await live.waitFor();
    await pump(perSecond, pieces.length - 1, (i) => session.say(pieces[i + 1]!));
    session.finish();
    await live.waitFor({ state: 'detached', timeout: 120_000 });
    await painted(product.view.page);
  };
  await answer(tokens(text(WARM_UP_KB * 1024)));
  const pieces = tokens(text(kb * 1024));
  const taken = await take(product.view, () => answer(pieces));
  await product.close();
  return taken;
}

/** The same text in a peer's page, as much of it in each frame. */
async function inPeer<T>(
  browser: Browser,
  url: string,
  { text, kb, feed }: Answer,
  take: Take<T>,
): Promise<T> {
  const view = await BenchPage.open(browser);
  await view.page.goto(url);
  const answer = (whole: string, perFrame: number): Promise<void> =>
    view.page.evaluate(
      async ([all, bytes]) => {
        const { frame } = window.bench;
        window.peer.reset();
        for (let at = 0; at < all.length; at += bytes) {
          await frame();
          window.peer.write(all.slice(at, at + bytes));
        }
        window.peer.end();
        await frame();
        await frame();
      },
      [whole, perFrame] as const,
    );
  await answer(text(WARM_UP_KB * 1024), FAST.bytes);
  const taken = await take(view, () => answer(text(kb * 1024), feed.bytes));
  await view.close();
  return taken;
}

/** Main-thread time, ms. */
const counters =
  (kb: number): Take<Record<string, number>> =>
  async (view, act) => {
    const { task, script, layout, style } = await view.during(act);
    return { task, script, 'layout and style': layout + style, 'task per KB': task / kb };
  };

const trace: Take<Outcome['figures'][string]> = async (view, act) => spent(await view.traced(act));

const ratio = (what: string, value: number, limit?: number): Aim => ({
  what,
  value,
  ...(limit !== undefined && { limit }),
  unit: '×',
});

const mixedName = (who: string, kb: number): string => `${who}: mixed, ${kb} KB`;

export const streaming: Scenario = {
  name: 'streaming',
  title: `Main-thread time of an answer that streams at ${FAST.name}; of a long table also at ${NEAR.name}, where its aim is judged`,
  share: 420,
  async run(options) {
    const { dist, quick, say } = options;
    await installPeers(say);
    const browser = await launch();
    const bare = await buildBareWriter();
    const bareHost = await serveStatic(bare.dist, '/bench/');
    const peers: PeerName[] = ['streamdown', 'streaming-markdown', 'marked'];
    const hosts = await Promise.all(
      peers.map(async (name) => {
        const built = await buildPeer(name);
        return { name, dist: built.dist, host: await serveStatic(built.dist, '/bench/') };
      }),
    );
    const lengths = quick ? [16, 64] : [16, 64, 256, 1024];
    const beside = quick ? 64 : 256;
    // Beyond these, KB, they would take many minutes: their cost grows with the square of the length.
    const most: Partial<Record<PeerName, number>> = { streamdown: 256, marked: 64 };
    const tableKb = quick ? 16 : 32;
    const table = (feed: Feed): Answer => ({ text: tableText, kb: tableKb, feed });
    const tableName = (who: string, { name }: Feed): string =>
      `${who}: table, ${tableKb} KB, ${name}`;

    const measurements: Record<string, () => Promise<Record<string, number>>> = {};
    const plan = (name: (who: string) => string, answer: Answer): void => {
      const take = counters(answer.kb);
      measurements[name('Aperture')] = () => inProduct(browser, dist, answer, take);
      measurements[name('bare writer')] = () => inPeer(browser, bareHost.url, answer, take);
      for (const { name: who, host } of hosts)
        if (answer.kb <= (most[who] ?? Number.POSITIVE_INFINITY))
          measurements[name(who)] = () => inPeer(browser, host.url, answer, take);
    };
    for (const kb of lengths)
      plan((who) => mixedName(who, kb), { text: mixedText, kb, feed: FAST });
    for (const feed of [FAST, NEAR]) plan((who) => tableName(who, feed), table(feed));
    // Many seconds each, and far from what they are beside.
    const once = new Set([
      mixedName('marked', 64),
      mixedName('streaming-markdown', 1024),
      mixedName('bare writer', 1024),
      ...[FAST, NEAR].map((feed) => tableName('marked', feed)),
      tableName('streamdown', NEAR),
    ]);
    const found = await interleaved(options, measurements, once);

    const profile: Outcome['figures'] = {};
    for (const feed of [FAST, NEAR]) {
      profile[`${tableName('Aperture', feed)}, traced`] = await inProduct(
        browser,
        dist,
        table(feed),
        trace,
      );
      profile[`${tableName('bare writer', feed)}, traced`] = await inPeer(
        browser,
        bareHost.url,
        table(feed),
        trace,
      );
    }
    await browser.close();
    await bareHost.close();
    for (const { host, dist: folder } of hosts) {
      await host.close();
      await rm(folder, { recursive: true, force: true });
    }
    await rm(bare.dist, { recursive: true, force: true });

    const task = (name: string): number => middle(found, name, 'task');
    const perKb = (kb: number): number => task(mixedName('Aperture', kb)) / kb;
    const besides = (name: (who: string) => string, peer: string, who = 'Aperture'): number =>
      task(name(who)) / task(name(peer));
    const longest = lengths.at(-1)!;
    const tables = (feed: Feed): string =>
      `one long table beside streamdown, ${tableKb} KB, ${feed.name} (${short((feed.bytes / TOKEN) * FRAMES_A_SECOND)} tokens/s)`;
    return {
      figures: { ...figures(found, { 'task per KB': 'ms/KB' }), ...profile },
      aims: [
        ratio(`cost per KB at ${longest} KB beside that at 16`, perKb(longest) / perKb(16), 1.3),
        ratio(
          `mixed text beside streamdown, ${beside} KB`,
          besides((who) => mixedName(who, beside), 'streamdown'),
          0.5,
        ),
        ratio(
          tables(NEAR),
          besides((who) => tableName(who, NEAR), 'streamdown'),
          0.1,
        ),
        ratio(
          tables(FAST),
          besides((who) => tableName(who, FAST), 'streamdown'),
        ),
        ratio(
          `${tables(FAST)}: the bare writer`,
          besides((who) => tableName(who, FAST), 'streamdown', 'bare writer'),
        ),
        ratio(
          `mixed text beside the bare writer, ${longest} KB`,
          besides((who) => mixedName(who, longest), 'bare writer'),
          1.3,
        ),
      ],
    };
  },
};
