import { scripted } from '../support/gateway-process.ts';
import { expect, test } from './fixtures.ts';

const METHODS = [
  { id: 'browser', name: 'Browser' },
  { id: 'tui', name: 'Terminal', type: 'terminal', args: ['login'] },
];

test.use({
  gatewayOptions: {
    agents: {
      scripted: scripted('Scripted'),
      locked: scripted('Locked', '--auth', JSON.stringify(METHODS)),
    },
  },
});

test('[R55, R57] a form waits over a reload, is found from another session by a key, filled in and sent', async ({
  app,
  gateway,
  page,
}) => {
  const viewed = await gateway.createSession('Viewed');
  const asking = await gateway.createSession('Asking');
  await app.openWith(viewed.id, asking.id);
  await app.sendTo(asking.id, 'FORM');
  await expect(app.approval()).toHaveCount(1);
  await app.view(viewed.id);
  await expect(app.row(asking.id)).toHaveAttribute('data-attention', 'approval');
  await expect(app.row(asking.id)).toContainText('Tell me more');

  await page.reload();
  await app.connected(asking.id);
  await app.viewing(viewed.id);
  await expect(app.row(asking.id)).toHaveAttribute('data-attention', 'approval');
  await app.row(asking.id).getByRole('button', { name: 'Open to answer' }).click();
  await app.viewing(asking.id);

  const card = app.approval();
  await expect(card).toHaveAttribute('data-ask', 'form');
  await card.getByRole('button', { name: 'Submit' }).click();
  await expect(card.getByLabel('Name')).toBeFocused();
  await expect(card).toContainText('This is needed.');
  await card.getByLabel('Name').fill('Ada');
  await card.getByLabel('Second kind').check();
  await card.getByLabel('Code').fill('abc');
  await card.getByRole('button', { name: 'Submit' }).click();
  await expect(card).toContainText('This does not have the form');
  await card.getByLabel('Code').fill('ABC');
  await card.getByLabel('Code').press('Enter');
  await app.hasText('{"action":"accept","content":{"name":"Ada"');
  await expect(card).toContainText('Answered');
  await expect(card.getByRole('button', { name: 'Submit' })).toHaveCount(0);
  await app.idle(asking.id);
  await expect(app.row(asking.id)).not.toHaveAttribute('data-attention', 'approval');
});

test('[R57, R68] a link waits over a reload, opens in a tab that knows nothing of this one, and is answered by that', async ({
  app,
  gateway,
  page,
  context,
}) => {
  await context.route('https://login.example/**', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<title>There</title>' }),
  );
  const { id } = await gateway.createSession('Leads away');
  await app.openWith(id);
  await app.sendTo(id, 'LINK');
  await expect(app.approval()).toContainText('https://login.example/start?state=1');
  await page.reload();
  await app.connected(id);
  const opened = context.waitForEvent('page');
  await app.approval().getByRole('link', { name: 'Open login.example' }).click();
  const there = await opened;
  await expect(there).toHaveTitle('There');
  expect(await there.evaluate(() => [globalThis.opener, document.referrer])).toEqual([null, '']);
  await app.hasText('{"action":"accept"}');
});

test('[R57] a sign-in waits over a reload, fails nobody else, and what was sent meanwhile runs after it', async ({
  app,
  gateway,
  page,
}) => {
  const other = await gateway.createSession('Other');
  const locked = await gateway.createSession('Locked', 'locked');
  await app.openWith(other.id, locked.id);
  await expect(app.row(locked.id)).toHaveAttribute('data-attention', 'approval');
  await app.sendTo(locked.id, 'SAY at last');
  await app.sendTo(other.id, 'SAY not concerned');
  await app.hasText('not concerned');
  await app.view(locked.id);
  await page.reload();
  await app.connected(locked.id);
  const card = app.approval();
  await expect(card).toHaveAttribute('data-ask', 'sign-in');
  await expect(card.locator('[data-method="tui"]')).toContainText('login');
  await card.getByRole('button', { name: 'Sign in: Browser' }).click();
  await app.hasText('at last');
  await expect(card).toContainText('Sign in: Browser');
  await expect(app.row(locked.id)).not.toHaveAttribute('data-attention', 'approval');
});
