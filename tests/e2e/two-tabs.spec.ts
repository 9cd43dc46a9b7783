import type { Page } from '@playwright/test';
import { App } from './app.ts';
import { expect, test } from './fixtures.ts';

/** Another tab of the same browser. */
async function openTab(app: App, id: string): Promise<App> {
  const tab = new App(await app.page.context().newPage(), app.gateway);
  await tab.openWith(id);
  await tab.view(id);
  return tab;
}

const queued = (page: Page) => page.locator('[data-outbox]');

test('[R6, R40] what is withdrawn in one tab is never sent by another', async ({
  app,
  gateway,
}) => {
  const { id } = await gateway.createSession('Shared');
  await app.openWith(id);
  await app.sendTo(id, 'SLEEP 12000\nSAY the first is done');
  await app.hasText('SLEEP 12000');
  await app.send('SAY taken back');
  await expect(queued(app.page)).toHaveCount(1);
  const other = await openTab(app, id);
  await expect(queued(other.page)).toHaveCount(0);
  await app.page.getByRole('button', { name: 'Withdraw' }).click();
  await expect(queued(app.page)).toHaveCount(0);
  await other.page.reload();
  await other.hasText('the first is done');
  await other.idle(id);
  await other.send('SAY the last');
  await other.hasText('the last');
  await other.idle(id);
  await expect(other.messages('user')).toHaveCount(2);
  await expect(other.transcript).not.toContainText('taken back');
  expect(other.errors).toEqual([]);
});

test('[R6, R40, R43] a tab is closed with a message that waits: another sends it, once', async ({
  app,
  gateway,
}) => {
  const { id } = await gateway.createSession('Left behind');
  await app.openWith(id);
  const other = await openTab(app, id);
  await other.send('SLEEP 12000\nSAY the first is done');
  await other.hasText('SLEEP 12000');
  await other.send('SAY left behind');
  await expect(queued(other.page)).toHaveCount(1);
  // Another one that was there when it was queued, and one that starts afterwards.
  await app.page.reload();
  await app.view(id);
  await expect(queued(app.page)).toHaveCount(0);
  await other.page.close();
  await expect(queued(app.page)).toHaveCount(1);
  const third = await openTab(app, id);
  await expect(queued(third.page)).toHaveCount(0);
  await app.hasText('left behind');
  await app.idle(id);
  await expect(app.messages('user')).toHaveCount(2);
  await expect(queued(app.page)).toHaveCount(0);
  await app.page.reload();
  await expect(app.messages('user')).toHaveCount(2);
  expect(third.errors).toEqual([]);
});

test('[R6, R40] a reload keeps what waits, in the order that was chosen', async ({
  app,
  gateway,
  page,
}) => {
  const { id } = await gateway.createSession('Ordered');
  await app.openWith(id);
  await app.sendTo(id, 'SLEEP 12000\nSAY ready');
  await app.hasText('SLEEP 12000');
  for (const word of ['one', 'two', 'three']) await app.send(`SAY ${word}`);
  await expect(queued(page)).toHaveCount(3);
  await queued(page).nth(2).getByRole('button', { name: 'Send earlier' }).click();
  await expect(queued(page).nth(1)).toContainText('three');
  // The focus went along, so a second press moves it on.
  await page.keyboard.press('Enter');
  await expect(queued(page).nth(0)).toContainText('three');
  await page.reload();
  await expect(queued(page)).toHaveCount(3);
  await expect(queued(page).nth(0)).toContainText('three');
  await app.hasText('ready');
  await expect(queued(page)).toHaveCount(0);
  await app.idle(id);
  const said = await app.messages('user').allInnerTexts();
  expect(said.map((text) => text.match(/three|one|two/)?.[0]).filter(Boolean)).toEqual([
    'three',
    'one',
    'two',
  ]);
});
