import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import type { App } from '../../e2e/app.ts';
import { test } from '../../e2e/fixtures.ts';
import { ROOT } from '../files.ts';
import { makeWorkspace } from './workspace.ts';

/** Title, and what its agent is asked; the last one is on the stage. */
const SESSIONS: readonly (readonly [title: string, ...prompts: string[]])[] = [
  ['Resume after a drop', '/stream 60 12'],
  ['Flaky login test', '/run node test.js'],
  ['Release notes', '/stream 4 1'],
  ['Search index', '/search export'],
  ['Upgrade the bundler', '/stream 80 15'],
  ['Dark theme', '/think contrast of muted text'],
  ['Rate limits', '/ask Delete the staging queue and create it again?'],
  ['Typing indicators', '/stream 70 18'],
  ['Import wizard', '/plan'],
  ['Retry with jitter', '/diff', '/stream 40 10'],
];

const SIZES = [
  [390, 844],
  [1280, 800],
  [1920, 1080],
] as const;

/** Ten sessions of the built-in agent, as busy as on a good day. */
async function makeBusy(app: App): Promise<string[]> {
  const ids: string[] = [];
  for (const [index, [title]] of SESSIONS.entries()) {
    const name = `harbour-${index + 1}`;
    makeWorkspace(await app.gateway.directory(name));
    ids.push((await app.gateway.createSession(title, 'workspace', name)).id);
  }
  await app.openWith(...ids);
  for (const [index, [, ...prompts]] of SESSIONS.entries()) {
    for (const prompt of prompts) {
      await app.sendTo(ids[index]!, prompt);
      if (prompt !== prompts.at(-1)) await app.idle(ids[index]!);
    }
  }
  await expect(app.row(ids[1]!)).toHaveAttribute('data-attention', 'approval');
  await expect(app.row(ids[6]!)).toHaveAttribute('data-attention', 'approval');
  await expect(app.row(ids[2]!)).toHaveAttribute('data-attention', 'done');
  // A unread count that says something, and a draft.
  await app.view(ids[5]!);
  await app.composer.fill('And the focus ring, please');
  await app.view(ids[9]!);
  await expect.poll(async () => (await app.transcript.innerText()).length).toBeGreaterThan(2_000);
  return ids;
}

async function shoot(page: Page, path: string): Promise<void> {
  // Two frames: what was asked for last is painted.
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
  await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
}

test('ten busy sessions', async ({ app, page }) => {
  test.setTimeout(300_000);
  await page.setViewportSize({ width: 1280, height: 800 });
  await makeBusy(app);
  const picture = join(ROOT, 'docs/screenshot.png');
  await shoot(page, picture);
  expect(statSync(picture).size).toBeLessThan(300 * 1024);

  const folder = process.env['APERTURE_SHOTS'];
  if (!folder) return;
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const [width, height] of SIZES) {
      await page.setViewportSize({ width, height });
      await shoot(page, join(folder, `stage-${width}-${colorScheme}.png`));
    }
    await page.setViewportSize({ width: 390, height: 844 });
    await page
      .getByRole('button', { name: /back|sessions/i })
      .first()
      .click();
    await shoot(page, join(folder, `list-390-${colorScheme}.png`));
    await app.rows.last().click({ position: { x: 60, y: 12 } });
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  await app.newSession.first().click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await shoot(page, join(folder, 'new-session.png'));
  await page.keyboard.press('Escape');
});
