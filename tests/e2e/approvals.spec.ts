import { expect, test } from './fixtures.ts';

test('[R55, R58] a background session asks at its row and is answered there', async ({
  app,
  gateway,
}) => {
  const viewed = await gateway.createSession('Viewed');
  const asking = await gateway.createSession('Asking');
  await app.openWith(viewed.id, asking.id);
  await app.sendTo(asking.id, 'SLEEP 500\nPERMIT rm -rf build');
  await app.sendTo(viewed.id, 'SAY here');

  const row = app.row(asking.id);
  await expect(row).toHaveAttribute('data-attention', 'approval');
  await expect(row).toContainText('rm -rf build');
  await row.getByRole('button', { name: 'Allow once' }).click();
  await expect(row.locator('[data-request-id]')).toHaveCount(0);
  await expect(row).not.toHaveAttribute('data-attention', 'approval');
  // The reader did not leave the other session for it.
  await app.viewing(viewed.id);

  await app.view(asking.id);
  await app.hasText('Permission: once');
});

test('[R55] with two requests open, each answer reaches the session that asked', async ({
  app,
  gateway,
}) => {
  const first = await gateway.createSession('First');
  const second = await gateway.createSession('Second');
  const third = await gateway.createSession('Third');
  await app.openWith(first.id, second.id, third.id);
  await app.sendTo(first.id, 'PERMIT of the first');
  await app.sendTo(second.id, 'PERMIT of the second');
  await app.view(third.id);
  await app.row(second.id).getByRole('button', { name: 'Reject' }).click();
  await app.row(first.id).getByRole('button', { name: 'Always allow' }).click();
  await app.view(first.id);
  await app.hasText('Permission: always');
  await app.view(second.id);
  await app.hasText('Permission: reject');
});

test('[R57] a request that waits comes back after a reload, once, and is answered once', async ({
  app,
  gateway,
  page,
}) => {
  const { id } = await gateway.createSession('Waits');
  await app.openWith(id);
  await app.sendTo(id, 'PERMIT something');
  await expect(app.approval()).toHaveCount(1);
  await page.reload();
  await app.connected(id);
  await expect(app.approval()).toHaveCount(1);
  await app.approval().getByRole('button', { name: 'Allow once' }).click();
  await app.hasText('Permission: once');
  await expect(app.approval().getByRole('button', { name: 'Allow once' })).toHaveCount(0);
});

test('[R57] two pages race for one request: the agent hears one answer', async ({
  app,
  gateway,
  context,
}) => {
  const { id } = await gateway.createSession('Raced');
  await app.openWith(id);
  await app.sendTo(id, 'PERMIT something');
  const other = await context.newPage();
  await other.goto(gateway.link);
  const there = other.getByRole('log').locator('[data-request-id]');
  await expect(there).toHaveCount(1);
  await expect(app.approval()).toHaveCount(1);
  await expect(other.locator('ap-session-item')).toHaveAttribute('data-status', 'connected');
  // Clicked in the pages themselves: the answer of one may take the other's button away.
  const buttons = await Promise.all([
    app.approval().getByRole('button', { name: 'Allow once' }).elementHandle(),
    there.getByRole('button', { name: 'Reject' }).elementHandle(),
  ]);
  await Promise.all(
    buttons.map((button) => button?.evaluate((each) => (each as HTMLElement).click())),
  );
  await app.hasText(/Permission: (once|reject)/);
  const text = await app.transcript.innerText();
  expect(text.match(/Permission: /g)).toHaveLength(1);
  await expect(there.getByRole('button', { name: 'Allow once' })).toHaveCount(0);
});

test('[R58] cancelling the turn settles its request', async ({ app, gateway }) => {
  const { id } = await gateway.createSession('Cancelled');
  await app.openWith(id);
  await app.sendTo(id, 'PERMIT something');
  await expect(app.approval()).toHaveCount(1);
  await app.stop.click();
  await app.idle(id);
  await expect(app.approval().getByRole('button', { name: 'Allow once' })).toHaveCount(0);
  await expect(app.row(id)).not.toHaveAttribute('data-attention', 'approval');
});
