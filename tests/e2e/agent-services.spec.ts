import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scripted } from '../support/gateway-process.ts';
import { App } from './app.ts';
import { expect, test } from './fixtures.ts';

test.use({ gatewayOptions: { agents: { settings: scripted('Settings', '--settings') } } });

const call = (method: string, params: object): string => `CALL ${method} ${JSON.stringify(params)}`;
const update = (body: object): string => `UPDATE ${JSON.stringify(body)}`;
const shell = (script: string): string =>
  call('terminal/create', { command: 'sh', args: ['-c', script] });
const shown = (status: string): string =>
  update({
    sessionUpdate: 'tool_call',
    toolCallId: 'build',
    title: 'Run the build',
    kind: 'execute',
    status,
    content: [{ type: 'terminal', terminalId: '$TERM' }],
  });

test('[R30, R68] a terminal is shown while it runs, as text, and after a reload as it ended', async ({
  app,
  gateway,
  page,
}) => {
  const { id, cwd } = await gateway.createSession('Terminal');
  await app.openWith(id);
  await app.sendTo(
    id,
    [
      shell(
        `printf '\\033[31mred\\033[0m <b>bold</b>'; while [ ! -e go ]; do sleep 0.05; done; echo; echo last; exit 3`,
      ),
      shown('in_progress'),
      call('terminal/wait_for_exit', { terminalId: '$TERM' }),
      shown('completed'),
    ].join('\n'),
  );
  const terminal = app.transcript.locator('.terminal');
  await expect(terminal.locator('pre')).toHaveText('red <b>bold</b>');
  await expect(terminal).toContainText('while [ ! -e go ]');
  await expect(terminal).toContainText('Running');
  await writeFile(join(cwd, 'go'), '');
  await expect(terminal).toContainText('Exit code 3');
  await expect(terminal.locator('pre')).toContainText('last');
  await app.idle(id);

  await page.reload();
  await app.connected(id);
  await app.transcript.getByRole('button', { name: 'Run the build' }).click();
  await expect(terminal).toContainText('Exit code 3');
  await expect(terminal.locator('pre')).toHaveText(/red <b>bold<\/b>\s+last/);
});

test('[R58] a terminal ends with its agent', async ({ app, gateway }) => {
  const { id } = await gateway.createSession('Crash');
  await app.openWith(id);
  await app.sendTo(id, [shell('echo begun; sleep 60'), shown('in_progress')].join('\n'));
  const terminal = app.transcript.locator('.terminal');
  await expect(terminal).toContainText('Running');
  await app.idle(id);
  await app.send('CRASH');
  await expect(terminal).toContainText('Ended with its agent');
});

test('a file that the agent wrote is told in a line, one that it read is not, and nothing is raw', async ({
  app,
  gateway,
}) => {
  const { id, cwd } = await gateway.createSession('Files');
  await app.openWith(id);
  await app.sendTo(
    id,
    [
      call('fs/write_text_file', { path: `${cwd}/note.txt`, content: 'x' }),
      call('fs/read_text_file', { path: `${cwd}/note.txt` }),
      'SAY over',
    ].join('\n'),
  );
  await app.hasText('over');
  await expect(app.transcript.locator('.notice')).toHaveText([`Wrote ${cwd}/note.txt`]);
  await expect(app.transcript.locator('.raw')).toHaveCount(0);
});

test('[R47, R50] a mode is changed in one tab and shown in both; what the agent refuses is told and goes back', async ({
  app,
  gateway,
  page,
  context,
}) => {
  const { id } = await gateway.createSession('Settings', 'settings');
  const plain = await gateway.createSession('Plain');
  await app.openWith(id, plain.id);
  await app.view(id);
  const second = new App(await context.newPage(), gateway);
  await second.openWith(id);
  await second.view(id);
  const mode = page.getByRole('combobox', { name: 'Mode', exact: true });
  await expect(mode).toHaveValue('ask');
  await mode.selectOption('code');
  await second.page.getByRole('combobox', { name: 'Model' }).selectOption('large');
  for (const each of [page, second.page]) {
    await expect(each.getByRole('combobox', { name: 'Mode', exact: true })).toHaveValue('code');
    await expect(each.getByRole('combobox', { name: 'Model' })).toHaveValue('large');
  }
  // An agent without any has none.
  await app.view(plain.id);
  await expect(mode).toHaveCount(0);
  await app.view(id);

  await page.reload();
  await app.connected(id);
  // Which of the two was viewed last may not have reached the disk.
  await app.view(id);
  await expect(mode).toHaveValue('code');

  const odd = { id: 'odd', name: 'Odd', type: 'boolean', currentValue: false };
  await app.send(update({ sessionUpdate: 'config_option_update', configOptions: [odd] }));
  const box = page.getByRole('checkbox', { name: 'Odd' });
  await expect(box).not.toBeChecked();
  await app.idle(id);
  await box.click();
  await expect(app.transcript.locator('.notice')).toContainText('No such option: odd');
  await expect(box).not.toBeChecked();
  expect(second.errors).toEqual([]);
});
