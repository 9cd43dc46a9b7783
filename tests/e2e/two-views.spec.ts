import { App } from './app.ts';
import { expect, test } from './fixtures.ts';

test('[R59] a second tab opens the same conversation and sees it, live', async ({
  app,
  gateway,
  context,
}) => {
  const { id } = await gateway.createSession('Shared');
  await app.openWith(id);
  await app.sendTo(id, 'STREAM 300 20 w');
  await app.hasText('w:tok20 ');

  const other = new App(await context.newPage(), gateway);
  await other.openWith(id);
  await other.view(id);
  await other.hasText('w:tok20 ');
  await expect(other.row(id)).toHaveAttribute('data-streaming');
  for (const each of [app, other]) {
    await each.hasText('w:tok299');
    await each.idle(id);
    expect(await each.tokens()).toEqual(Array.from({ length: 300 }, (_, n) => `w:tok${n}`));
    await expect(each.messages('user')).toHaveCount(1);
  }
  expect(other.errors).toEqual([]);
});

test('[R60] a second device continues the conversation, and the first one follows', async ({
  app,
  gateway,
  browser,
}) => {
  const { id } = await gateway.createSession('Carried');
  await app.openWith(id);
  await app.sendTo(id, 'SAY from the first');
  await app.hasText('from the first');
  await app.idle(id);

  // A context of its own shares no storage with the other: another device.
  const device = await browser.newContext();
  try {
    const other = new App(await device.newPage(), gateway);
    await other.openWith(id);
    await other.view(id);
    await other.hasText('from the first');
    await other.send('SAY from the second');
    await other.hasText('from the second');
    await app.hasText('from the second');
    await expect(app.messages('user')).toHaveCount(2);
    await expect(other.messages('user')).toHaveCount(2);
    expect(other.errors).toEqual([]);
  } finally {
    await device.close();
  }
});

test('[R63] two tabs handle the requests of two sessions independently', async ({
  app,
  gateway,
  context,
}) => {
  const one = await gateway.createSession('One');
  const two = await gateway.createSession('Two');
  await app.openWith(one.id, two.id);
  await app.sendTo(one.id, 'PERMIT of one');
  await app.sendTo(two.id, 'PERMIT of two');
  await app.view(one.id);

  const other = new App(await context.newPage(), gateway);
  await other.openWith(one.id, two.id);
  await other.view(two.id);
  await app.approval().getByRole('button', { name: 'Allow once' }).click();
  await app.hasText('Permission: once');
  await expect(other.approval()).toContainText('of two');
  await other.approval().getByRole('button', { name: 'Reject' }).click();
  await other.hasText('Permission: reject');
  for (const each of [app, other])
    for (const { id } of [one, two])
      await expect(each.row(id)).not.toHaveAttribute('data-attention', 'approval');
});
