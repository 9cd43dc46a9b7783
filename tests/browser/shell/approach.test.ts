import { userEvent } from 'vitest/browser';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ApApp } from '../../../src/app/ui/app.ts';
import { tenSessions, type FakeStore } from './fake-store.ts';
import { deep, item, mount, one, painted, press, unmount, until } from './support.ts';

let fake: FakeStore;
let app: ApApp;

beforeEach(async () => {
  fake = tenSessions();
  app = await mount(fake);
});
afterEach(async () => {
  // The next page would have the pointer on one of its rows.
  await userEvent.unhover(document.body);
  unmount();
});

const record = (id: string) => fake.sessions.value.find((each) => each.id === id)!;
const mounted = () => deep('.pane').map((each) => each.dataset['sessionId']);
const pane = (id: string) => one(`.pane[data-session-id="${id}"]`);
const log = (id: string) => one('[role="log"]', pane(id)).textContent;
const isPainted = (id: string) => one('ap-conversation', pane(id)).checkVisibility();
const row = (id: string) => one('.open', item(id).shadowRoot!);
const comeTo = (id: string) =>
  row(id).dispatchEvent(new PointerEvent('pointermove', { bubbles: true, composed: true }));
const alt = (repeat = false) => press('AltLeft', { key: 'Alt', altKey: true, repeat });
const step = (repeat: boolean) => press('BracketRight', { altKey: true, key: ']', repeat });
/** Longer than what was left stays unpainted, and than a pointer has to dwell. */
const aMoment = () => new Promise((resolve) => setTimeout(resolve, 150));

async function view(...ids: string[]): Promise<void> {
  for (const id of ids) {
    fake.actions.activate(id);
    await painted();
  }
}

describe('[R34] a session that the pointer comes to', () => {
  it('is brought up to date and painted before it is viewed, and nobody can tell', async () => {
    await view('s1', 's2', 's3');
    record('s1').says('Said meanwhile.');
    await aMoment();
    // Without the pointer nothing of it is drawn.
    expect([log('s1')?.includes('Said meanwhile.'), isPainted('s1')]).toEqual([false, false]);
    const { unread } = record('s1');
    const before = unread.value;
    await userEvent.hover(row('s1'));
    await until(() => isPainted('s1'));
    expect(log('s1')).toContain('Said meanwhile.');
    expect([fake.activeSessionId.value, unread.value]).toEqual(['s3', before]);
    expect(pane('s1').inert).toBe(true);
    expect(pane('s1').getAttribute('aria-hidden')).toBe('true');
    expect(getComputedStyle(pane('s1')).opacity).toBe('0');
    expect(fake.called('prepare')).toContainEqual(['s1']);
    expect(fake.called('activate')).toHaveLength(3);
  });

  it('does not follow what comes then, until it is viewed', async () => {
    await view('s1', 's2', 's3');
    comeTo('s1');
    await until(() => isPainted('s1'));
    record('s1').says('Said after that.');
    await aMoment();
    expect(log('s1')).not.toContain('Said after that.');
    row('s1').click();
    await painted();
    expect(log('s1')).toContain('Said after that.');
    expect(pane('s1').classList).toContain('shown');
    await until(() => !pane('s1').inert);
  });

  it('has its conversation before it was ever viewed', async () => {
    await view('s1');
    record('s10').says('Never viewed.');
    expect(mounted()).not.toContain('s10');
    comeTo('s10');
    await until(() => isPainted('s10'));
    expect(log('s10')).toContain('Never viewed.');
    expect(pane('s10').inert).toBe(true);
    one<HTMLTextAreaElement>('textarea', pane('s10')).focus();
    expect(deep(':focus', pane('s10'))).toEqual([]);
    row('s10').click();
    await until(() => !pane('s10').inert);
    expect(mounted()).toContain('s10');
  });

  it('takes nobody’s place', async () => {
    fake.add({ title: 'Eleventh' });
    await view(...Array.from({ length: 10 }, (_, i) => `s${i + 1}`));
    comeTo('s11');
    await aMoment();
    expect(mounted()).toHaveLength(10);
    expect(mounted()).not.toContain('s11');
  });

  it('is not told of a pointer that only passes', async () => {
    await view('s1');
    for (const id of ['s2', 's3', 's4', 's5']) comeTo(id);
    await until(() => mounted().includes('s5'));
    expect(mounted()).not.toContain('s2');
    expect(mounted()).not.toContain('s4');
  });

  it('takes the place of another that was never opened', async () => {
    fake.add({ title: 'Eleventh' });
    await view('s1');
    for (const id of ['s2', 's3', 's4', 's5', 's6', 's7', 's8', 's10', 's11']) {
      comeTo(id);
      await until(() => mounted().includes(id));
    }
    expect(mounted()).toHaveLength(10);
    expect(mounted()).not.toContain('s2');
  });

  it('ceases to be at hand when it was viewed and left', async () => {
    await view('s1', 's2');
    comeTo('s1');
    await until(() => isPainted('s1'));
    for (const id of ['s1', 's2', 's3']) {
      await view(id);
      await aMoment();
    }
    expect(['s1', 's2', 's3'].map(isPainted)).toEqual([false, true, true]);
  });

  it('is not what a finger touches that scrolls', async () => {
    await view('s1');
    for (const type of ['pointerdown', 'pointercancel'])
      row('s5').dispatchEvent(new PointerEvent(type, { bubbles: true, composed: true }));
    await aMoment();
    expect(mounted()).not.toContain('s5');
  });

  it('is put away again when nobody comes', async () => {
    await view('s1', 's2', 's3');
    comeTo('s1');
    await until(() => isPainted('s1'));
    await until(() => !isPainted('s1'));
    // The one viewed last stays.
    expect(isPainted('s2')).toBe(true);
  });

  it('counts as approached by the focus as well', async () => {
    await view('s1', 's2', 's3');
    record('s1').says('Said meanwhile.');
    item('s1').focus();
    await until(() => isPainted('s1'));
    expect(log('s1')).toContain('Said meanwhile.');
  });
});

describe('[R35] sessions that one key opens', () => {
  it('are brought up to date with Alt, those that were viewed before', async () => {
    await view('s1', 's2', 's3', 's4');
    for (const id of ['s1', 's2', 's3']) record(id).says(`News of ${id}.`);
    alt();
    await until(() => ['s1', 's2', 's3'].every(isPainted));
    for (const id of ['s1', 's2', 's3']) expect(log(id)).toContain(`News of ${id}.`);
    expect(mounted()).not.toContain('s5');
    expect(fake.activeSessionId.value).toBe('s4');
    // The nearest first.
    expect(fake.called('prepare').slice(0, 3)).toEqual([['s3'], ['s2'], ['s1']]);
  });

  it('are brought up to date again after a while, and not at once', async () => {
    await view('s1', 's2', 's3');
    const now = performance.now();
    const clock = vi.spyOn(performance, 'now').mockReturnValue(now);
    alt();
    await until(() => isPainted('s1'));
    record('s1').says('Said meanwhile.');
    alt();
    await aMoment();
    expect(log('s1')).not.toContain('Said meanwhile.');
    clock.mockReturnValue(now + 501);
    alt();
    await until(() => log('s1')?.includes('Said meanwhile.'));
    clock.mockRestore();
  });

  it('are brought up to date after a key, and not while it is held', async () => {
    await view('s1', 's2', 's3');
    alt(true);
    step(true);
    await aMoment();
    expect(fake.called('prepare')).toEqual([]);
    step(false);
    await until(() => fake.called('prepare').length > 0);
  });

  it('and with the leader; not with other keys', async () => {
    await view('s1', 's2', 's3');
    press('KeyX');
    press('ControlLeft', { key: 'Control', ctrlKey: true });
    alt(true);
    await aMoment();
    expect(isPainted('s1')).toBe(false);
    press('KeyG');
    await until(() => isPainted('s1'));
  });

  it('not while a dialog has the keys', async () => {
    await view('s1', 's2', 's3');
    press('Slash', { key: '?', shiftKey: true });
    await until(() => deep('ap-help').length > 0);
    alt();
    await aMoment();
    expect(isPainted('s1')).toBe(false);
  });

  it('on a phone are brought up to date, and not painted', async () => {
    unmount();
    app = await mount((fake = tenSessions()), 390, 844);
    await view('s1', 's2', 's3');
    record('s1').says('Said meanwhile.');
    comeTo('s1');
    await until(() => log('s1')?.includes('Said meanwhile.'));
    expect(isPainted('s1')).toBe(false);
    expect(app.narrow).toBe(true);
  });
});
