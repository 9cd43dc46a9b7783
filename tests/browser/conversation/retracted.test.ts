import { afterEach, describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../../src/core/session/event.ts';
import { FakeSession, mount } from './fake.ts';

afterEach(() => {
  document.body.replaceChildren();
  sessionStorage.clear();
});

const piece = (text: string, messageId: string): SessionEvent => ({
  type: 'chunk',
  role: 'assistant',
  content: { type: 'text', text },
  messageId,
});
const picture: SessionEvent = {
  type: 'chunk',
  role: 'assistant',
  content: { type: 'image', data: 'AA==', mimeType: 'image/png' },
  messageId: 'r1',
};

const answers = (log: HTMLElement): HTMLElement[] => [
  ...log.querySelectorAll<HTMLElement>('[data-role="assistant"]'),
];

describe('a partial answer that was discarded', () => {
  it('[R45] gives way to a muted line, whatever of it was drawn', async () => {
    const fake = new FakeSession();
    const { log, settled } = await mount(fake);
    fake.prompt('go');
    fake.feed(piece('# Title\n\n- one\n- **tw', 'r1'), picture);
    await settled();
    const [row] = answers(log);
    expect(row!.querySelector('li')).not.toBeNull();
    fake.feed({ type: 'retract', messageId: 'r1' });
    fake.finish('cancelled');
    await settled();
    expect(row!.querySelector('.markdown')!.textContent).toBe('The partial answer was discarded.');
    expect(row!.textContent).not.toContain('Title');
    expect(row!.querySelectorAll('li, img, .attachment, button[data-copy]')).toHaveLength(0);
    expect(row!.hasAttribute('data-live')).toBe(false);
    expect(getComputedStyle(row!.querySelector('.discarded')!).fontStyle).toBe('italic');
  });

  it('[R45] reads the same when it is drawn from history', async () => {
    const fake = new FakeSession();
    fake.prompt('go');
    fake.feed(piece('partial', 'r1'), { type: 'retract', messageId: 'r1' });
    fake.finish('interrupted');
    const { log } = await mount(fake);
    expect(answers(log)[0]!.textContent).toContain('The partial answer was discarded.');
  });

  it('[R45] a discarded thought says so when it is opened', async () => {
    const fake = new FakeSession();
    const { log, settled } = await mount(fake);
    fake.prompt('go');
    fake.feed({
      type: 'chunk',
      role: 'thought',
      content: { type: 'text', text: 'secret plan' },
      messageId: 'r1',
    });
    const head = log.querySelector<HTMLElement>('.thought-head')!;
    head.click();
    expect(log.textContent).toContain('secret plan');
    fake.feed({ type: 'retract', messageId: 'r1' });
    await settled();
    expect(log.textContent).not.toContain('secret plan');
    expect(log.querySelector('.thought-body')!.textContent).toContain('discarded');
  });
});

describe('answers side by side', () => {
  it('[R38] each grows in its own place, also one that seemed complete', async () => {
    const fake = new FakeSession();
    const { log, settled } = await mount(fake);
    fake.prompt('go');
    fake.feed(piece('**first', 'r1'));
    fake.feed(piece('second', 'r2'));
    await settled();
    // Another message began, so for all anybody knew the first was complete.
    expect(answers(log).map((row) => row.hasAttribute('data-live'))).toEqual([false, true]);
    fake.feed(piece(' bold** goes on', 'r1'));
    fake.feed(piece(' too', 'r2'));
    await settled();
    const rows = answers(log);
    expect(rows).toHaveLength(2);
    expect(rows[0]!.querySelector('.markdown')!.textContent).toBe('first bold goes on');
    expect(rows[0]!.querySelector('strong')!.textContent).toBe('first bold');
    expect(rows[1]!.querySelector('.markdown')!.textContent).toBe('second too');
    expect(rows.map((row) => row.hasAttribute('data-live'))).toEqual([true, true]);
    fake.finish();
    expect(rows.map((row) => row.hasAttribute('data-live'))).toEqual([false, false]);
  });
});
