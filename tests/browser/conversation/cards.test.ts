import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeSession, box, mount } from './fake.ts';

afterEach(() => document.body.replaceChildren());

describe('cards, whose code is loaded when the first is there', () => {
  // In this order: what was loaded once is there for the rest of the page's life.
  it('[R28] come with everything around them, in order, and with their styles', async () => {
    const fake = new FakeSession();
    const view = await mount(fake, box(), { cards: false });
    fake.prompt('go');
    fake.say('Reading. ');
    expect(view.log.querySelectorAll('[data-message-id]')).toHaveLength(2);
    fake.feed({ type: 'tool', call: { toolCallId: 'c1', title: 'Read a.ts', kind: 'read' } });
    fake.say('And done.');
    // Not a frame of anything else: what stood there stands there.
    expect(view.log.querySelectorAll('[data-message-id]')).toHaveLength(2);
    await vi.waitFor(() => expect(view.log.querySelector('[data-tool-call-id]')).not.toBeNull());
    const kinds = [...view.log.querySelectorAll<HTMLElement>(':scope > .item')].map(
      (each) => each.dataset['role'] ?? each.dataset['toolCallId'],
    );
    expect(kinds).toEqual(['user', 'assistant', 'c1', 'assistant']);
    const head = view.log.querySelector<HTMLElement>('.tool-head')!;
    expect(getComputedStyle(head).display).toBe('flex');
    // From now on they are drawn in the same frame as everything.
    fake.feed({ type: 'tool', call: { toolCallId: 'c2', title: 'Read b.ts', kind: 'read' } });
    expect(view.log.querySelectorAll('[data-tool-call-id]')).toHaveLength(2);
  });

  it('[R57] another conversation has them, styles and all, at once; its request takes the focus', async () => {
    const fake = new FakeSession();
    fake.prompt('go');
    fake.feed({
      type: 'permission',
      id: 'r1',
      tool: { toolCallId: 'c1', title: 'Run the tests', kind: 'execute' },
      options: [{ optionId: 'yes', name: 'Allow', kind: 'allow_once' }],
    });
    const view = await mount(fake, box(), { cards: false });
    expect(await view.element.focusApproval()).toBe(true);
    const card = view.log.querySelector<HTMLElement>('[data-request-id="r1"]')!;
    expect((view.log.getRootNode() as ShadowRoot).activeElement).toBe(card);
    expect(getComputedStyle(card.querySelector('.approval-head')!).display).toBe('flex');
  });
});
