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

/** The very same elements, not only equal ones. */
const isSame = ({ log }: Mounted, rows: readonly Element[]): boolean =>
  log.childElementCount === rows.length && rows.every((row, i) => row === log.children[i]);

/** At its end, with these rows and no others at each switch, and with more of them on the way up. */
async function comesBack(view: Mounted, rows: readonly Element[]): Promise<void> {
  expect(atEnd(view)).toBe(0);
  for (let i = 0; i < 3; i++) await away(view);
  expect(isSame(view, rows)).toBe(true);
  await view.settled();
  await scrollTo(view, 100);
  expect(view.log.childElementCount).toBeGreaterThan(rows.length);
}

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
    await comesBack(view, left);
  });

  it('is less than a window in a session that was left, where few items are high enough', async () => {
    const fake = new FakeSession();
    for (let i = 0; i < 20; i++) {
      fake.prompt(`Question ${i}`);
      fake.say('A long answer.\n\n'.repeat(40));
    }
    const view = await mount(fake);
    await view.settled();
    expect(view.log.childElementCount).toBeGreaterThanOrEqual(30);
    await away(view);
    const left = [...view.log.children];
    expect(left.length).toBeLessThan(10);
    expect(above(view)).toBeGreaterThanOrEqual(900);
    await comesBack(view, left);
  });

  it('has a request in it that waits, however far up', async () => {
    const fake = new FakeSession();
    fake.history(5);
    fake.prompt('go');
    const options = [{ optionId: 'once', name: 'Allow', kind: 'allow_once' as const }];
    const asked = { toolCallId: 't', title: 'Run npm test', kind: 'execute' as const };
    fake.feed({ type: 'permission', id: 'r1', tool: asked, options });
    // It goes on with something else meanwhile.
    for (let i = 0; i < 10; i++) {
      fake.say('A long answer.\n\n'.repeat(40));
      fake.feed({ type: 'tool', call: { toolCallId: `t${i}`, title: 'Read', kind: 'read' } });
    }
    const view = await mount(fake);
    await view.settled();
    const card = () => view.log.querySelector('[data-request-id="r1"]');
    const mounted = view.log.childElementCount;
    await away(view);
    expect(card()).not.toBeNull();
    // What stands before it goes.
    expect(view.log.childElementCount).toBeLessThan(mounted);
    fake.feed({ type: 'resolved', id: 'r1', outcome: 'selected', optionId: 'once' });
    await view.settled();
    await away(view);
    expect(card()).toBeNull();
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

  it('does not come and go at each switch where one item is far higher than the others', async () => {
    const fake = new FakeSession();
    fake.history(20);
    fake.prompt('go');
    fake.say('A long answer.\n\n'.repeat(800));
    for (let i = 0; i < 31; i++)
      fake.feed({
        type: 'tool',
        call: { toolCallId: `t${i}`, title: `Read ${i}`, kind: 'read', status: 'completed' },
      });
    const view = await mount(fake);
    await view.settled();
    await away(view);
    await view.settled();
    const left = [...view.log.children];
    for (let i = 0; i < 3; i++) {
      await away(view);
      expect(isSame(view, left)).toBe(true);
      await view.settled();
      expect(isSame(view, left)).toBe(true);
    }
  });

  it('is enough again when more came at once than a window holds, and when old items have gone', async () => {
    const fake = new FakeSession();
    fake.history(60);
    const view = await tall(fake);
    await view.settled();
    for (let i = 0; i < 60; i++) {
      // Each of them short; now and then more than a window.
      fake.history(i % 20 === 0 ? 12 : 1);
      expect(view.scroller.scrollHeight - view.scroller.clientHeight).toBeGreaterThanOrEqual(900);
      await frames();
      expect(view.log.childElementCount).toBeLessThan(200);
    }
  });

  it('is no more than a window where there is no height to fill', async () => {
    const fake = new FakeSession();
    fake.history(2);
    const host = box();
    host.style.height = '0';
    const view = await mount(fake, host);
    fake.history(200);
    await view.settled();
    expect(view.log.childElementCount).toBe(30);
  });

  it('stays as it is in a pane that is hidden, though that scrolls', async () => {
    const fake = new FakeSession();
    fake.history(60);
    const view = await mount(fake);
    await view.settled();
    view.element.active = false;
    view.element.style.contentVisibility = 'hidden';
    await view.settled();
    const mounted = view.log.childElementCount;
    await scrollTo(view, 0);
    expect(view.scroller.scrollTop).toBe(0);
    expect(view.log.childElementCount).toBe(mounted);
  });
});
