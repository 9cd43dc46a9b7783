import { afterEach, describe, expect, it } from 'vitest';
import { capsOf } from '../../../src/app/ui/keys/caps.ts';
import { chordOf } from '../../../src/app/ui/keys/chord.ts';
import { COMMANDS, keysOf } from '../../../src/app/ui/keys/commands.ts';
import { conflictsOf, isReserved } from '../../../src/app/ui/keys/conflicts.ts';
import { fuzzyScore } from '../../../src/app/ui/dialogs/fuzzy.ts';
import { tenSessions } from './fake-store.ts';
import { button, deep, item, mount, one, painted, press, unmount, until } from './support.ts';

afterEach(unmount);

const hints = () => deep('ap-session-item').flatMap((each) => deep('kbd', each.shadowRoot!));

const writing = () => deep(':focus').at(-1)?.closest('[contenteditable], textarea');

const row = () => deep('ap-session-item').find((each) => each.shadowRoot!.activeElement);

const edit = async (value: string, key: string) => {
  item('s3').focus();
  press('F2', { target: one('.open', item('s3').shadowRoot!) });
  const input = await until(() => one<HTMLInputElement>('[aria-label="Session title"]'));
  input.value = value;
  press(key, { target: input });
  await painted();
};

const score = (text: string) => fuzzyScore('log', text) ?? Number.NEGATIVE_INFINITY;

const event = (init: KeyboardEventInit) => chordOf(new KeyboardEvent('keydown', init));

const active = () => document.activeElement?.localName;

describe('[R35] keys on the page', () => {
  it('the first ten by number, previous and next, going round', async () => {
    const fake = tenSessions();
    await mount(fake);
    press('Digit1', { altKey: true });
    expect(fake.activeSessionId.value).toBe('s1');
    // What Option types on a Mac does not matter: the place of the key does.
    press('Digit0', { altKey: true, key: 'º' });
    expect(fake.activeSessionId.value).toBe('s10');
    press('BracketRight', { altKey: true, key: '‘' });
    expect(fake.activeSessionId.value).toBe('s1');
    press('BracketLeft', { altKey: true, key: '“' });
    expect(fake.activeSessionId.value).toBe('s10');
    press('ArrowUp', { altKey: true });
    expect(fake.activeSessionId.value).toBe('s9');
    press('ArrowDown', { altKey: true });
    expect(fake.activeSessionId.value).toBe('s10');
  });

  it('a leader for browsers that keep Alt and digits', async () => {
    const fake = tenSessions();
    await mount(fake);
    press('KeyG');
    press('Digit3');
    expect(fake.activeSessionId.value).toBe('s3');
    press('Digit4');
    expect(fake.activeSessionId.value).toBe('s3');
  });

  it('next that needs you: approvals before errors before what is done', async () => {
    const fake = tenSessions();
    await mount(fake);
    press('KeyA', { altKey: true });
    expect(fake.activeSessionId.value).toBe('s2');
    fake.actions.answer('s2', 'r1', 'once');
    press('KeyN');
    expect(fake.activeSessionId.value).toBe('s7');
  });

  it('next that needs you: its request has the keys at once, unless a draft waits there', async () => {
    const fake = tenSessions();
    const asleep = fake.sessions.value[5]!;
    await mount(fake);
    press('KeyA', { altKey: true });
    const card = await until(() => deep('[data-request-id="r1"]:focus')[0]);
    press('KeyY', { target: card });
    expect(fake.called('answer')).toEqual([['s2', 'r1', 'once']]);
    // Opened by other means, the request leaves the focus where it is.
    asleep.asks('r2', 'Run it', 'npm test');
    press('Digit6', { altKey: true });
    await until(() => deep('[data-request-id="r2"]')[0]);
    await painted();
    expect(deep('[data-request-id="r2"]:focus')).toEqual([]);
    press('Digit1', { altKey: true });
    await painted();
    expect(asleep.draft.value).not.toBe('');
    press('KeyA', { altKey: true });
    expect(fake.activeSessionId.value).toBe('s6');
    await painted();
    expect(deep('[data-request-id="r2"]:focus')).toEqual([]);
  });

  it('rows show their numbers while Alt is held', async () => {
    await mount(tenSessions());
    expect(hints()).toHaveLength(0);
    press('AltLeft', { key: 'Alt', altKey: true });
    await painted();
    expect(hints().map((each) => each.textContent)).toEqual([...'1234567890']);
    window.dispatchEvent(new KeyboardEvent('keyup', { key: 'Alt' }));
    await painted();
    expect(hints()).toHaveLength(0);
  });

  it('moves the viewed session, and only by this', async () => {
    const fake = tenSessions();
    await mount(fake);
    press('ArrowUp', { altKey: true, shiftKey: true });
    expect(fake.sessions.value.map((each) => each.id).indexOf('s9')).toBe(7);
    press('ArrowDown', { altKey: true, shiftKey: true });
    expect(fake.sessions.value.map((each) => each.id).indexOf('s9')).toBe(8);
  });

  it('typing stays typing: no plain key acts in a text field, while composing or with AltGr', async () => {
    const fake = tenSessions();
    await mount(fake);
    const field = one('[aria-label="Search sessions"]');
    field.focus();
    expect(press('KeyN', { target: field }).defaultPrevented).toBe(false);
    expect(press('Slash', { key: '?', shiftKey: true, target: field }).defaultPrevented).toBe(
      false,
    );
    press('Digit1', { altKey: true, isComposing: true, target: field });
    press('Digit1', { altKey: true, ctrlKey: true, modifierAltGraph: true, target: field });
    expect(fake.activeSessionId.value).toBe('s9');
    // With a modifier the same field lets it through.
    press('Digit1', { altKey: true, target: field });
    expect(fake.activeSessionId.value).toBe('s1');
  });

  it('a held key does not act ten times', async () => {
    const fake = tenSessions();
    await mount(fake);
    press('Period', { altKey: true });
    press('Period', { altKey: true, repeat: true });
    expect(fake.called('cancelTurn')).toEqual([['s9']]);
  });

  it('are quiet while a dialog is open; Escape closes it', async () => {
    const fake = tenSessions();
    await mount(fake);
    press('Slash', { key: '?', shiftKey: true });
    const dialog = await until(() => one<HTMLDialogElement>('dialog[open]'));
    press('Digit1', { altKey: true });
    expect(fake.activeSessionId.value).toBe('s9');
    dialog.dispatchEvent(new Event('close'));
    await until(() => deep('dialog').length === 0);
    press('Digit1', { altKey: true });
    expect(fake.activeSessionId.value).toBe('s1');
  });

  it('the reader’s own keys replace the defaults', async () => {
    const fake = tenSessions();
    await mount(fake);
    fake.actions.changeSettings({ keys: { 'session.1': 'Alt+Q' } });
    press('Digit1', { altKey: true });
    expect(fake.activeSessionId.value).toBe('s9');
    press('KeyQ', { altKey: true });
    expect(fake.activeSessionId.value).toBe('s1');
  });

  it('a writer who switches by key goes on writing in the other composer', async () => {
    const fake = tenSessions();
    await mount(fake);
    press('Slash', { key: '/' });
    await painted();
    expect(active()).toBe('ap-app');
    await until(() => writing() !== undefined);
    const before = writing();
    press('Digit1', { altKey: true });
    await until(() => writing() && writing() !== before);
  });
});

describe('[R35] the sidebar by keyboard', () => {
  it('one Tab stop; arrows walk the rows; up from the first reaches the search', async () => {
    await mount(tenSessions());
    const stops = deep('.open').filter((each) => each.tabIndex === 0);
    expect(stops).toHaveLength(1);
    item('s9').focus();
    expect(row()?.dataset['sessionId']).toBe('s9');
    const arrow = (key: string) =>
      press(key, { target: row()!.shadowRoot!.activeElement as EventTarget });
    arrow('ArrowDown');
    expect(row()?.dataset['sessionId']).toBe('s10');
    arrow('Home');
    expect(row()?.dataset['sessionId']).toBe('s1');
    arrow('ArrowUp');
    expect(one('ap-sidebar').shadowRoot!.activeElement?.getAttribute('aria-label')).toBe(
      'Search sessions',
    );
  });

  it('F2 renames in the row; Enter keeps, Escape does not', async () => {
    const fake = tenSessions();
    await mount(fake);
    await edit('Other words', 'Escape');
    expect(fake.called('renameSession')).toEqual([]);
    await edit('Other words', 'Enter');
    expect(fake.called('renameSession')).toEqual([['s3', 'Other words']]);
    expect(deep('ap-title-editor')).toHaveLength(0);
  });
});

describe('the palette', () => {
  it('finds sessions and commands by a few characters, and carries them out', async () => {
    const fake = tenSessions();
    await mount(fake);
    press('KeyK', { ctrlKey: true });
    const input = await until(
      () => one<HTMLInputElement>('ap-palette') && one<HTMLInputElement>('[placeholder^="Go to"]'),
    );
    input.value = 'flk';
    input.dispatchEvent(new Event('input'));
    await painted();
    expect(one('[role="option"][aria-selected="true"]').textContent).toContain('Flaky login test');
    press('Enter', { target: input });
    expect(fake.activeSessionId.value).toBe('s2');
    await until(() => deep('ap-palette').length === 0);
    press('KeyK', { ctrlKey: true });
    const again = await until(() => one<HTMLInputElement>('[placeholder^="Go to"]'));
    again.value = 'theme dark';
    again.dispatchEvent(new Event('input'));
    await painted();
    press('Enter', { target: again });
    expect(fake.settings.value.theme).toBe('dark');
    expect(document.documentElement.dataset['theme']).toBe('dark');
  });

  it('scores beginnings and whole words first, and leaves out what does not match', () => {
    expect(score('Login test')).toBeGreaterThan(score('Dialog test'));
    expect(score('Dialog test')).toBeGreaterThan(score('Nautilus: local green'));
    expect(fuzzyScore('log', 'Lg')).toBeUndefined();
  });
});

describe('the bindings', () => {
  it('by default clash nowhere and take nothing that the browser keeps', () => {
    expect(conflictsOf({})).toEqual(new Map());
    for (const command of COMMANDS)
      for (const keys of keysOf(command, {})) expect(isReserved(keys), keys).toBe(false);
    expect(['Mod+T', 'Mod+1', 'Tab', 'Alt+F4', 'F5'].every(isReserved)).toBe(true);
  });

  it('tell of a clash, also of a sequence with its own first key', () => {
    const same = conflictsOf({ 'app.help': 'Alt+N' });
    expect([...same.keys()].toSorted()).toEqual(['app.help', 'session.new']);
    expect(conflictsOf({ 'app.help': 'g' }).has('session.rename')).toBe(true);
  });

  it('are named by place with a modifier, by character without', () => {
    expect(event({ code: 'KeyN', key: '˜', altKey: true })).toBe('Alt+N');
    expect(event({ code: 'Slash', key: '?', shiftKey: true })).toBe('?');
    expect(event({ code: 'ArrowUp', key: 'ArrowUp', altKey: true, shiftKey: true })).toBe(
      'Alt+Shift+ArrowUp',
    );
    expect(event({ code: 'AltLeft', key: 'Alt', altKey: true })).toBeUndefined();
    expect(event({ code: 'KeyN', key: 'n', metaKey: true })).toBeUndefined();
    expect(capsOf('g n')).toEqual([['g'], ['n']]);
    expect(capsOf('Alt+Shift+ArrowUp')).toEqual([['Alt', 'Shift', '↑']]);
  });

  it('are changed in the settings by pressing them; the browser’s own are refused', async () => {
    const fake = tenSessions();
    await mount(fake);
    press('KeyG');
    press('Comma', { key: ',' });
    const change = await until(() => button(/^Change keys for Keyboard help/));
    change.click();
    const recorder = await until(() => button('Press the keys for Keyboard help'));
    press('KeyT', { ctrlKey: true, target: recorder });
    await painted();
    expect(recorder.textContent).toContain('belongs to the browser');
    press('KeyN', { altKey: true, target: recorder });
    await painted();
    expect(fake.settings.value.keys).toEqual({ 'app.help': 'Alt+N' });
    expect(deep('[role="alert"]').map((each) => each.textContent?.replace(/\s+/g, ' '))).toEqual([
      'Also: Keyboard help. The one higher up wins.',
      'Also: New session. The one higher up wins.',
    ]);
    button('Reset keys for Keyboard help').click();
    expect(fake.settings.value.keys).toEqual({});
  });
});
