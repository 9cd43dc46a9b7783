import { afterEach, describe, expect, it } from 'vitest';
import type { SessionAbilities } from '../../../src/core/session/abilities.ts';
import type { ConnectionState } from '../../../src/core/session/connection-state.ts';
import { endpointView, FakeStore, tenSessions } from './fake-store.ts';
import {
  button,
  deep,
  item,
  items,
  mount,
  one,
  painted,
  press,
  unmount,
  until,
} from './support.ts';

afterEach(unmount);

const studio = endpointView({ protocol: 'thread', url: 'https://studio.example', name: 'Studio' });

const ABILITIES: SessionAbilities = {
  cancel: true,
  approve: true,
  settings: true,
  liveness: true,
  afterDrop: 'resume',
  concurrency: 'ask',
  shared: true,
};

const text = (element: Element) =>
  (element.shadowRoot ?? element).textContent!.replace(/\s+/g, ' ');
const header = () => one('ap-session-header');
const pane = () => one('.pane.shown');
const note = () => one('.note', pane());
const order = () => items().map((each) => each.dataset['sessionId']);

const taken = (code: string): ConnectionState => ({
  status: 'error',
  error: { code, message: 'Somebody else has it.', retryable: true },
});

const names = () => deep('button').map((each) => each.getAttribute('aria-label'));
const answersShown = () =>
  deep<HTMLElement>('button', item('s2').shadowRoot!)
    .filter((each) => /Allow|Reject|Deny/.test(each.textContent!))
    .filter((each) => each.checkVisibility()).length;
const elapsed = () => one<HTMLElement & { paused: boolean }>('.tools ap-elapsed');
const facts = () =>
  Object.fromEntries(
    deep('dl > div').map((row) => [
      row.querySelector('dt')!.textContent,
      row.querySelector('dd')!.textContent,
    ]),
  );

describe('where a session lives', () => {
  it('stands in its header always, with address and protocol behind it', async () => {
    const fake = tenSessions();
    fake.endpoints.value = [endpointView({ name: 'Home' })];
    await mount(fake);
    const where = one('.endpoint', header().shadowRoot!);
    expect(where.textContent).toContain('Home');
    expect(where.title).toBe('Home\nhttp://127.0.0.1:4800\nAperture gateway');
  });

  it('stands in the rows only when there are several, is said, and can be searched for', async () => {
    const fake = tenSessions();
    fake.endpoints.value = [endpointView({ name: 'Home' })];
    const there = fake.add({ title: 'Far away', agentTitle: 'Claude Code', endpoint: studio.id });
    await mount(fake);
    expect(deep('ap-session-item .where, .where')).toHaveLength(0);
    fake.endpoints.value = [endpointView({ name: 'Home' }), studio];
    await painted();
    expect(one('.where', item(there.id).shadowRoot!).textContent).toBe('Studio');
    expect(one('.open', item(there.id).shadowRoot!).getAttribute('aria-label')).toMatch(
      /^Far away, on Studio, /,
    );
    const search = one<HTMLInputElement>('input[type="search"]');
    search.value = 'studio';
    search.dispatchEvent(new Event('input', { bubbles: true }));
    await painted();
    expect(items().filter((each) => !each.hidden)).toEqual([item(there.id)]);
    press('KeyK', { ctrlKey: true });
    const asked = await until(() => one<HTMLInputElement>('dialog[open] input'));
    asked.value = 'studio';
    asked.dispatchEvent(new Event('input', { bubbles: true }));
    await painted();
    expect(deep('[role="option"]')[0]!.textContent).toMatch(/Far away.*Studio/s);
  });

  it('the footer says how many there are, and that one is not available', async () => {
    const fake = tenSessions();
    fake.endpoints.value = [endpointView({ name: 'Home' }), { ...studio, locked: true }];
    await mount(fake);
    expect(text(one('.endpoints', one('ap-sidebar').shadowRoot!))).toMatch(
      /2 endpoints.*1 not available/,
    );
  });

  it('with another server to speak to, a gateway is no condition', async () => {
    const fake = new FakeStore();
    fake.endpoint.value = { status: 'unset', url: '' };
    fake.endpoints.value = [studio];
    await mount(fake);
    expect(deep('ap-connect-page')).toHaveLength(0);
    fake.add({ title: 'There', endpoint: studio.id });
    await painted();
    expect(deep('.banner')).toHaveLength(0);
    // Control: without one, it is.
    unmount();
    const bare = new FakeStore();
    bare.endpoint.value = { status: 'unset', url: '' };
    await mount(bare);
    expect(deep('ap-connect-page')).toHaveLength(1);
    (await until(() => button('Add an endpoint'))).click();
    await until(() => one('ap-add-endpoint'));
  });
});

describe('what a connection can do, and no more', () => {
  it('no Stop anywhere where there is no cancel', async () => {
    const fake = tenSessions();
    const viewed = fake.sessions.value.find(({ id }) => id === 's9')!;
    await mount(fake);
    // Control: with it, there is.
    await until(() => button('Stop', pane()));
    expect(button('Cancel turn')).toBeTruthy();
    viewed.abilities.value = { ...ABILITIES, cancel: false };
    await painted();
    expect(names()).not.toContain('Stop');
    expect(names()).not.toContain('Cancel turn');
    press('Period', { altKey: true, key: '.' });
    const area = one<HTMLTextAreaElement>('textarea', pane());
    press('Escape', { target: area });
    press('Escape', { target: area });
    press('KeyK', { ctrlKey: true });
    await until(() => deep('[role="option"]').length > 0);
    expect(deep('[role="option"] .label').map((each) => each.textContent)).not.toContain(
      'Stop the running turn',
    );
    expect(fake.called('cancelTurn')).toEqual([]);
    viewed.abilities.value = ABILITIES;
    one<HTMLElement & { hide(): void }>('ap-palette').hide();
    await painted();
    press('Period', { altKey: true, key: '.' });
    expect(fake.called('cancelTurn')).toEqual([['s9']]);
  });

  it('no answers where there is no approve', async () => {
    const fake = tenSessions();
    const asking = fake.sessions.value.find(({ id }) => id === 's2')!;
    await mount(fake);
    expect(answersShown()).toBeGreaterThan(1);
    asking.abilities.value = { ...ABILITIES, approve: false };
    await painted();
    expect(answersShown()).toBe(0);
    expect(text(one('ap-row-approval', item('s2').shadowRoot!))).toMatch(/where its server runs/);
  });

  it.each([
    ['retry', /answer is cut off/],
    ['lost', /the session is over/],
    ['done', /its answer ends there/],
  ] as const)(
    'says quietly what a connection of the kind “%s” cannot promise',
    async (afterDrop, words) => {
      const fake = tenSessions();
      const viewed = fake.sessions.value.find(({ id }) => id === 's9')!;
      await mount(fake);
      expect(deep('.promise')).toHaveLength(0);
      const place = () => one('.send', pane()).getBoundingClientRect().toJSON() as unknown;
      const before = place();
      viewed.abilities.value = { ...ABILITIES, afterDrop };
      await painted();
      expect(one('.promise', pane()).textContent).toMatch(words);
      // Somebody may be pressing it.
      expect(place()).toEqual(before);
      viewed.abilities.value = ABILITIES;
      await painted();
      expect(deep('.promise')).toHaveLength(0);
    },
  );

  it.each([
    ['held_elsewhere', /open in another tab/, 'Take over here'],
    ['replaced', /took this session over/, 'Take it back'],
  ])('[R64] %s: says so, and can be taken over', async (code, words, action) => {
    const fake = tenSessions();
    const viewed = fake.sessions.value.find(({ id }) => id === 's9')!;
    await mount(fake);
    viewed.connection.value = taken(code);
    await painted();
    expect(note().textContent).toMatch(words);
    button(action, pane()).click();
    expect(fake.called('takeOver')).toEqual([['s9']]);
    expect(fake.called('connect')).toEqual([]);
  });

  it('a missing or locked token is put right in the list of endpoints', async () => {
    const fake = tenSessions();
    await mount(fake);
    fake.sessions.value.find(({ id }) => id === 's9')!.connection.value = taken('locked');
    await painted();
    button('Endpoints…', pane()).click();
    await until(() => one('ap-endpoints').shadowRoot!.querySelector('dialog[open]'));
  });

  it('while it reconnects, time and Stop look paused, and time stands still', async () => {
    const fake = tenSessions();
    await mount(fake);
    const viewed = fake.sessions.value.find(({ id }) => id === 's9')!;
    expect(elapsed().paused).toBe(false);
    const running = getComputedStyle(elapsed()).color;
    viewed.connection.value = {
      status: 'reconnecting',
      attempt: 1,
      max: null,
      reason: 'The connection dropped.',
    };
    await painted();
    expect(elapsed().paused).toBe(true);
    expect(getComputedStyle(elapsed()).color).not.toBe(running);
    expect(button('Cancel turn').classList.contains('paused')).toBe(true);
    expect(button('Stop', pane()).classList.contains('paused')).toBe(true);
    const shown = elapsed().shadowRoot!.textContent;
    // The turn would be an hour older, if the time went on.
    viewed.turn.value = { state: 'running', startedAt: Date.now() - 3_600_000 };
    await painted();
    expect(elapsed().shadowRoot!.textContent).toBe(shown);
  });
});

describe('local copies of what has ended', () => {
  it('stand below what lives, take no number, and are passed over by Alt and a digit', async () => {
    const fake = tenSessions();
    fake.sessions.value[1]!.connection.value = { status: 'ended', gone: true };
    await mount(fake);
    expect(order()).toEqual(['s1', 's3', 's4', 's5', 's6', 's7', 's8', 's9', 's10', 's2']);
    expect(items().at(-1)!.number).toBeUndefined();
    expect(items()[1]!.number).toBe(2);
    press('Digit2', { altKey: true });
    await painted();
    expect(fake.activeSessionId.value).toBe('s3');
    press('Digit0', { altKey: true });
    await painted();
    expect(fake.activeSessionId.value).toBe('s3');
  });

  it('moving a row counts among those of its kind', async () => {
    const fake = tenSessions();
    fake.sessions.value[1]!.connection.value = { status: 'ended', gone: true };
    fake.activeSessionId.value = 's1';
    await mount(fake);
    press('ArrowDown', { altKey: true, shiftKey: true });
    await painted();
    expect(order().slice(0, 3)).toEqual(['s3', 's1', 's4']);
    fake.activeSessionId.value = 's10';
    await painted();
    const before = order();
    press('ArrowDown', { altKey: true, shiftKey: true });
    await painted();
    expect(order()).toEqual(before);
  });
});

describe('connection details [R48]', () => {
  it('tells the numbers and the log, and reads them again every second', async () => {
    const fake = tenSessions();
    fake.endpoints.value = [endpointView({ name: 'Home' })];
    await mount(fake);
    press('KeyG');
    press('KeyI');
    await until(() => deep('dl > div').length > 10);
    expect(facts()).toMatchObject({
      Connection: 'c-12',
      Endpoint: 'Home',
      Protocol: 'Aperture gateway (aperture)',
      Attempts: '4',
      Reconnects: '3',
      'Events in': '1284',
      'Prompts out': '6',
      Cancels: '1',
      'Round trip': '12 ms',
      Turns: '5, median 42.0 s, longest 2:07',
      Ignored: '2 × foreign scope',
    });
    expect(facts()['Connected for']).toMatch(/^1:02:\d\d$/);
    expect(facts()['Last frame']).toMatch(/^\d+s ago$/);
    expect(one('dialog pre').textContent).toContain('c-12 s1 attached at 41');
    fake.inspected = { ...fake.inspected, eventsIn: 1_300 };
    await until(() => facts()['Events in'] === '1300');
    expect(fake.called('inspect').every(([id]) => id === 's9')).toBe(true);
    // Closed, it reads no more.
    one<HTMLElement & { hide(): void }>('ap-inspector').hide();
    await painted();
    const read = fake.called('inspect').length;
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(fake.called('inspect')).toHaveLength(read);
  });

  it('is in the menu of every session, and can say that there is nothing', async () => {
    const fake = tenSessions();
    fake.inspected = {
      ...fake.inspected,
      connectionId: undefined,
      endpoint: undefined,
      protocol: undefined,
      lastFrameAt: undefined,
      connectedSince: undefined,
      roundTrip: undefined,
      ignored: {},
      turns: { count: 0, median: 0, longest: 0 },
      log: [],
    };
    await mount(fake);
    button('More for Release notes 2.4').click();
    const entry = await until(() =>
      deep('[role="menuitem"]').find((each) => each.textContent!.trim() === 'Connection details'),
    );
    entry.click();
    await until(() => deep('dl > div').length > 10);
    expect(facts()).toMatchObject({
      Connection: 'none',
      Protocol: 'none',
      'Connected for': 'not connected',
      'Last frame': 'none yet',
      Ignored: 'nothing',
      Turns: 'none',
    });
    expect(fake.called('inspect')[0]).toEqual(['s3']);
  });
});

describe('the way past the list', () => {
  it('is the first thing that Tab reaches, seen only then, and leads to the composer', async () => {
    await mount(tenSessions());
    const skip = button('Skip to the conversation');
    const first = deep('button, a, input, textarea, [tabindex="0"]')[0];
    expect(first).toBe(skip);
    expect(skip.getBoundingClientRect().bottom).toBeLessThan(0);
    skip.focus();
    await painted();
    expect(skip.getBoundingClientRect().top).toBeGreaterThanOrEqual(0);
    skip.click();
    await until(() => one('textarea', pane()).matches(':focus'));
  });
});
