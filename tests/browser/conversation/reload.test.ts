import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeSession, frames, mount, type Mounted } from './fake.ts';
import { atEnd, firstInSight, scrollTo, topOf } from './scrolling.ts';

afterEach(() => {
  document.body.replaceChildren();
  sessionStorage.clear();
});

describe('[R37] a reload of the tab', () => {
  const LONG = 100;

  /** Another page has the same session, and reads its cached log in pieces. */
  async function reload(): Promise<[FakeSession, Mounted]> {
    const fake = new FakeSession();
    const view = await mount(fake);
    await view.settled();
    fake.loading.value = true;
    for (let turns = 0; turns < LONG; turns += 20) {
      fake.history(20, turns);
      await frames(1);
    }
    fake.loading.value = false;
    await view.settled();
    return [fake, view];
  }

  it('stands at the same message, also far up, and says nothing of new ones', async () => {
    const [, view] = await reload();
    for (let page = 0; page < 3; page++) await scrollTo(view, 300);
    const row = firstInSight(view);
    const [words, before] = [row.textContent, topOf(view, row)];
    window.dispatchEvent(new Event('pagehide'));
    document.body.replaceChildren();
    const [fake, again] = await reload();
    const found = firstInSight(again);
    expect(found.textContent).toBe(words);
    expect(Math.abs(topOf(again, found) - before)).toBeLessThanOrEqual(1);
    const { renderRoot } = again.element.renderRoot.querySelector('ap-transcript')!;
    expect(renderRoot.querySelector<HTMLElement>('.pill')!.ariaLabel).toBe('To the end');
    fake.say('more');
    await again.settled();
    expect(Math.abs(topOf(again, found) - before)).toBeLessThanOrEqual(1);
  });

  it('follows the end when the reader did, and after they went back to it', async () => {
    const [, view] = await reload();
    await scrollTo(view, 300);
    await vi.waitFor(() => expect(sessionStorage.length).toBe(1));
    await scrollTo(view, view.scroller.scrollHeight);
    await vi.waitFor(() => expect(sessionStorage.length).toBe(0));
    document.body.replaceChildren();
    const [, again] = await reload();
    expect(atEnd(again)).toBe(0);
  });

  it('does not move a reader who went elsewhere before the place was there', async () => {
    const [, view] = await reload();
    await scrollTo(view, 300);
    document.body.replaceChildren();
    const fake = new FakeSession();
    const again = await mount(fake);
    fake.history(20);
    await again.settled();
    await scrollTo(again, again.scroller.scrollTop - 900);
    const row = firstInSight(again);
    const before = topOf(again, row);
    fake.history(LONG, 20);
    await again.settled();
    expect(row.isConnected).toBe(true);
    expect(Math.abs(topOf(again, row) - before)).toBeLessThanOrEqual(1);
  });
});
