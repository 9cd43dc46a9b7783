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

/** Transparent, and painted all the same. */
const warm = () => deep('.pane[data-warm]:not(.shown)').map((each) => each.dataset['sessionId']);
const isPainted = (id: string) => one('ap-conversation', pane(id)).checkVisibility();
/** Longer than it takes until the one that was left is painted again. */
const aMoment = () => new Promise((resolve) => setTimeout(resolve, 150));

/** The element that has the keys, through all shadow roots. */
function focused(): Element | null {
  let { activeElement } = document;
  while (activeElement?.shadowRoot?.activeElement) ({ activeElement } = activeElement.shadowRoot);
  return activeElement;
}

describe('[R34] conversations that are not viewed', () => {
  it('the one viewed last is painted again after a moment, and no other', async () => {
    await view('s1', 's2');
    await until(() => warm().length > 0);
    expect(warm()).toEqual(['s1']);
    fake.actions.activate('s3');
    await app.updateComplete;
    expect(isPainted('s2')).toBe(false);
    await until(() => warm().includes('s2'));
    expect(warm()).toEqual(['s2']);
    expect(['s1', 's2', 's3'].map(isPainted)).toEqual([false, true, true]);
    await view('s1');
    await until(() => warm().includes('s3'));
    expect(['s1', 's2', 's3'].map(isPainted)).toEqual([true, false, true]);
  });

  it('cannot be reached', async () => {
    await view('s1', 's2', 's3');
    await until(() => warm().includes('s2'));
    for (const id of ['s1', 's2']) {
      expect(pane(id).inert).toBe(true);
      textarea(id).focus();
      expect(focused()).not.toBe(textarea(id));
    }
    textarea('s3').focus();
    expect(focused()).toBe(textarea('s3'));
  });

  it('lose the keys at once', async () => {
    await view('s1');
    textarea('s1').focus();
    expect(focused()).toBe(textarea('s1'));
    fake.actions.activate('s2');
    await painted();
    expect(focused()).not.toBe(textarea('s1'));
    await userEvent.keyboard('for the other');
    expect(textarea('s1').value).toBe('');
  });

  it.each([
    ['before', 's1', 's2'],
    ['after', 's2', 's1'],
  ])('take no click, when they stand %s the viewed one', async (_, first, second) => {
    await view('s1', 's2', first, second);
    await until(() => warm().includes(first));
    const { x, y, width, height } = pane(second).getBoundingClientRect();
    const hit = (app.renderRoot as ShadowRoot).elementFromPoint(x + width / 2, y + height / 2);
    expect(hit?.closest<HTMLElement>('.pane')?.dataset['sessionId']).toBe(second);
  });

  it('are not painted when no session is viewed', async () => {
    await view('s1', 's2');
    await until(() => warm().length > 0);
    fake.activeSessionId.value = undefined;
    await until(() => warm().length === 0);
    expect(deep('.pane.shown')).toEqual([]);
    expect([pane('s1').inert, pane('s2').inert]).toEqual([true, true]);
  });

  it('do not move where they are painted, until they are viewed again', async () => {
    fake.sessions.value.find(({ id }) => id === 's1')!.uses('t1', 'npm test');
    await view('s1');
    const spinner = await until(() => one('.in_progress svg', pane('s1')).getAnimations()[0]);
    expect(spinner.playState).toBe('running');
    await view('s2');
    await until(() => warm().includes('s1'));
    expect(spinner.playState).toBe('paused');
    await view('s1');
    await until(() => spinner.playState === 'running');
  });

  it('on a phone are not painted at all', async () => {
    unmount();
    await mount((fake = tenSessions()), 390, 844);
    await view('s1', 's2');
    await aMoment();
    expect(warm()).toEqual([]);
    expect(pane('s1').inert).toBe(true);
    expect(isPainted('s1')).toBe(false);
  });
});

describe('[R34] the conversation that is viewed again', () => {
  it.each([
    ['that was painted', aMoment],
    ['that was not', painted],
  ])('can be used after the next frame, one %s', async (_, wait) => {
    await view('s1', 's2');
    await wait();
    fake.actions.activate('s1');
    await app.updateComplete;
    await until(() => !pane('s1').inert);
    textarea('s1').focus();
    expect(focused()).toBe(textarea('s1'));
  });

  it('has the caret at once where there was one before', async () => {
    await view('s1', 's2');
    await aMoment();
    textarea('s2').focus();
    await userEvent.keyboard('{Alt>}1{/Alt}');
    await until(() => focused() === textarea('s1'));
    await userEvent.keyboard('go on');
    expect(textarea('s1').value).toBe('go on');
  });

  it('stays when the moment after it was left is over', async () => {
    await view('s1', 's2', 's1');
    await aMoment();
    expect(pane('s1').inert).toBe(false);
    expect(isPainted('s1')).toBe(true);
    expect(warm()).toEqual(['s2']);
  });
});
