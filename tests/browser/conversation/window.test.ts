import { afterEach, describe, expect, it } from 'vitest';
import { box, FakeSession, frames, mount, type Mounted } from './fake.ts';
import { atEnd, firstInSight, scrollTo, topOf } from './scrolling.ts';

afterEach(() => {
  document.body.replaceChildren();
  sessionStorage.clear();
});

/** Many short items: a window of them does not fill a high viewport. */
function tall(fake: FakeSession): Promise<Mounted> {
  const host = box();
  host.style.height = '2400px';
  return mount(fake, host);
}

const away = async (view: Mounted, meanwhile?: () => void): Promise<void> => {
  view.element.active = false;
  view.element.style.contentVisibility = 'hidden';
  await view.settled();
  meanwhile?.();
  view.element.style.contentVisibility = '';
  view.element.active = true;
  await view.element.updateComplete;
};

const above = ({ scroller }: Mounted): number => scroller.scrollTop;

describe('[R34] the part of a history that is mounted', () => {
  it('is enough for a high viewport in the frame that shows it', async () => {
    const fake = new FakeSession();
    fake.history(60);
    const view = await tall(fake);
    // No frame has passed.
    expect(above(view)).toBeGreaterThanOrEqual(900);
    const mounted = view.log.childElementCount;
    await frames();
    expect(view.log.childElementCount).toBe(mounted);
    expect(atEnd(view)).toBe(0);
  });

  it('is all of it where that is less', async () => {
    const fake = new FakeSession();
    fake.history(2);
    const view = await tall(fake);
    await away(view);
    expect(view.log.childElementCount).toBe(fake.transcript.items.length);
  });

  it('is less again in a session that was left, which comes back at its end and without a change', async () => {
    const fake = new FakeSession();
    fake.history(60);
    const view = await mount(fake);
    await view.settled();
    const few = view.log.childElementCount;
    for (let i = 0; i < 3; i++) await scrollTo(view, 100);
    await scrollTo(view, view.scroller.scrollHeight);
    const many = view.log.childElementCount;
    expect(many).toBeGreaterThan(few + 60);
    await away(view);
    const left = [...view.log.children];
    expect(left.length).toBeLessThan(few + 30);
    expect(atEnd(view)).toBe(0);
    for (let i = 0; i < 3; i++) await away(view);
    expect([...view.log.children]).toEqual(left);
    await view.settled();
    await scrollTo(view, 100);
    expect(view.log.childElementCount).toBeGreaterThan(left.length);
  });

  it('stays for a reader who is not at the end', async () => {
    const fake = new FakeSession();
    fake.history(60);
    const view = await mount(fake);
    await view.settled();
    for (let i = 0; i < 3; i++) await scrollTo(view, 100);
    await scrollTo(view, 600);
    const row = firstInSight(view);
    const [before, mounted] = [topOf(view, row), view.log.childElementCount];
    await away(view);
    expect(view.log.childElementCount).toBe(mounted);
    expect(Math.abs(topOf(view, row) - before)).toBeLessThanOrEqual(1);
  });
});
