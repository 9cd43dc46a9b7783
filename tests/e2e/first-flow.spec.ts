import { expect, test } from './fixtures.ts';

test('[R18, R36] from the link to the first answer, by hand', async ({ app, gateway, page }) => {
  const directory = await gateway.directory('by-hand');
  await app.open();
  await app.newSession.first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: /^Scripted/ }).check();
  await dialog.getByLabel(/directory/i).fill(directory);
  await dialog.getByLabel(/title/i).fill('By hand');
  await dialog.getByRole('button', { name: /start|create/i }).click();
  await expect(dialog).toBeHidden();

  const row = app.rows.first();
  await expect(row).toContainText('By hand');
  await expect(row).toHaveAttribute('data-status', 'connected');
  await expect(row).toHaveAttribute('aria-current', 'true');

  await app.composer.fill('SAY Hello there.\nCWD');
  await app.composer.press('Enter');
  await app.hasText('Hello there.');
  await app.hasText(`cwd=${directory} process=${directory}`);
  await expect(app.messages('user')).toHaveCount(1);
  await expect(app.messages('assistant')).toHaveCount(1);
  await expect(app.composer).toHaveValue('');
});

test('[R36] Shift+Enter breaks the line, Enter sends', async ({ app, gateway }) => {
  const { id } = await gateway.createSession('Keys');
  await app.openWith(id);
  await app.view(id);
  await app.composer.fill('first');
  await app.composer.press('Shift+Enter');
  await app.composer.pressSequentially('second');
  await expect(app.composer).toHaveValue('first\nsecond');
  await app.composer.press('Enter');
  await app.hasText('You said: first');
  await app.hasText('You said: second');
  await expect(app.messages('user')).toHaveCount(1);
});

test('[R70] a directory that is not there is said in the dialog, which stays open', async ({
  app,
  gateway,
  page,
}) => {
  await app.open();
  await app.newSession.first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: /^Scripted/ }).check();
  await dialog.getByLabel(/directory/i).fill(`${gateway.work}/nowhere`);
  await dialog.getByRole('button', { name: /start|create/i }).click();
  await expect(dialog.getByRole('alert')).toContainText(/exist/i);
  await expect(app.rows).toHaveCount(0);

  await dialog.getByLabel(/directory/i).fill(await gateway.directory('somewhere'));
  await dialog.getByRole('button', { name: /start|create/i }).click();
  await expect(app.rows).toHaveCount(1);
});

test('tool calls, thoughts, plans and how a turn ended are shown', async ({ app, gateway }) => {
  const { id } = await gateway.createSession('Everything');
  await app.openWith(id);
  await app.sendTo(id, 'THINK Let me see.\nPLAN\nTOOL Edit the file\nSAY Done.\nSTOP max_tokens');
  await expect(app.messages('thought')).toHaveCount(1);
  const tool = app.transcript.locator('[data-tool-call-id]');
  await expect(tool).toHaveAttribute('data-tool-status', 'completed');
  await expect(tool).toContainText('Edit the file');
  await app.hasText('Done.');
  await app.hasText(/token|length|limit/i);
});

test('[R17, R36] ending a session takes its row away, stops its agent, and shows another', async ({
  app,
  gateway,
  page,
}) => {
  const first = await gateway.createSession('Stays');
  const second = await gateway.createSession('Goes');
  await app.openWith(first.id, second.id);
  await app.view(second.id);
  await app.row(second.id).getByRole('button', { name: 'More for Goes' }).click();
  await page.getByRole('menuitem', { name: /end/i }).click();
  const confirm = page.getByRole('dialog').getByRole('button', { name: /end/i });
  await confirm.click();
  await expect(app.rows).toHaveCount(1);
  await app.viewing(first.id);
  expect((await gateway.sessions()).map(({ id }) => id)).toEqual([first.id]);
});

test('code in an answer has colours, and is copied as it was written', async ({
  app,
  gateway,
  page,
}) => {
  const { id } = await gateway.createSession('Colours');
  await app.openWith(id);
  await app.view(id);
  const text = '```ts\nconst answer = 42; // all\n```\n';
  const update = { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } };
  await app.sendTo(id, `UPDATE ${JSON.stringify(update)}`);
  const code = app.transcript.locator('code[data-language="ts"]');
  await expect(code.locator('.hl-keyword')).toHaveText('const');
  await expect(code.locator('.hl-comment')).toHaveText('// all');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await app.transcript.locator('.code button.copy').click();
  await expect
    .poll(() => page.evaluate(() => navigator.clipboard.readText()))
    .toBe('const answer = 42; // all');
});
