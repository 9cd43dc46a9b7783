import { join } from 'node:path';
import type { Page } from '@playwright/test';
import type { ProtocolName } from '../../src/core/endpoint/policy.ts';
import type { NewEndpoint, NewSessionAt } from '../../src/app/store/endpoint-types.ts';
import type { Actions, SessionRecord, Store } from '../../src/app/store/types.ts';
import { ROOT } from '../support/files.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { AcpServer } from '../support/servers/acp-server.ts';
import { BidiServer } from '../support/servers/bidi-server.ts';
import { LegacyServer } from '../support/servers/legacy-server.ts';
import type { ModelServer } from '../support/servers/model-server.ts';
import { ScopedServer } from '../support/servers/scoped-server.ts';
import { SingleServer } from '../support/servers/single-server.ts';
import { ThreadServer } from '../support/servers/thread-server.ts';
import { serveStatic } from '../support/static-server.ts';
import { App } from './app.ts';
import { expect, test } from './fixtures.ts';

type AppElement = HTMLElement & { store: Store; actions: Actions };

/** What happens to a session whose server is killed in mid-turn, and when that server is back. */
interface Fate {
  readonly away: RegExp;
  readonly back: RegExp;
  /** How the running turn ends; undefined for one that goes on. */
  readonly stop: RegExp | undefined;
}

const FATES: Readonly<Record<ProtocolName, Fate>> = {
  aperture: { away: /reconnecting/, back: /connected/, stop: /interrupted/ },
  acp: { away: /reconnecting/, back: /connected/, stop: /interrupted/ },
  legacy: { away: /reconnecting/, back: /connected/, stop: /interrupted/ },
  thread: { away: /reconnecting/, back: /connected/, stop: /interrupted/ },
  single: { away: /reconnecting|disconnected/, back: /connected/, stop: /interrupted|error/ },
  scoped: { away: /reconnecting/, back: /connected/, stop: /interrupted/ },
  // The connection was the session: it is over, and its words stay.
  bidi: { away: /ended/, back: /ended/, stop: /interrupted/ },
};

interface Seen {
  id: string;
  status: string;
  turn: string;
  lastN: number;
  stops: string[];
  text: string;
}

async function seen(page: Page): Promise<Map<string, Seen>> {
  const list = await page.evaluate(() => {
    const { store } = document.querySelector('ap-app') as AppElement;
    return store.sessions.value.map((record: SessionRecord) => {
      const { items, lastN, turn } = record.transcript();
      return {
        id: record.id,
        status: record.connection.peek().status,
        turn,
        lastN,
        stops: items.flatMap((item) => (item.kind === 'turn-end' ? [item.stopReason] : [])),
        text: items.map((item) => (item.kind === 'message' ? item.text : '')).join('\n'),
      };
    });
  });
  return new Map(list.map((each) => [each.id, each]));
}

const tagsIn = (text: string): string[] => [...new Set(text.match(/tag-\d+/g))];

const addEndpoint = (page: Page, endpoint: NewEndpoint): Promise<string> =>
  page.evaluate(
    (given) => (document.querySelector('ap-app') as AppElement).actions.addEndpoint(given),
    endpoint,
  );
const createSession = (page: Page, session: NewSessionAt): Promise<string> =>
  page.evaluate(
    (given) => (document.querySelector('ap-app') as AppElement).actions.createSession(given),
    session,
  );
const send = (page: Page, id: string, text: string): Promise<boolean> =>
  page.evaluate(
    (given) =>
      (document.querySelector('ap-app') as AppElement).actions.sendPrompt(given.id, given.text),
    { id, text },
  );
const retry = (page: Page, id: string): Promise<void> =>
  page.evaluate(
    (given) => (document.querySelector('ap-app') as AppElement).actions.retryNow(given),
    id,
  );

test('[R16, R43, R50, R53, R64] ten sessions over seven protocols in one static page: a killed server takes its own, and nobody else', async ({
  page,
}) => {
  test.setTimeout(240_000);
  const host = await serveStatic(join(ROOT, 'dist'), '/page/');
  const gateway = await GatewayProcess.start({ args: ['--allow-origin', host.origin] });
  const servers: Record<Exclude<ProtocolName, 'aperture'>, ModelServer> = {
    acp: await new AcpServer({ load: true }).start(),
    legacy: await new LegacyServer().start(),
    thread: await new ThreadServer().start(),
    single: await new SingleServer().start(),
    scoped: await new ScopedServer().start(),
    bidi: await new BidiServer().start(),
  };
  try {
    const app = new App(page, gateway);
    await page.goto(host.url);
    await expect(page.getByRole('button', { name: /connect/i }).first()).toBeVisible();

    const where = new Map<string, ProtocolName>();
    const cwd = await gateway.directory('project');
    const at = async (protocol: ProtocolName, url: string, token: string): Promise<string> =>
      addEndpoint(page, { protocol, url, token, name: protocol, keeping: 'tab' });
    const home = await at('aperture', gateway.origin, gateway.token);
    for (const name of ['One', 'Two'])
      where.set(
        await createSession(page, { endpoint: home, agent: 'scripted', cwd, title: name }),
        'aperture',
      );
    for (const [protocol, server] of Object.entries(servers) as [ProtocolName, ModelServer][]) {
      const endpoint = await at(protocol, server.url, '');
      const count = protocol === 'thread' || protocol === 'scoped' ? 2 : 1;
      for (let index = 0; index < count; index++) {
        const title = `${protocol} ${index + 1}`;
        const id = await createSession(page, { endpoint, title, cwd: '/', world: 'earth' });
        where.set(id, protocol);
      }
    }
    const ids = [...where.keys()];
    expect(ids).toHaveLength(10);
    for (const id of ids) await app.connected(id);

    const tag = (id: string, round: number): string => `tag-${ids.indexOf(id)}-${round}-tag`;
    let round = 0;
    const streaming = async (live: readonly string[]): Promise<void> => {
      round++;
      const idle = await seen(page);
      for (const id of live) {
        if (idle.get(id)!.turn !== 'idle') continue;
        const words = tag(id, round);
        await send(
          page,
          id,
          where.get(id) === 'aperture' ? `STREAM 20000 20 ${words}` : `SLOW ${words}`,
        );
      }
      for (const id of live) await expect(app.row(id)).toHaveAttribute('data-streaming');
    };
    const growing = async (live: readonly string[]): Promise<void> => {
      const before = await seen(page);
      await expect
        .poll(async () => {
          const now = await seen(page);
          return live.filter((id) => now.get(id)!.lastN <= before.get(id)!.lastN);
        })
        .toEqual([]);
    };

    const kill: Record<
      ProtocolName,
      { stop: () => Promise<unknown>; start: () => Promise<unknown> }
    > = {
      aperture: { stop: () => gateway.stop('SIGKILL'), start: () => gateway.launch() },
      ...(Object.fromEntries(
        Object.entries(servers).map(([name, server]) => {
          const port = Number(new URL(server.url).port);
          return [name, { stop: () => server.stop(), start: () => server.start({ port }) }];
        }),
      ) as Record<
        Exclude<ProtocolName, 'aperture'>,
        { stop: () => Promise<void>; start: () => Promise<ModelServer> }
      >),
    };

    let live = ids;
    for (const [protocol, fate] of Object.entries(FATES) as [ProtocolName, Fate][]) {
      await streaming(live);
      const own = live.filter((id) => where.get(id) === protocol);
      const others = live.filter((id) => where.get(id) !== protocol);
      const before = await seen(page);

      await kill[protocol].stop();
      for (const id of own) await expect(app.row(id)).toHaveAttribute('data-status', fate.away);
      // Whoever has nothing to do with it noticed nothing.
      await growing(others);
      const during = await seen(page);
      for (const id of others) {
        expect(during.get(id), `${where.get(id)} while ${protocol} is away`).toMatchObject({
          status: 'connected',
          turn: 'running',
          stops: before.get(id)!.stops,
        });
      }

      if (protocol === 'thread') {
        // 1, 2 and 4 s, then it waits for its reader (R9).
        for (const id of own)
          await expect(app.row(id)).toHaveAttribute('data-status', 'error', { timeout: 30_000 });
      }
      await kill[protocol].start();
      for (const id of own) {
        if (!/ended/.test(fate.back.source)) await retry(page, id);
        await expect(app.row(id)).toHaveAttribute('data-status', fate.back);
      }
      // The turn that was under way was settled once, and says so.
      await expect
        .poll(async () => {
          const now = await seen(page);
          return own.map((id) => now.get(id)!.stops.length - before.get(id)!.stops.length);
        })
        .toEqual(own.map(() => (fate.stop ? 1 : 0)));
      const after = await seen(page);
      for (const id of own) if (fate.stop) expect(after.get(id)!.stops.at(-1)).toMatch(fate.stop);
      live = live.filter((id) => after.get(id)!.status !== 'ended');
    }

    // Whatever is left works, and nobody has heard a word of anybody else's.
    await streaming(live);
    await growing(live);
    for (const [index, id] of ids.entries())
      expect(tagsIn((await seen(page)).get(id)!.text)).toEqual([`tag-${index}`]);
    expect(live).toHaveLength(9);
    // The browser itself complains of servers that end in the middle of its questions.
    expect(app.errors.filter((text) => !text.includes('CORS policy'))).toEqual([]);
  } finally {
    await gateway.dispose();
    for (const server of Object.values(servers)) await server.stop();
    await host.close();
  }
});
