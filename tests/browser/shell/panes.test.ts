import { userEvent } from 'vitest/browser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApApp } from '../../../src/app/ui/app.ts';
import { tenSessions, type FakeStore } from './fake-store.ts';
import { deep, mount, one, painted, unmount, until } from './support.ts';

let fake: FakeStore;
let app: ApApp;

beforeEach(async () => {
  fake = tenSessions();
  app = await mount(fake);
});
afterEach(unmount);

const pane = (id: string) => one(`.pane[data-session-id="${id}"]`);
const textarea = (id: string) => one<HTMLTextAreaElement>('textarea', pane(id));

async function view(...ids: string[]): Promise<void> {
  for (const id of ids) {
    fake.actions.activate(id);
    await painted();
  }
}

/** Those that the browser would still paint, were they not transparent. */
const warm = () => deep('.pane[data-warm]').map((each) => each.dataset['sessionId']);
const isPainted = (id: string) => one('ap-conversation', pane(id)).checkVisibility();
const settled = () => until(() => deep('.pane:not(.shown)').every((each) => each.inert));

/** The element that has the keys, through all shadow roots. */
function focused(): Element | null {
  let { activeElement } = document;
  while (activeElement?.shadowRoot?.activeElement) ({ activeElement } = activeElement.shadowRoot);
  return activeElement;
}

describe('[R34] conversations that are not viewed', () => {
  it('the one viewed last stays painted, all others do not', async () => {
    await view('s1', 's2', 's3');
    await settled();
    expect(warm()).toEqual(['s2']);
    expect(['s1', 's2', 's3'].map(isPainted)).toEqual([false, true, true]);
    await view('s1');
    await settled();
    expect(warm()).toEqual(['s3']);
    expect(['s1', 's2', 's3'].map(isPainted)).toEqual([true, false, true]);
  });

  it('cannot be reached, but for a moment after they were left', async () => {
    await view('s1', 's2', 's3');
    await settled();
    expect(pane('s3').inert).toBe(false);
    expect([pane('s1').inert, pane('s2').inert]).toEqual([true, true]);
    textarea('s2').focus();
    expect(focused()).not.toBe(textarea('s2'));
  });

  it('lose the keys at once', async () => {
    await view('s1');
    textarea('s1').focus();
    expect(focused()).toBe(textarea('s1'));
    fake.actions.activate('s2');
    await app.updateComplete;
    expect(focused()).not.toBe(textarea('s1'));
    await userEvent.keyboard('for the other');
    expect(textarea('s1').value).toBe('');
  });

  it.each([
    ['before', 's1', 's2'],
    ['after', 's2', 's1'],
  ])('take no click, when they stand %s the viewed one', async (_, first, second) => {
    await view('s1', 's2', first, second);
    expect(warm()).toContain(first);
    const { x, y, width, height } = pane(second).getBoundingClientRect();
    const hit = (app.renderRoot as ShadowRoot).elementFromPoint(x + width / 2, y + height / 2);
    expect(hit?.closest<HTMLElement>('.pane')?.dataset['sessionId']).toBe(second);
  });

  it('take no click when no session is viewed', async () => {
    await view('s1', 's2');
    fake.activeSessionId.value = undefined;
    await painted();
    expect(deep('.pane.shown')).toEqual([]);
    expect(warm()).toEqual([]);
    expect([pane('s1').inert, pane('s2').inert]).toEqual([true, true]);
  });

  it('on a phone are not painted at all', async () => {
    unmount();
    await mount((fake = tenSessions()), 390, 844);
    await view('s1', 's2');
    expect(warm()).toEqual([]);
    expect(pane('s1').inert).toBe(true);
    expect(isPainted('s1')).toBe(false);
  });
});

describe('[R34] the conversation that is viewed again', () => {
  it('can be used after the next frame', async () => {
    await view('s1', 's2');
    await settled();
    fake.actions.activate('s1');
    await app.updateComplete;
    await until(() => !pane('s1').inert);
    textarea('s1').focus();
    expect(focused()).toBe(textarea('s1'));
  });

  it('has the caret at once where there was one before', async () => {
    await view('s1', 's2');
    await settled();
    textarea('s2').focus();
    await userEvent.keyboard('{Alt>}1{/Alt}');
    await until(() => focused() === textarea('s1'));
    await userEvent.keyboard('go on');
    expect(textarea('s1').value).toBe('go on');
  });

  it('is not put away by a moment that ends later', async () => {
    await view('s1', 's2', 's1');
    await settled();
    expect(pane('s1').inert).toBe(false);
    expect(pane('s1').hasAttribute('data-warm')).toBe(false);
  });
});
