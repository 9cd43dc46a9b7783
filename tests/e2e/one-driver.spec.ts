import type { BrowserContext, Page } from '@playwright/test';
import { join } from 'node:path';
import type { WebSocket } from 'ws';
import type { ApApp } from '../../src/app/ui/app.ts';
import { ROOT } from '../support/files.ts';
import { BidiServer } from '../support/servers/bidi-server.ts';
import { ThreadServer } from '../support/servers/thread-server.ts';
import { serveStatic } from '../support/static-server.ts';
import { expect, test as base } from './fixtures.ts';

/** Counts how many drivers it had at one time. */
class CountingThreads extends ThreadServer {
  most = 0;

  protected override connected(socket: WebSocket, address: URL): void {
    this.most = Math.max(this.most, this.connections);
    super.connected(socket, address);
  }
}

interface Fixtures {
  host: Awaited<ReturnType<typeof serveStatic>>;
  threads: CountingThreads;
  live: BidiServer;
}

const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- the runner reads the names from the pattern
  host: async ({}, use) => {
    const host = await serveStatic(join(ROOT, 'dist'), '/page/');
    await use(host);
    await host.close();
  },
  // oxlint-disable-next-line no-empty-pattern -- the runner reads the names from the pattern
  threads: async ({}, use) => {
    const server = await new CountingThreads().start();
    await use(server);
    await server.stop();
  },
  // oxlint-disable-next-line no-empty-pattern -- the runner reads the names from the pattern
  live: async ({}, use) => {
    const server = await new BidiServer().start();
    await use(server);
    await server.stop();
  },
});

/** One tab, asked by what its elements are given. */
class Tab {
  private constructor(readonly page: Page) {}

  static async open(context: BrowserContext, url: string): Promise<Tab> {
    const tab = new Tab(await context.newPage());
    await tab.page.goto(url);
    await tab.page.waitForFunction(() => {
      const app = document.querySelector('ap-app') as ApApp | null;
      return app?.actions !== undefined && app.store?.started.value;
    });
    return tab;
  }

  newSession(url: string, protocol: 'bidi' | 'thread'): Promise<string> {
    return this.page.evaluate(
      async ([address, name]) => {
        const { actions } = document.querySelector('ap-app') as ApApp;
        const endpoint = await actions.addEndpoint({
          url: address,
          protocol: name,
          token: '',
          keeping: 'tab',
        });
        return actions.createSession({ endpoint, title: 'One driver' });
      },
      [url, protocol] as const,
    );
  }

  /** `connected`, or the code of the error, or another status. */
  state(id: string): Promise<string> {
    return this.page.evaluate((session) => {
      const { store } = document.querySelector('ap-app') as ApApp;
      const connection = store.record(session)?.connection.value;
      return connection?.status === 'error' ? connection.error.code : String(connection?.status);
    }, id);
  }

  async is(id: string, state: string): Promise<void> {
    await expect.poll(() => this.state(id)).toBe(state);
  }

  do(id: string, action: 'takeOver' | 'connect'): Promise<void> {
    return this.page.evaluate(
      ([session, name]) => {
        const { actions } = document.querySelector('ap-app') as ApApp;
        actions[name](session);
      },
      [id, action] as const,
    );
  }

  send(id: string, text: string): Promise<void> {
    return this.page.evaluate(
      ([session, words]) => {
        const { actions } = document.querySelector('ap-app') as ApApp;
        actions.sendPrompt(session, words);
      },
      [id, text] as const,
    );
  }

  async says(text: string): Promise<void> {
    await expect(this.page.getByRole('log').getByText(text).first()).toBeVisible();
  }
}

test('[R64] two tabs, one driver: never two, unless one takes over; the older one is closed for good', async ({
  host,
  threads: server,
  context,
}) => {
  const first = await Tab.open(context, host.url);
  const id = await first.newSession(server.url, 'thread');
  await first.is(id, 'connected');
  await first.send(id, 'hello');
  await first.says('You said: hello.');

  const second = await Tab.open(context, host.url);
  await second.is(id, 'held_elsewhere');
  await second.do(id, 'connect');
  await second.is(id, 'held_elsewhere');
  expect([server.connections, server.most]).toEqual([1, 1]);

  await second.do(id, 'takeOver');
  await second.is(id, 'connected');
  await first.is(id, 'replaced');
  await second.says('You said: hello.');
  await expect.poll(() => server.connections).toBe(1);
  await second.send(id, 'again');
  await second.says('You said: again.');

  // No hint of the browser brings the older one back, and no reload either.
  await first.page.evaluate(() => window.dispatchEvent(new Event('online')));
  await first.page.bringToFront();
  await first.is(id, 'replaced');
  const most = server.most;
  await first.page.reload();
  await first.is(id, 'held_elsewhere');
  expect(server.connections).toBe(1);

  // The driver is gone: whoever asks next is the driver, and has what was said.
  await second.page.close();
  await expect.poll(() => server.connections).toBe(0);
  await first.do(id, 'connect');
  await first.is(id, 'connected');
  await first.says('You said: again.');
  expect([server.connections, server.most]).toEqual([1, most]);
});

test('[R64][R66] a driver that hangs is taken over from without its leave, and gives way when it wakes', async ({
  host,
  live: server,
  context,
}) => {
  const first = await Tab.open(context, host.url);
  const id = await first.newSession(server.url, 'bidi');
  await first.is(id, 'connected');
  const second = await Tab.open(context, host.url);
  await second.is(id, 'held_elsewhere');
  const hung = first.page.evaluate(() => {
    const until = Date.now() + 8_000;
    while (Date.now() < until);
  });
  await second.do(id, 'takeOver');
  await second.is(id, 'connected');
  await hung;
  await first.is(id, 'replaced');
  await expect.poll(() => server.connections).toBe(1);
  await second.is(id, 'connected');
});

test('negative control: where the browser has no locks, both tabs are connected, and the log says so', async ({
  host,
  threads: server,
  context,
}) => {
  await context.addInitScript(() =>
    Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined }),
  );
  const first = await Tab.open(context, host.url);
  const id = await first.newSession(server.url, 'thread');
  await first.is(id, 'connected');
  const second = await Tab.open(context, host.url);
  await second.is(id, 'connected');
  expect(server.connections).toBe(2);
  const log = await second.page.evaluate((session) => {
    const { actions } = document.querySelector('ap-app') as ApApp;
    return actions.inspect(session).log.join('\n');
  }, id);
  expect(log).toContain('no locks');
});
