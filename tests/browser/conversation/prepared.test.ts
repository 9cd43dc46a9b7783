import { afterEach, describe, expect, it, vi } from 'vitest';
import type { SessionEvent } from '../../../src/core/session/event.ts';
import { letGo } from '../../../src/core/session/past.ts';
import { setPlace } from '../../../src/app/ui/conversation/reading-place.ts';
import { FakeSession, frames, mount, say, type Mounted } from './fake.ts';
import { atEnd, firstInSight, scrollTo, topOf } from './scrolling.ts';

afterEach(() => {
  document.body.replaceChildren();
  sessionStorage.clear();
});

async function hide(view: Mounted): Promise<void> {
  view.element.active = false;
  view.element.style.contentVisibility = 'hidden';
  await view.settled();
  await frames(3);
}

/** As when somebody comes near to it: drawn, painted, and not viewed. */
async function prepare(view: Mounted, times = 1): Promise<void> {
  for (let i = 0; i < times; i++) {
    await view.element.prepare();
    view.element.style.contentVisibility = '';
    await view.settled();
    await frames(3);
  }
}

async function show(view: Mounted): Promise<void> {
  view.element.style.contentVisibility = '';
  view.element.active = true;
  await view.settled();
}

const tool = (id: string): SessionEvent => ({
  type: 'tool',
  call: { toolCallId: id, title: `Tool ${id}`, kind: 'read', status: 'completed' },
});

function longAnswers(fake: FakeSession, name: string, count = 5): void {
  for (let i = 0; i < count; i++)
    fake.feed(tool(`${name}${i}`), say('A long answer.\n\n'.repeat(40)));
}

async function viewedBefore(fake: FakeSession): Promise<Mounted> {
  const view = await mount(fake);
  await view.settled();
  await frames(3);
  return view;
}

describe('[R34] a conversation that is brought up to date before it is viewed', () => {
  // First, as what was loaded once is there for the rest of the page's life.
  it('has its cards, whose code comes with it', async () => {
    const fake = new FakeSession();
    fake.history(5);
    const view = await mount(fake, undefined, { cards: false, active: false });
    await view.element.prepare();
    await vi.waitFor(() => expect(view.log.querySelector('[data-tool-call-id]')).not.toBeNull());
    // And follows nothing.
    const rows = view.log.childElementCount;
    longAnswers(fake, 'x');
    await frames(3);
    expect(view.log.childElementCount).toBe(rows);
  });

  it('is at its end, however often, and the same rows stand there when it is viewed', async () => {
    const fake = new FakeSession();
    fake.history(60);
    const view = await viewedBefore(fake);
    await hide(view);
    for (let i = 0; i < 4; i++) {
      if (i % 2) longAnswers(fake, `x${i}`);
      else fake.history(3, 100 + i * 10);
      await prepare(view);
    }
    const rows = [...view.log.children];
    await show(view);
    expect(atEnd(view)).toBe(0);
    expect([...view.log.children]).toEqual(rows);
    expect(fake.record.scrollTop).toBeUndefined();
  });

  it.each([1, 3])('[R37] keeps the place of a reader further up, after %i times', async (times) => {
    const fake = new FakeSession();
    fake.history(60);
    const view = await viewedBefore(fake);
    await scrollTo(view, view.scroller.scrollHeight - 2000);
    const row = firstInSight(view);
    const top = topOf(view, row);
    await hide(view);
    longAnswers(fake, 'x');
    await prepare(view, times);
    await show(view);
    expect(firstInSight(view)).toBe(row);
    expect(Math.abs(topOf(view, row) - top)).toBeLessThanOrEqual(1);
    expect(view.calls).toEqual([]);
  });

  it.each([0, 1, 3])('keeps what was mounted when it was left, after %i times', async (times) => {
    const fake = new FakeSession();
    fake.history(20);
    const view = await viewedBefore(fake);
    const last = view.log.lastElementChild!;
    await hide(view);
    longAnswers(fake, 'x', 3);
    await prepare(view, times);
    await show(view);
    expect(last.isConnected).toBe(true);
  });

  it.each([0, 1, 3])('has a request that waits further up, after %i times', async (times) => {
    const fake = new FakeSession();
    fake.history(5);
    const view = await viewedBefore(fake);
    await hide(view);
    const options = [{ optionId: 'once', name: 'Allow', kind: 'allow_once' as const }];
    const asked = { toolCallId: 't', title: 'Run npm test', kind: 'execute' as const };
    fake.feed(
      { type: 'turn', state: 'running' },
      { type: 'permission', id: 'r1', tool: asked, options },
    );
    longAnswers(fake, 'x');
    await prepare(view, times);
    await show(view);
    expect(await view.element.focusApproval()).toBe(true);
  });

  it('reads no earlier page for a place that nobody stands at yet', async () => {
    const fake = new FakeSession();
    fake.history(200);
    const item = fake.transcript.items[10]!;
    setPlace(fake.record, { id: item.id, n: item.n, offset: 0 });
    letGo(fake.transcript, 300, 400);
    const view = await mount(fake, undefined, { active: false });
    await prepare(view, 3);
    const read = () => view.calls.filter(([name]) => name === 'readOlder');
    expect(read()).toEqual([]);
    await show(view);
    await frames(3);
    expect(read()).toHaveLength(1);
  });
});
