import type { ApApp } from '../../src/app/ui/app.ts';
import { App } from './app.ts';
import { expect, test } from './fixtures.ts';

test('[R21, R22, R25, R37] a reload brings everything back, in place, once', async ({
  app,
  gateway,
  page,
}) => {
  const first = await gateway.createSession('First');
  const second = await gateway.createSession('Second');
  await app.openWith(first.id, second.id);
  await app.sendTo(first.id, 'SAY answer of the first');
  await app.hasText('answer of the first');
  // Nobody has looked at it when its agent speaks, however slow the machine is.
  await page.evaluate((id) => {
    document.querySelector<ApApp>('ap-app')!.actions.sendPrompt(id, 'SAY one\nTOOL tool\nSAY two');
  }, second.id);
  await expect(app.row(second.id)).toHaveAttribute('data-unread', '2');
  await app.composer.fill('an unsent thought');

  await page.reload();
  await app.viewing(first.id);
  await expect(app.composer).toHaveValue('an unsent thought');
  await app.hasText('answer of the first');
  await expect(app.row(second.id)).toHaveAttribute('data-unread', '2');
  await app.connected(first.id);
  await app.connected(second.id);
  await expect(app.messages('user')).toHaveCount(1);
  await expect(app.messages('assistant')).toHaveCount(1);

  await app.view(second.id);
  await expect(app.messages('assistant')).toHaveCount(2);
  await expect(app.row(second.id)).not.toHaveAttribute('data-unread');
  await page.reload();
  await app.viewing(second.id);
  await expect(app.row(second.id)).not.toHaveAttribute('data-unread');
});

test('[R21, R28, R43] a turn goes on through a reload, and no token is lost or doubled', async ({
  app,
  gateway,
  page,
}) => {
  const { id } = await gateway.createSession('Long');
  await app.openWith(id);
  await app.sendTo(id, 'STREAM 300 10 w');
  await app.hasText('w:tok30 ');
  await page.reload();
  await expect(app.row(id)).toHaveAttribute('data-streaming');
  await page.reload();
  await app.hasText('w:tok299');
  await app.idle(id);
  expect(await app.tokens()).toEqual(Array.from({ length: 300 }, (_, n) => `w:tok${n}`));
  await expect(app.messages('assistant')).toHaveCount(1);
});

test('[R15] with the gateway gone, a reload still shows what was said', async ({
  app,
  gateway,
  page,
}) => {
  const { id } = await gateway.createSession('Kept');
  await app.openWith(id);
  await app.sendTo(id, 'SAY worth keeping');
  await app.hasText('worth keeping');
  await app.idle(id);
  // The page itself must come from somewhere, so only the gateway's words are taken away. What routes sockets here
  // reaches those of the page alone, so it has to do without its worker.
  await page.addInitScript(() => Reflect.deleteProperty(window, 'Worker'));
  await page.route('**/v1/**', (route) => route.abort());
  await page.routeWebSocket('**/v1/**', (socket) => socket.close({ code: 1013 }));
  await page.reload();
  await app.hasText('worth keeping');
  await expect(page.getByText(/cannot be reached/i).first()).toBeVisible();
});

test('[R6][R37] what was sent from several conversations at once is no draft after a reload', async ({
  app,
  gateway,
  page,
}) => {
  const ids: string[] = [];
  for (const name of ['One', 'Two', 'Three']) ids.push((await gateway.createSession(name)).id);
  await app.openWith(ids[0]!);
  for (const id of ids) await app.sendTo(id, 'SAY done');
  for (const id of ids) await app.idle(id);
  await page.reload();
  for (const id of ids) {
    await app.view(id);
    await app.hasText('done');
    await expect(app.composer).toHaveValue('');
  }
});

test('[R69] the token leaves the address bar and outlives a reload', async ({
  app,
  page,
  gateway,
}) => {
  await app.open();
  await expect.poll(() => page.url()).not.toContain(gateway.token);
  await page.reload();
  await expect(app.newSession.first()).toBeVisible();
  const { id } = await gateway.createSession('After');
  await page.reload();
  await app.connected(id);
  expect(app.requests.filter((url) => url.includes(gateway.token))).toEqual([]);
});

test('[R34, R37] each tab comes back to the session that it looked at, however soon it is reloaded', async ({
  app,
  gateway,
  context,
}) => {
  const one = await gateway.createSession('One');
  const two = await gateway.createSession('Two');
  const second = new App(await context.newPage(), gateway);
  await app.openWith(one.id, two.id);
  await second.openWith(one.id, two.id);
  await second.view(one.id);
  for (const { id } of [two, one, two]) {
    // In one breath: nothing that takes its time has begun.
    await app.page.evaluate((given) => {
      (document.querySelector('ap-app') as ApApp).actions!.activate(given);
      location.reload();
    }, id);
    await app.viewing(id);
  }
  await second.page.reload();
  await second.viewing(one.id);
});

test('[R67] a reload before the page is all there keeps the token; the address bar does not', async ({
  app,
  page,
  gateway,
}) => {
  const { id } = await gateway.createSession('Early');
  let asked = 0;
  // The first document never gets past its frame.
  await page.route(/\/assets\/page-[^/]*\.js$/, async (route) => {
    asked += 1;
    if (asked > 1) await route.continue();
  });
  await page.goto(gateway.link, { waitUntil: 'commit' });
  await expect.poll(() => asked).toBe(1);
  await page.reload();
  await app.connected(id);
  expect(page.url()).not.toContain(gateway.token);
});
