import type { Browser, Page } from '@playwright/test';
import type { Actions, Store } from '../../../src/app/store/types.ts';
import type { ProtocolName } from '../../../src/core/endpoint/policy.ts';
import { AcpServer } from '../../support/servers/acp-server.ts';
import { BidiServer } from '../../support/servers/bidi-server.ts';
import { LegacyServer } from '../../support/servers/legacy-server.ts';
import type { ModelServer } from '../../support/servers/model-server.ts';
import { ScopedServer } from '../../support/servers/scoped-server.ts';
import { SingleServer } from '../../support/servers/single-server.ts';
import { ThreadServer } from '../../support/servers/thread-server.ts';
import { serveStatic } from '../../support/static-server.ts';
import { BenchPage, launch } from '../lib/page.ts';
import { longestTask, shares } from '../lib/profile.ts';
import { figures, interleaved, middle, type Outcome, type Scenario } from '../lib/scenario.ts';
import { quantile } from '../lib/stats.ts';
import { Typing } from '../lib/typing.ts';

type App = HTMLElement & { store: Store; actions: Actions };

const SERVERS: Partial<Record<ProtocolName, () => ModelServer>> = {
  acp: () => new AcpServer(),
  legacy: () => new LegacyServer(),
  thread: () => new ThreadServer(),
  single: () => new SingleServer(),
  scoped: () => new ScopedServer(),
  bidi: () => new BidiServer(),
};

/** A session of a page without a gateway, connected to this server and viewed. */
async function connect(page: Page, protocol: ProtocolName, url: string): Promise<string> {
  await page.locator('ap-app').waitFor();
  await page.waitForFunction(() => (document.querySelector('ap-app') as App | null)?.actions);
  const id = await page.evaluate(
    async (given) => {
      const { actions } = document.querySelector('ap-app') as App;
      const endpoint = await actions.addEndpoint({ ...given, token: '', keeping: 'tab' });
      return actions.createSession({ endpoint, title: 'Burst', cwd: '/', world: 'earth' });
    },
    { protocol, url, name: protocol },
  );
  await page.locator(`ap-session-item[data-session-id="${id}"][data-status="connected"]`).waitFor();
  return id;
}

/** In the page: all that the agent has said in its turn, once that has ended. */
const said = (given: string): string | undefined => {
  const { store } = document.querySelector('ap-app') as App;
  const record = store.sessions.peek().find((each) => each.id === given)!;
  const { items } = record.transcript();
  if (!items.some(({ kind }) => kind === 'turn-end')) return undefined;
  return items
    .map((item) => (item.kind === 'message' && item.role === 'assistant' ? item.text : ''))
    .join('');
};

/** Resolves when the turn has ended; fails unless all that was said is there, once and in order. */
async function check(page: Page, id: string, count: number): Promise<void> {
  await page.waitForFunction(
    (given) => {
      const { store } = document.querySelector('ap-app') as App;
      const record = store.sessions.peek().find((each) => each.id === given)!;
      return record.transcript().items.some(({ kind }) => kind === 'turn-end');
    },
    id,
    { polling: 100, timeout: 180_000 },
  );
  const text = (await page.evaluate(said, id)) ?? '';
  const numbers = [...text.matchAll(/#(\d+) /g)].map(([, n]) => Number(n));
  if (numbers.length !== count || numbers.some((n, i) => n !== i + 1)) {
    throw new Error(`bench: ${numbers.length} of ${count} tokens of a burst were shown`);
  }
}

/** A server of this kind says `count` tokens without a pause, in the viewed session, while somebody types. */
async function burst<T>(
  browser: Browser,
  dist: string,
  protocol: ProtocolName,
  count: number,
  take: (view: BenchPage, act: () => Promise<void>) => Promise<T>,
): Promise<T & { keys: number[] }> {
  const host = await serveStatic(dist, '/page/');
  const server = await SERVERS[protocol]!().start();
  const view = await BenchPage.open(browser);
  try {
    await view.page.goto(host.url);
    const id = await connect(view.page, protocol, server.url);
    const typing = await Typing.begin(view.page);
    const taken = await take(view, async () => {
      await view.page.evaluate(
        ([given, text]) =>
          void (document.querySelector('ap-app') as App).actions.sendPrompt(given, text),
        [id, `BURST ${count}`] as const,
      );
      await check(view.page, id, count);
    });
    return { ...taken, keys: await typing.stop() };
  } finally {
    await view.close();
    await server.stop();
    await host.close();
  }
}

async function measure(
  browser: Browser,
  dist: string,
  protocol: ProtocolName,
  count: number,
): Promise<Record<string, number>> {
  const { longest, keys, frames, wall } = await burst(browser, dist, protocol, count, (view, act) =>
    view.during(act),
  );
  return {
    'longest task': longest,
    'key to painted, p95': quantile(keys, 0.95),
    'frame gap p95': quantile(frames, 0.95),
    'all of it shown after': wall,
  };
}

/** Where the main thread's time goes in such a burst, and what its longest task is. */
async function profile(
  browser: Browser,
  dist: string,
  protocol: ProtocolName,
  count: number,
): Promise<Outcome['figures']> {
  const { trace } = await burst(browser, dist, protocol, count, async (view, act) => ({
    trace: await view.traced(act),
  }));
  return {
    [`${protocol}, traced: ${count} tokens`]: shares(trace),
    ...longestTask(trace),
  };
}

export const bursts: Scenario = {
  name: 'bursts',
  title: '100,000 tokens in one go from a server of each other kind, in the viewed session',
  share: 140,
  async run(options) {
    const { dist, quick } = options;
    const browser = await launch();
    const count = quick ? 10_000 : 100_000;
    const protocols = Object.keys(SERVERS) as ProtocolName[];
    const found = await interleaved(
      options,
      Object.fromEntries(
        protocols.map((protocol) => [protocol, () => measure(browser, dist, protocol, count)]),
      ),
    );
    const worst = (what: string): readonly [value: number, protocol: ProtocolName] =>
      protocols
        .map((protocol) => [middle(found, protocol, what), protocol] as const)
        .toSorted(([a], [b]) => b - a)[0]!;
    const [longest, slowest] = worst('longest task');
    // Of a fifth: a trace of all of it would be hundreds of megabytes.
    const traced = await profile(browser, dist, slowest, count / 5);
    await browser.close();
    return {
      figures: { ...figures(found), ...traced },
      aims: [
        { what: 'longest task in any burst', value: longest, limit: 100, unit: 'ms' },
        {
          what: 'key to painted p95 in any burst',
          value: worst('key to painted, p95')[0],
          limit: 100,
          unit: 'ms',
        },
      ],
    };
  },
};
