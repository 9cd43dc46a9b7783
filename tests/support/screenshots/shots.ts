import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import type { App } from '../../e2e/app.ts';
import { test } from '../../e2e/fixtures.ts';
import { ROOT } from '../files.ts';
import { makeWorkspace } from './workspace.ts';

/** Title, and what its agent is asked; the first one is on the stage. */
const SESSIONS: readonly (readonly [title: string, ...prompts: string[]])[] = [
  ['Retry with jitter', '/diff', '/stream 40 20'],
  ['Resume after a drop', '/stream 90 12'],
  ['Flaky login test', '/run node test.js'],
  ['Release notes', '/stream 12 4'],
  ['Search index', '/search export'],
  ['Upgrade the bundler', '/stream 90 15'],
  ['Dark theme', '/think contrast of muted text'],
  ['Import wizard', '/plan'],
  ['Typing indicators', '/stream 80 18'],
  ['Rate limits', '/ask Delete the staging queue and create it again?'],
];
/** How the folder of these sessions is shown, wherever it really is. */
const SHOWN = '/home/ada';

const SIZES = [
  [390, 844],
  [1280, 800],
  [1920, 1080],
] as const;

/** Ten sessions of the built-in agent, as busy as on a good day. */
async function makeBusy(app: App): Promise<string[]> {
  const { page, gateway } = app;
  const shown = (text: string): string => text.replaceAll(gateway.work, SHOWN);
  await page.route('**/v1/sessions', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: shown(await response.text()) });
  });
  await page.addInitScript(showElsewhere, { real: gateway.work, shown: SHOWN });

  const ids: string[] = [];
  for (const [index, [title]] of SESSIONS.entries()) {
    const name = `harbour-${index + 1}`;
    makeWorkspace(await gateway.directory(name));
    ids.push((await gateway.createSession(title, 'workspace', name)).id);
  }
  await app.openWith(...ids);
  // The one on the stage last, so that it is at its beginning.
  for (const index of [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]) {
    for (const prompt of SESSIONS[index]!.slice(1)) {
      await app.sendTo(ids[index]!, prompt);
      if (prompt === '/diff') await app.idle(ids[index]!);
      if (prompt.startsWith('/think')) await app.composer.fill('And the focus ring, please');
    }
  }
  for (const index of [2, 9])
    await expect(app.row(ids[index]!)).toHaveAttribute('data-attention', 'approval');
  for (const index of [3])
    await expect(app.row(ids[index]!)).toHaveAttribute('data-attention', 'done');
  await expect
    .poll(async () => (await app.messages('assistant').last().innerText()).length)
    .toBeGreaterThan(700);
  return ids;
}

/** Lets sockets tell of one folder as another. Runs in the page; cheaper than a route for every frame. */
function showElsewhere({ real, shown }: { real: string; shown: string }): void {
  const data = Object.getOwnPropertyDescriptor(MessageEvent.prototype, 'data')!;
  Object.defineProperty(MessageEvent.prototype, 'data', {
    ...data,
    get(this: MessageEvent) {
      const value: unknown = data.get!.call(this);
      return typeof value === 'string' ? value.replaceAll(real, shown) : value;
    },
  });
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
    await app.rows.first().click({ position: { x: 60, y: 12 } });
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  await app.newSession.first().click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await shoot(page, join(folder, 'new-session.png'));
  await page.keyboard.press('Escape');
  // The page asks now and then, of a gateway that is about to go.
  await page.unrouteAll({ behavior: 'ignoreErrors' });
});
