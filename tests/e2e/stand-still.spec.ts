import { CdpBrowser } from '../support/cdp-browser.ts';
import type { GatewayProcess } from '../support/gateway-process.ts';
import { expect, test as base } from './fixtures.ts';

const test = base.extend<{ browserAlone: CdpBrowser }>({
  browserAlone: async ({ gateway }, use) => {
    expect(gateway.origin).toBeTruthy();
    const browser = await CdpBrowser.launch();
    await use(browser);
    await browser.close();
  },
});

const RECORD = `document.querySelector('ap-app').store.sessions.value[0]`;
const CONNECTED = `${RECORD}?.connection.value.status === 'connected'`;
/** All that was said, from the transcript itself: a page that is not drawn has no text in its document. */
const SAID = `${RECORD}.transcript().items.map(({ text }) => text ?? '').join('|')`;

/** Opens the page with one session, and notes what becomes of document and connection. */
async function open(browser: CdpBrowser, gateway: GatewayProcess): Promise<void> {
  const { id } = await gateway.createSession('Kept');
  await browser.ask('Page.navigate', { url: gateway.link });
  await browser.until(CONNECTED);
  await browser.evaluate(`(() => {
    window.sessionId = ${JSON.stringify(id)};
    window.seen = [];
    addEventListener('pageshow', ({ persisted }) => seen.push('persisted ' + persisted));
    document.addEventListener('freeze', () => seen.push('freeze'));
    ${RECORD}.connection.subscribe(({ status }) => seen.push(status));
  })()`);
}

const send = (browser: CdpBrowser, text: string): Promise<unknown> =>
  browser.evaluate(
    `void document.querySelector('ap-app').actions.sendPrompt(sessionId, ${JSON.stringify(text)})`,
  );

test('[R19, R21] a page that the browser freezes lets its socket go, and is back at once with all that came', async ({
  browserAlone: browser,
  gateway,
}) => {
  await open(browser, gateway);
  await send(browser, 'STREAM 300 10 w');
  await browser.until(`${SAID}.includes('w:tok20 ')`);
  await browser.cover();
  await browser.ask('Page.setWebLifecycleState', { state: 'frozen' });
  // Its scripts stand still, so it is asked afterwards what it did.
  await browser.ask('Page.setWebLifecycleState', { state: 'active' });
  await browser.until(`seen.at(-1) === 'connected'`);
  const seen = await browser.evaluate<string[]>('seen');
  const frozen = seen.indexOf('freeze');
  expect(frozen).toBeGreaterThan(-1);
  expect(seen).toContain('reconnecting');
  await browser.until(`${SAID}.includes('w:tok299')`);
  const said = await browser.evaluate<string>(SAID);
  expect(said.match(/w:tok\d+/g)!.slice(-300)).toEqual(
    Array.from({ length: 300 }, (_, n) => `w:tok${n}`),
  );
});

test('[R19, R21] away and back: the page comes out of the back/forward cache, and its socket is opened anew', async ({
  browserAlone: browser,
  gateway,
}) => {
  await open(browser, gateway);
  await send(browser, 'SAY before');
  await browser.until(`${SAID}.includes('SAY before|before')`);
  await browser.ask('Page.navigate', { url: `${gateway.origin}/healthz` });
  await browser.until(`location.pathname === '/healthz'`);
  await browser.back();
  await browser.until(`window.seen?.includes('persisted true') && seen.at(-1) === 'connected'`);
  expect(await browser.evaluate('seen')).toContain('reconnecting');
  await send(browser, 'SAY after');
  await browser.until(`${SAID}.includes('SAY after|after')`);
});

test('[R19] negative control: a page that the browser does not keep is seen to be another one', async ({
  browserAlone: browser,
  gateway,
}) => {
  await open(browser, gateway);
  await browser.evaluate(`addEventListener('unload', () => {})`);
  await browser.ask('Page.navigate', { url: `${gateway.origin}/healthz` });
  await browser.until(`location.pathname === '/healthz'`);
  await browser.back();
  await browser.until(CONNECTED);
  expect(await browser.evaluate('window.seen === undefined')).toBe(true);
});
