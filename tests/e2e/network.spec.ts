import { GatewayProcess } from '../support/gateway-process.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { App } from './app.ts';
import { expect, test as base } from './fixtures.ts';

/** A page whose every connection to the gateway goes through a network that can be broken. */
const test = base.extend<{ network: TcpProxy; proxied: App }>({
  // oxlint-disable-next-line no-empty-pattern -- the runner reads the names from the pattern
  network: async ({}, use) => {
    const network = await TcpProxy.start();
    await use(network);
    await network.close();
  },
  gateway: async ({ network }, use) => {
    const gateway = await GatewayProcess.start({
      args: ['--allow-host', `127.0.0.1:${network.port}`],
    });
    network.targetPort = gateway.port;
    await use(gateway);
    await gateway.dispose();
  },
  proxied: async ({ page, gateway, network }, use) => {
    const app = new App(page, gateway);
    await app.open(`http://127.0.0.1:${network.port}/#token=${gateway.token}`);
    await use(app);
    expect(app.errors).toEqual([]);
  },
});

const tokens = (count: number, tag: string): string[] =>
  Array.from({ length: count }, (_, n) => `${tag}:tok${n}`);

test('[R21] sockets that are cut again and again lose and double nothing', async ({
  proxied: app,
  network,
  gateway,
}) => {
  const one = await gateway.createSession('One');
  const two = await gateway.createSession('Two');
  await app.page.reload();
  await app.connected(one.id);
  await app.connected(two.id);
  await app.sendTo(one.id, 'STREAM 400 10 one');
  await app.sendTo(two.id, 'STREAM 400 10 two');
  for (const seen of [20, 120, 240]) {
    await app.hasText(`two:tok${seen} `);
    network.cut();
  }
  for (const [id, tag] of [
    [two.id, 'two'],
    [one.id, 'one'],
  ] as const) {
    await app.view(id);
    await app.hasText(`${tag}:tok399`);
    await app.idle(id);
    expect(await app.tokens()).toEqual(tokens(400, tag));
    await app.connected(id);
  }
});

test('[R14, R33] offline and back: every row says so, the composer stays, and what is sent waits', async ({
  proxied: app,
  network,
  gateway,
  context,
}) => {
  const one = await gateway.createSession('One');
  const two = await gateway.createSession('Two');
  await app.page.reload();
  await app.connected(one.id);
  await app.connected(two.id);
  await app.view(one.id);

  await context.setOffline(true);
  network.takeDown();
  for (const { id } of [one, two])
    await expect(app.row(id)).toHaveAttribute('data-status', 'reconnecting');
  await app.send('SAY written while offline');
  await expect(app.page.getByText('SAY written while offline')).toBeVisible();
  await expect(app.messages('user')).toHaveCount(0);

  network.restore();
  await context.setOffline(false);
  await app.connected(one.id);
  await app.connected(two.id);
  await expect(app.messages('assistant')).toContainText('written while offline');
  await expect(app.messages('assistant')).toHaveCount(1);
  await expect(app.messages('user')).toHaveCount(1);
});

test('[R19] a network that swallows everything is noticed, and the session comes back', async ({
  proxied: app,
  network,
  gateway,
}) => {
  const { id } = await gateway.createSession('Half open');
  await app.page.reload();
  await app.connected(id);
  network.stall();
  await expect(app.row(id)).toHaveAttribute('data-status', 'reconnecting', { timeout: 25_000 });
  network.takeDown();
  network.restore();
  await app.connected(id);
  await app.sendTo(id, 'SAY back again');
  await app.hasText('back again');
});

test('[R15] the gateway stopped and started again: told, retried, and taken up', async ({
  app,
  gateway,
  page,
}) => {
  const { id } = await gateway.createSession('Before');
  await app.openWith(id);
  await app.sendTo(id, 'SAY said before');
  await app.hasText('said before');
  await app.idle(id);

  await gateway.stop();
  await expect(app.row(id)).toHaveAttribute('data-status', /reconnecting/);
  await expect(page.getByText(/cannot be reached/i).first()).toBeVisible();
  await app.hasText('said before');

  await gateway.launch();
  await expect(page.getByText(/cannot be reached/i)).toHaveCount(0);
  // Whether the gateway still knows the session or not, what was said stays readable.
  await expect(app.row(id)).toHaveAttribute('data-status', /connected|ended/);
  await app.hasText('said before');
  const after = await gateway.createSession('After');
  await page.reload();
  await app.connected(after.id);
  await app.sendTo(after.id, 'SAY as before');
  await app.hasText('as before');
});

test('a page whose files were replaced by an update says so, and what to do', async ({
  app,
  page,
}) => {
  await app.open();
  // What is behind the first frame is there: what is missing from now on was to come on demand.
  await expect(page.getByRole('button', { name: 'Endpoints' })).toBeVisible();
  await page.route('**/assets/**', (route) => route.fulfill({ status: 404 }));
  await app.newSession.first().click();
  await expect(page.getByText(/could not be loaded/)).toBeVisible();
  await page.unroute('**/assets/**');
  await page.getByRole('button', { name: 'Reload', exact: true }).click();
  await expect(app.newSession.first()).toBeVisible();
  await app.newSession.first().click();
  await expect(page.getByRole('dialog')).toBeVisible();
});

test('what shows sessions comes with the first one, and is there when the gateway is away', async ({
  app,
  gateway,
  page,
}) => {
  const fetched: string[] = [];
  page.on('request', (request) => fetched.push(new URL(request.url()).pathname));
  const asked = () => fetched.filter((path) => /\/assets\/sessions-/.test(path)).length;
  await app.open();
  await expect(page.getByRole('heading', { name: 'Many agents, one page' })).toBeVisible();
  expect(asked()).toBe(0);

  const one = await gateway.createSession('One');
  const two = await gateway.createSession('Two');
  await page.reload();
  await app.connected(two.id);
  expect(asked()).toBe(1);
  // Neither was ever opened.
  await gateway.stop();
  await app.view(one.id);
  await app.composer.fill('for later');
  await page.keyboard.press('Enter');
  await expect(page.locator('.pane.shown').getByText('for later')).toBeVisible();
});

test('what shows sessions cannot be fetched: the page says so, and recovers', async ({
  app,
  gateway,
  page,
}) => {
  const { id } = await gateway.createSession('One');
  await app.openWith(id);
  await app.sendTo(id, 'SAY said before');
  await app.hasText('said before');
  await app.idle(id);

  await page.route('**/assets/sessions-*.js', (route) => route.abort());
  await page.reload();
  await expect(page.getByText(/could not be loaded/)).toBeVisible();
  await expect(app.transcript).toHaveCount(0);
  await page.unroute('**/assets/sessions-*.js');
  await page.getByRole('button', { name: 'Reload', exact: true }).click();
  await app.hasText('said before');
});
