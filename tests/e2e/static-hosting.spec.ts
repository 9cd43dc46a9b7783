import { join } from 'node:path';
import { ROOT } from '../support/files.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { serveStatic } from '../support/static-server.ts';
import { App } from './app.ts';
import { expect, test as base } from './fixtures.ts';

/** The built page on a plain static host, below a path. */
const test = base.extend<{ host: Awaited<ReturnType<typeof serveStatic>> }>({
  // oxlint-disable-next-line no-empty-pattern -- the runner reads the names from the pattern
  host: async ({}, use) => {
    const host = await serveStatic(join(ROOT, 'dist'), '/some/path/');
    await use(host);
    await host.close();
  },
});

async function connect(app: App, gateway: GatewayProcess, token = gateway.token): Promise<void> {
  const { page } = app;
  await page
    .getByLabel(/address|gateway/i)
    .first()
    .fill(gateway.origin);
  await page.getByLabel(/token/i).first().fill(token);
  await page.getByRole('button', { name: /connect/i }).click();
}

test('[R69] below any path of a static host the page asks for a gateway, and works with it', async ({
  host,
  page,
}) => {
  const gateway = await GatewayProcess.start({ args: ['--allow-origin', host.origin] });
  try {
    const app = new App(page, gateway);
    await page.goto(host.url);
    await connect(app, gateway);
    await expect(app.newSession.first()).toBeVisible();
    const { id } = await gateway.createSession('From afar');
    await page.reload();
    await app.connected(id);
    await app.sendTo(id, 'SAY across origins');
    await app.hasText('across origins');
    expect(app.errors).toEqual([]);
    expect(app.requests.filter((url) => url.includes(gateway.token))).toEqual([]);
  } finally {
    await gateway.dispose();
  }
});

test('[R67, R69] without --allow-origin it is refused, and told what to start the gateway with', async ({
  host,
  page,
  gateway,
}) => {
  const app = new App(page, gateway);
  await page.goto(host.url);
  await connect(app, gateway);
  await expect(page.getByText('--allow-origin').first()).toBeVisible();
  await expect(page.getByLabel(/token/i).first()).toBeVisible();
});

test('[R69] a gateway in the address bar is not used unasked', async ({ host, page, gateway }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('websocket', (socket) => asked.push(socket.url()));
  for (const name of ['gatewayUrl', 'gateway', 'url', 'server']) {
    await page.goto('about:blank');
    await page.goto(`${host.url}?${name}=${gateway.origin}#${name}=${gateway.origin}`);
    await expect(page.getByLabel(/token/i).first()).toBeVisible();
  }
  const gatewayHost = new URL(gateway.origin).host;
  expect(asked.filter((url) => new URL(url).host === gatewayHost)).toEqual([]);
});
