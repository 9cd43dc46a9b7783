import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Locator, Page } from '@playwright/test';
import { WebSocketServer } from 'ws';
import type { ProtocolName } from '../../src/core/endpoint/policy.ts';
import { AcpServer } from '../support/servers/acp-server.ts';
import { BidiServer } from '../support/servers/bidi-server.ts';
import { LegacyServer } from '../support/servers/legacy-server.ts';
import type { ModelServer } from '../support/servers/model-server.ts';
import { ScopedServer } from '../support/servers/scoped-server.ts';
import { SingleServer } from '../support/servers/single-server.ts';
import { ThreadServer } from '../support/servers/thread-server.ts';
import { expect, test } from './fixtures.ts';

const KINDS: readonly [ProtocolName, new () => ModelServer, Record<string, string>][] = [
  ['acp', AcpServer, { Directory: '/srv/work' }],
  ['legacy', LegacyServer, {}],
  ['thread', ThreadServer, {}],
  ['single', SingleServer, {}],
  ['scoped', ScopedServer, { World: 'harbour' }],
  ['bidi', BidiServer, {}],
];

async function openAdding(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: /Endpoints$/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Add endpoint' }).click();
  return dialog;
}

for (const [protocol, Kind, fields] of KINDS) {
  test(`by hand, with nothing but an address: a server of the kind “${protocol}”`, async ({
    app,
    page,
  }) => {
    const server = await new Kind().start();
    await app.open();
    const dialog = await openAdding(page);
    await dialog.getByLabel('Address').fill(server.url.replace('http:', 'ws:'));
    // The typing pauses, the server is asked, and what it speaks is proposed.
    const proposed = dialog.locator('input[name="protocol"]:checked');
    await expect(proposed).toHaveValue(protocol);
    await dialog.getByRole('textbox', { name: 'Name' }).fill(`The ${protocol} one`);
    await dialog.getByRole('button', { name: 'Add endpoint' }).click();
    await expect(dialog.getByRole('heading', { name: `The ${protocol} one` })).toBeVisible();
    await page.keyboard.press('Escape');

    await app.newSession.first().click();
    const start = page.getByRole('dialog');
    const select = start.getByLabel('Endpoint');
    const option = select.locator('option', { hasText: `The ${protocol} one` });
    await select.selectOption((await option.getAttribute('value'))!);
    for (const [label, value] of Object.entries(fields)) await start.getByLabel(label).fill(value);
    await start.getByRole('button', { name: 'Start session' }).click();
    await expect(start).toBeHidden();
    await expect(app.rows).toHaveCount(1);
    // The header says where it lives; the row too, for there are two endpoints now.
    await expect(page.locator('ap-session-header .endpoint')).toContainText(`The ${protocol} one`);
    await expect(app.rows.locator('.where')).toHaveText(`The ${protocol} one`);
    await app.send('hello there');
    await expect(app.transcript).toContainText('You said: hello there.');
    expect(server.prompts).toEqual(['hello there']);

    // Its connection can be looked into, and a reload finds endpoint and session again.
    await page.getByRole('button', { name: 'Session menu' }).click();
    await page.getByRole('menuitem', { name: 'Connection details' }).click();
    await expect(page.getByRole('dialog')).toContainText(`(${protocol})`);
    await expect(page.getByRole('dialog')).toContainText(/Prompts out\s*1/);
    await page.reload();
    await expect(app.rows).toHaveCount(1);
    await expect(app.transcript).toContainText('You said: hello there.');
    await server.stop();
  });
}

test('[R64] two tabs, one driver: the second says so, takes over by a press, and the first can take back', async ({
  app,
  page,
  context,
}) => {
  const server = await new ThreadServer().start();
  await app.open();
  const dialog = await openAdding(page);
  await dialog.getByLabel('Address').fill(server.url);
  await expect(dialog.locator('input[name="protocol"]:checked')).toHaveValue('thread');
  await dialog.getByRole('button', { name: 'Add endpoint' }).click();
  await expect(dialog.locator('[data-endpoint-id]')).toHaveCount(2);
  await page.keyboard.press('Escape');
  await app.newSession.first().click();
  const start = page.getByRole('dialog');
  await start.getByLabel('Endpoint').selectOption({ index: 1 });
  await start.getByRole('button', { name: 'Start session' }).click();
  await app.send('from the first');
  await expect(app.transcript).toContainText('You said: from the first.');

  const second = await context.newPage();
  await second.goto(app.gateway.link);
  await second.locator('ap-session-item .open').click();
  await expect(second.getByText('This session is open in another tab')).toBeVisible();
  // What was said is there to be read meanwhile.
  await expect(second.getByRole('log')).toContainText('You said: from the first.');
  await second.getByRole('button', { name: 'Take over here' }).click();
  await expect(second.locator('ap-session-item')).toHaveAttribute('data-status', 'connected');
  await expect(page.getByText('took this session over')).toBeVisible();
  await page.getByRole('button', { name: 'Take it back' }).click();
  await expect(app.rows).toHaveAttribute('data-status', 'connected');
  await expect(second.getByText('took this session over')).toBeVisible();
  await app.send('and again');
  await expect(app.transcript).toContainText('You said: and again.');
  await second.close();
  await server.stop();
});

/** All that this page has on disk or in its tab, as text. */
const kept = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const found: unknown[] = [{ ...localStorage }, { ...sessionStorage }];
    for (const { name } of await indexedDB.databases()) {
      const opening = indexedDB.open(name!);
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        opening.addEventListener('success', () => resolve(opening.result));
        opening.addEventListener('error', () => reject(opening.error ?? new Error(name)));
      });
      for (const store of database.objectStoreNames) {
        const reading = database.transaction(store).objectStore(store).getAll();
        await new Promise((resolve) => reading.addEventListener('success', resolve));
        found.push(reading.result);
      }
      database.close();
    }
    return JSON.stringify(found);
  });

test('[R69] a token under a passphrase: nowhere to be read, asked for after a reload, and then all goes on', async ({
  app,
  page,
}) => {
  const token = 'one-of-a-kind-9f3c';
  const server = await new AcpServer({ token, resume: true }).start();
  await app.open();
  const dialog = await openAdding(page);
  await dialog.getByLabel('Token').fill(token);
  await dialog.getByLabel('Address').fill(server.url);
  await expect(dialog.locator('input[name="protocol"]:checked')).toHaveValue('acp');
  await dialog.locator('input[name="keeping"][value="passphrase"]').check();
  await dialog.getByRole('textbox', { name: 'Passphrase' }).fill('correct horse battery');
  await dialog.getByRole('button', { name: 'Add endpoint' }).click();
  await expect(dialog.locator('[data-endpoint-id]')).toHaveCount(2);
  await page.keyboard.press('Escape');
  await app.newSession.first().click();
  await page.getByRole('dialog').getByLabel('Endpoint').selectOption({ index: 1 });
  await page.getByRole('dialog').getByLabel('Directory').fill('/srv');
  await page.getByRole('dialog').getByRole('button', { name: 'Start session' }).click();
  await app.send('hello there');
  await expect(app.transcript).toContainText('You said: hello there.');
  // Control: what was said is on the disk, so that would be a token.
  await expect.poll(() => kept(page)).toContain('hello there');
  expect(await kept(page)).not.toContain(token);

  await page.reload();
  await expect(app.transcript).toContainText('You said: hello there.');
  await page.getByRole('button', { name: 'Unlock…' }).click();
  const passphrase = page.getByRole('dialog').getByLabel('Passphrase of the locked tokens');
  await passphrase.fill('not this one');
  await passphrase.press('Enter');
  await expect(page.getByRole('dialog')).toContainText('opens none of them');
  await passphrase.fill('correct horse battery');
  await passphrase.press('Enter');
  await expect(app.rows.first()).toHaveAttribute('data-status', 'connected');
  expect(await kept(page)).not.toContain(token);
  await server.stop();
});

async function listen(server: Server): Promise<{ address: string; close: () => void }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

test('bad input: the dialog says which it is, and what to do', async ({ app, page, gateway }) => {
  const web = await listen(createServer((_, response) => response.end('a page')));
  const other = createServer((_, response) => response.writeHead(404).end());
  const wire = new WebSocketServer({ server: other });
  wire.on('connection', (socket) => socket.on('error', () => {}));
  const socket = await listen(other);
  const gone = await listen(createServer());
  gone.close();

  await app.open();
  const dialog = await openAdding(page);
  const says = async (address: string, code: string, way: RegExp, token = ''): Promise<void> => {
    await dialog.getByLabel('Token').fill(token);
    await dialog.getByLabel('Address').fill(address);
    // At once, without waiting for the pause.
    await page.keyboard.press('Enter');
    const box = dialog.locator(`[data-trouble="${code}"]`);
    await expect(box).toBeVisible();
    await expect(box).toContainText(way);
  };
  await says('two words', 'bad_address', /no address/);
  await says(gone.address, 'unreachable', /Check the address and the port/);
  await says(web.address, 'no_websocket', /path of its socket/);
  await says(gateway.origin, 'token_wanted', /gateway .* wants a token/);
  await says(gateway.origin, 'unauthorized', /refuses this token/, 'not-the-right-one');
  // A socket that says nothing might be of any kind without a greeting: never a sure one.
  await dialog.getByLabel('Token').fill('');
  await dialog.getByLabel('Address').fill(socket.address);
  await page.keyboard.press('Enter');
  await expect(
    dialog.locator('[data-trouble="unknown_protocol"], .badge.maybe').first(),
  ).toBeVisible();
  await expect(dialog.getByText('recognised')).toHaveCount(0);

  // Control: with the right token it is recognised.
  await dialog.getByLabel('Address').fill(gateway.link);
  await expect(dialog.getByLabel('Token')).toHaveValue(gateway.token);
  await expect(dialog.locator('input[name="protocol"]:checked')).toHaveValue('aperture');
  // The browser writes what servers without CORS kept from the page: that is what was looked for.
  const foreseen = app.errors.filter((text) => text.includes('blocked by CORS policy'));
  app.errors.splice(0, app.errors.length, ...app.errors.filter((text) => !foreseen.includes(text)));
  wire.close();
  web.close();
  socket.close();
});
