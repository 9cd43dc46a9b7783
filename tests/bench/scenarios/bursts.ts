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
import { interleaved, type Scenario } from '../lib/scenario.ts';
import { figure, median, quantile } from '../lib/stats.ts';
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
async function measure(
  browser: Browser,
  dist: string,
  protocol: ProtocolName,
  count: number,
): Promise<Record<string, number>> {
  const host = await serveStatic(dist, '/page/');
  const server = await SERVERS[protocol]!().start();
  const view = await BenchPage.open(browser);
  try {
    await view.page.goto(host.url);
    const id = await connect(view.page, protocol, server.url);
    const typing = await Typing.begin(view.page);
    const work = await view.during(async () => {
      await view.page.evaluate(
        ([given, text]) =>
          void (document.querySelector('ap-app') as App).actions.sendPrompt(given, text),
        [id, `BURST ${count}`] as const,
      );
      await check(view.page, id, count);
    });
    const keys = await typing.stop();
    return {
      longest: work.longest,
      key: quantile(keys, 0.95),
      all: work.wall,
      gap: quantile(work.frames, 0.95),
    };
  } finally {
    await view.close();
    await server.stop();
    await host.close();
  }
}

export const bursts: Scenario = {
  name: 'bursts',
  title: '100,000 tokens in one go from a server of each other kind, in the viewed session',
  share: 130,
  async run({ runs, dist, quick, until, say }) {
    const browser = await launch();
    const count = quick ? 10_000 : 100_000;
    const found = await interleaved(
      runs,
      Object.fromEntries(
        (Object.keys(SERVERS) as ProtocolName[]).map((protocol) => [
          protocol,
          () => measure(browser, dist, protocol, count),
        ]),
      ),
      say,
      until,
    );
    await browser.close();
    const worst = (what: string): number =>
      Math.max(...Object.values(found).map((of) => median(of[what]!)));
    return {
      figures: Object.fromEntries(
        Object.entries(found).map(([name, of]) => [
          name,
          {
            'longest task': figure('ms', of['longest']!),
            'key to painted, p95': figure('ms', of['key']!),
            'frame gap p95': figure('ms', of['gap']!),
            'all of it shown after': figure('ms', of['all']!),
          },
        ]),
      ),
      aims: [
        { what: 'longest task in any burst', value: worst('longest'), limit: 100, unit: 'ms' },
        { what: 'key to painted p95 in any burst', value: worst('key'), limit: 100, unit: 'ms' },
      ],
    };
  },
};
