import { afterEach, describe, expect, it } from 'vitest';
import { tenSessions } from './fake-store.ts';
import { deep, mount, one, painted, unmount, until } from './support.ts';

afterEach(unmount);

/** Changed nodes of a switch between two sessions that were viewed before: rows, header, panes, counters. */
const PER_SWITCH = 120;

/** Counts changes anywhere on the page from now on, by nodes changed, added and removed. */
function counter(): () => number {
  let nodes = 0;
  const observer = new MutationObserver((records) => {
    for (const { addedNodes, removedNodes } of records)
      nodes += 1 + addedNodes.length + removedNodes.length;
  });
  const options = { subtree: true, childList: true, characterData: true, attributes: true };
  observer.observe(document, options);
  for (const each of deep('*')) if (each.shadowRoot) observer.observe(each.shadowRoot, options);
  return () => {
    for (const { addedNodes, removedNodes } of observer.takeRecords())
      nodes += 1 + addedNodes.length + removedNodes.length;
    observer.disconnect();
    return nodes;
  };
}

async function switchCost(messages: number): Promise<number> {
  const fake = tenSessions();
  const record = fake.sessions.value[8]!;
  for (let i = 0; i < messages; i++) record.told(`Question ${i}`).says(`Answer ${i}.`);
  await mount(fake);
  for (const id of ['s9', 's1']) {
    fake.actions.activate(id);
    // Cards may come a moment after the rest.
    await until(() => one('[role="log"]', one('.pane.shown')).childElementCount > 0);
    await painted();
  }
  const count = counter();
  fake.actions.activate('s9');
  await painted();
  const nodes = count();
  expect(one('[role="log"]', one('.pane.shown')).childElementCount).toBeGreaterThan(0);
  unmount();
  return nodes;
}

describe('[R34] nodes touched by a switch', () => {
  it('are few, and no more with a long history', async () => {
    const few = await switchCost(10);
    const many = await switchCost(2_000);
    expect(few).toBeGreaterThan(5);
    expect(many).toBeLessThanOrEqual(few + 10);
    expect(many).toBeLessThanOrEqual(PER_SWITCH);
  });

  it('would be more if the conversation were drawn anew (negative control)', async () => {
    const fake = tenSessions();
    await mount(fake);
    fake.actions.activate('s9');
    await painted();
    const count = counter();
    const log = one('[role="log"]', one('.pane.shown'));
    for (let i = 0; i < PER_SWITCH; i++) log.append(document.createElement('p'));
    expect(count()).toBeGreaterThan(PER_SWITCH);
  });
});
