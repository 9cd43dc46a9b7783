import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { BrowserContext, Locator } from '@playwright/test';
import { ROOT } from '../support/files.ts';
import { App } from './app.ts';
import { expect, test } from './fixtures.ts';

const ORIGIN = 'https://aperture.example';
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

test.use({ gatewayOptions: { args: ['--allow-origin', ORIGIN] } });

/** The built page as a host on the internet serves it, by https; nothing of it leaves this machine. */
async function host(context: BrowserContext): Promise<void> {
  await context.route(`${ORIGIN}/**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    const file = join(ROOT, 'dist', pathname === '/' ? 'index.html' : pathname);
    const body = await readFile(file).catch(() => undefined);
    const contentType = TYPES[extname(file)] ?? 'application/octet-stream';
    await route.fulfill(body ? { body, contentType } : { status: 404 });
  });
}

async function ask(dialog: Locator, address: string): Promise<void> {
  await dialog.getByLabel('Address').fill(address);
  // At once, without waiting for the pause.
  await dialog.getByLabel('Address').press('Enter');
}

test('bad input in a page that came by https: mixed content, and what the browser keeps from pages of the internet', async ({
  page,
  context,
  gateway,
}) => {
  await host(context);
  await page.goto(ORIGIN);
  const asks = await page.evaluate(async () => {
    const name = 'local-network-access' as PermissionName;
    return navigator.permissions.query({ name }).then(
      () => true,
      () => false,
    );
  });
  await page.getByRole('button', { name: 'Add an endpoint' }).click();
  const dialog = page.getByRole('dialog');
  const trouble = (code: string): Locator => dialog.locator(`[data-trouble="${code}"]`);
  await ask(dialog, 'ws://agents.example.org/acp');
  await expect(trouble('mixed_content')).toContainText('Use the server’s wss address');
  await ask(dialog, 'ws://192.168.1.5:4800');
  if (!asks) return expect(trouble('mixed_content')).toContainText('your own network');
  await expect(trouble('private_network')).toContainText('“Local network access” to Allow');
  await ask(dialog, gateway.link);
  await expect(trouble('private_network')).toContainText('Local network access');

  // Control: once the reader has allowed it, the same address is recognised, and works.
  await context.grantPermissions(['local-network-access'], { origin: ORIGIN });
  await ask(dialog, gateway.link);
  await expect(dialog.locator('input[name="protocol"]:checked')).toHaveValue('aperture');
  await dialog.getByRole('button', { name: 'Add endpoint' }).click();
  const { id } = await gateway.createSession('From afar');
  const app = new App(page, gateway);
  await app.connected(id);
  await app.sendTo(id, 'SAY here as well');
  await app.hasText('here as well');
});
