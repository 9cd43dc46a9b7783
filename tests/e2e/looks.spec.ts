import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);

interface Violation {
  id: string;
  impact: string;
  nodes: { target: unknown; failureSummary: string }[];
}

/** Serious and critical violations, in words. Evaluated, because the page's policy forbids inline scripts. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(): Promise<{ violations: Violation[] }> };
    };
    return (await axe.run()).violations;
  });
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(
        ({ target, failureSummary }) => `${id} ${JSON.stringify(target)} ${failureSummary}`,
      ),
    );
}

for (const scheme of ['light', 'dark'] as const) {
  test(`[R33] nothing serious stands in the way of anybody, ${scheme}`, async ({
    app,
    gateway,
    page,
  }) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await app.open();
    expect(await violations(page)).toEqual([]);

    const full = await gateway.createSession('Everything');
    const asking = await gateway.createSession('Asking');
    await gateway.createSession('Idle');
    await page.reload();
    await app.connected(full.id);
    await app.connected(asking.id);
    await app.sendTo(asking.id, 'SAY unread\nPERMIT rm -rf build');
    await app.sendTo(
      full.id,
      'THINK Hm.\nPLAN\nTOOL Edit\nSAY # Title\nSAY \nSAY Some `code`, a [link](https://ok.example) and\nSAY \nSAY - a list\nPERMIT make\nFAIL on purpose',
    );
    await expect(app.approval()).toHaveCount(1);
    await expect(app.row(asking.id)).toHaveAttribute('data-attention', 'approval');
    expect(await violations(page)).toEqual([]);
    await app.approval().getByRole('button', { name: 'Reject' }).click();
    await app.hasText('on purpose');
    expect(await violations(page)).toEqual([]);

    await app.newSession.first().click();
    await expect(page.getByRole('dialog')).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toBeHidden();
  });
}

test('[R33] reduced motion is respected', async ({ app, gateway, page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const { id } = await gateway.createSession('Calm');
  await app.openWith(id);
  await app.sendTo(id, 'SAY x\nHANG');
  await expect(app.row(id)).toHaveAttribute('data-streaming');
  const moving = await page.evaluate(
    () =>
      document
        .getAnimations()
        .filter((each) => each.playState === 'running')
        .filter((each) => each.effect?.getComputedTiming().iterations === Infinity).length,
  );
  expect(moving).toBe(0);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('the list and the conversation are screens of their own, and nothing is cut off', async ({
    app,
    gateway,
    page,
  }) => {
    const { id } = await gateway.createSession(
      'A session with quite a long title, longer than fits',
    );
    await app.open();
    await app.row(id).tap({ position: { x: 60, y: 12 } });
    await expect(app.composer).toBeVisible();
    await app.send(
      `SAY ${'a-very-long-word-without-a-break'.repeat(20)}\nTOOL Edit\nPERMIT something`,
    );
    await expect(app.approval()).toBeVisible();
    await app.approval().getByRole('button', { name: 'Allow once' }).tap();
    await app.hasText('Permission: once');
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await page
      .getByRole('button', { name: /back|sessions/i })
      .first()
      .tap();
    await expect(app.row(id)).toBeVisible();
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
    ).toBeLessThanOrEqual(0);
  });
});
