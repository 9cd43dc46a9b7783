import { switchAndWatch } from './app.ts';
import { expect, test } from './fixtures.ts';

test.describe('ten sessions at once', () => {
  test('[R1, R33, R53] all stream, and each row tells its own state', async ({ app, ten }) => {
    await app.openWith(...ten);
    // Each turn goes on until it is stopped, however long the others take to begin.
    for (const [index, id] of ten.entries()) {
      await app.sendTo(id, `STREAM 400 20 w${index} ; HANG`);
    }
    for (const id of ten) await expect(app.row(id)).toHaveAttribute('data-streaming');
    expect(app.openSockets).toHaveLength(10);

    // Background rows go on: their previews come to the end while nobody looks at them.
    for (const [index, id] of ten.entries()) {
      await expect.poll(() => app.rowText(id)).toContain(`w${index}:tok399`);
    }
    for (const [index, id] of ten.entries()) {
      await app.view(id);
      await app.hasText(`w${index}:tok399`);
      // In order, none lost, none twice, none of another session's.
      expect(await app.tokens()).toEqual(
        Array.from({ length: 400 }, (_, n) => `w${index}:tok${n}`),
      );
      await app.stop.click();
      await app.idle(id);
    }
  });

  test('[R34] switching by mouse and keys is no navigation and touches no socket', async ({
    app,
    ten,
    page,
  }) => {
    await app.openWith(...ten);
    const order = await app.order();
    await app.view(ten[0]!);
    const mark = await app.documentMark();
    const sockets = [...app.openSockets];
    expect(sockets).toHaveLength(10);

    for (const id of ten) await app.view(id);
    await page.keyboard.press('Alt+1');
    await app.viewing(order[0]!);
    await page.keyboard.press('Alt+0');
    await app.viewing(order[9]!);
    await page.keyboard.press('Alt+[');
    await app.viewing(order[8]!);
    await page.keyboard.press('Alt+]');
    await app.viewing(order[9]!);

    expect(await app.documentMark()).toBe(mark);
    expect(app.sockets).toEqual(sockets);
    expect(sockets.every((socket) => !socket.isClosed())).toBe(true);
  });

  test('[R34] the next frame shows the other session, while all stream', async ({
    app,
    ten,
    page,
  }) => {
    await app.openWith(...ten);
    for (const [index, id] of ten.entries()) await app.sendTo(id, `STREAM 1000 20 w${index}`);
    await expect(app.messages('assistant')).toContainText('w9:tok3');
    for (const index of [3, 7, 0, 9, 4]) {
      const frames = await page.evaluate(switchAndWatch, { id: ten[index]!, frames: 4 });
      for (const shown of frames) {
        expect(shown).toContain(`w${index}:tok`);
        const others = new Set(shown.match(/w\d(?=:tok)/g));
        expect([...others]).toEqual([`w${index}`]);
      }
    }
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
  });

  test('[R25] unread counts messages and not chunks, and viewing clears it', async ({
    app,
    ten,
  }) => {
    const [viewed, other] = ten as [string, string];
    await app.openWith(viewed, other);
    await app.sendTo(other, 'SLEEP 4000\nSTREAM 50 0\nTOOL between\nSAY second');
    await app.view(viewed);
    await expect(app.row(other)).toHaveAttribute('data-unread', '2');
    await expect(app.row(other)).toHaveAttribute('data-attention', 'done');
    await expect(app.row(viewed)).not.toHaveAttribute('data-unread');

    await app.view(other);
    await expect(app.row(other)).not.toHaveAttribute('data-unread');
    await app.hasText('second');
  });

  test('[R37] a draft belongs to its session', async ({ app, ten }) => {
    const [first, second] = ten as [string, string];
    await app.openWith(first, second);
    await app.view(first);
    await app.composer.fill('for the first');
    await app.view(second);
    await expect(app.composer).toHaveValue('');
    await app.composer.fill('for the second');
    await app.view(first);
    await expect(app.composer).toHaveValue('for the first');
  });

  test('[R41] Stop ends this session’s turn and no other', async ({ app, ten }) => {
    const [first, second] = ten as [string, string];
    await app.openWith(first, second);
    await app.sendTo(first, 'SAY one\nHANG');
    await app.sendTo(second, 'SAY two\nHANG');
    await app.hasText('two');
    await app.stop.click();
    await app.idle(second);
    await app.hasText(/stopped|cancel/i);
    await expect(app.row(first)).toHaveAttribute('data-streaming');
    await app.view(first);
    await expect(app.stop).toBeVisible();
    await app.stop.click();
    await app.idle(first);
  });
});

test('[R53, R26] two sessions whose agents give out the same ids stay apart', async ({
  app,
  gateway,
}) => {
  const one = await gateway.createSession('One', 'colliding', 'one');
  const two = await gateway.createSession('Two', 'colliding', 'two');
  await app.openWith(one.id, two.id);
  await app.sendTo(one.id, 'TOOL tool of one\nSAY text of one\nPERMIT request of one');
  await app.sendTo(two.id, 'TOOL tool of two\nSAY text of two\nPERMIT request of two');

  for (const [mine, others, id] of [
    ['one', 'two', one.id],
    ['two', 'one', two.id],
  ] as const) {
    await app.view(id);
    await app.hasText(`text of ${mine}`);
    await expect(app.transcript).not.toContainText(`of ${others}`);
    await expect(app.messages('assistant')).toHaveCount(1);
    await expect(app.transcript.locator('[data-tool-call-id]')).toHaveCount(1);
    await expect(app.approval()).toContainText(`request of ${mine}`);
  }

  // The answer to one is no answer to the other, though both requests have the same id.
  await app.view(one.id);
  await app.approval().getByRole('button', { name: 'Reject' }).click();
  await app.hasText('Permission: reject');
  await app.view(two.id);
  await expect(app.transcript).not.toContainText('Permission:');
  await app.approval().getByRole('button', { name: 'Allow once' }).click();
  await app.hasText('Permission: once');
});

test('[R18] an eleventh session costs no live one its place without reason', async ({
  app,
  gateway,
  ten,
}) => {
  await app.openWith(...ten);
  const eleventh = await gateway.createSession('S10', 'scripted', 'project-10');
  await app.page.reload();
  await expect(app.rows).toHaveCount(11);
  await app.view(eleventh.id);
  await app.connected(eleventh.id);
  // The oldest idle one sleeps, and wakes when it is wanted.
  await expect.poll(() => app.openSockets.length).toBeLessThanOrEqual(10);
  const asleep = app.page.locator('ap-session-item[data-status="disconnected"]');
  await expect(asleep).toHaveCount(1);
  const id = (await asleep.getAttribute('data-session-id'))!;
  await app.sendTo(id, 'SAY awake again');
  await app.hasText('awake again');
});
