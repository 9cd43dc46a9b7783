import { afterEach, describe, expect, it } from 'vitest';
import type { OutboxEntry } from '../../../src/app/store/types.ts';
import type { Delivery } from '../../../src/core/session/connection-state.ts';
import { FakeSession, mount, type Mounted } from './fake.ts';

afterEach(() => {
  document.body.replaceChildren();
});

const composer = (view: Mounted): ShadowRoot => view.area.getRootNode() as ShadowRoot;
const button = (view: Mounted, name: string): HTMLButtonElement | null =>
  composer(view).querySelector(`button[aria-label="${name}"]`);

async function type(view: Mounted, text: string): Promise<void> {
  view.area.value = text;
  view.area.setSelectionRange(text.length, text.length);
  view.area.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
  await view.settled();
}

function press(view: Mounted, key: string, init: KeyboardEventInit = {}): boolean {
  return view.area.dispatchEvent(
    new KeyboardEvent('keydown', { key, bubbles: true, composed: true, cancelable: true, ...init }),
  );
}

const sent = (view: Mounted): unknown[] =>
  view.calls.filter(([name]) => name === 'sendPrompt').map((call) => call.slice(1, 3));

const note = (view: Mounted): HTMLElement | null => composer(view).querySelector('.note');

const entry = (key: string, delivery: Delivery): OutboxEntry => ({
  key,
  prompt: [{ type: 'text', text: `Text ${key}` }],
  createdAt: 0,
  delivery,
});
const outbox = (view: Mounted): ShadowRoot =>
  view.element.renderRoot.querySelector('ap-outbox')!.shadowRoot!;
const action = (view: Mounted, state: string, name: string): HTMLButtonElement =>
  [...outbox(view).querySelectorAll<HTMLButtonElement>(`[data-outbox=${state}] button`)].find(
    (each) => each.textContent === name,
  )!;

describe('composer', () => {
  it('is a textbox named Message with buttons Send and, while a turn runs, Stop', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    expect(view.area.ariaLabel).toBe('Message');
    expect(button(view, 'Send')!.disabled).toBe(true);
    expect(button(view, 'Stop')).toBeNull();
    fake.prompt('go');
    await view.settled();
    button(view, 'Stop')!.click();
    expect(view.calls).toEqual([['cancelTurn', 's1']]);
  });

  it('[R36] sends with Enter, breaks the line with Shift+Enter', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    await type(view, '  hello ');
    expect(press(view, 'Enter', { shiftKey: true })).toBe(true);
    expect(sent(view)).toEqual([]);
    expect(press(view, 'Enter')).toBe(false);
    expect(sent(view)).toEqual([['s1', 'hello']]);
    expect(view.area.value).toBe('');
    expect(fake.draft.value).toBe('');
    press(view, 'Enter');
    expect(sent(view)).toHaveLength(1);
  });

  it('leaves Enter to an input method that is composing', async () => {
    const view = await mount(new FakeSession());
    await type(view, 'にほん');
    expect(press(view, 'Enter', { isComposing: true })).toBe(true);
    expect(press(view, 'Enter', { keyCode: 229 })).toBe(true);
    expect(sent(view)).toEqual([]);
  });

  it('[R37] keeps the draft in its session, and shows one that comes from elsewhere', async () => {
    const [one, two] = [new FakeSession('s-one'), new FakeSession('s-two')];
    const [first, second] = [await mount(one), await mount(two)];
    await type(first, 'half a thou');
    expect(one.draft.value).toBe('half a thou');
    expect(two.draft.value).toBe('');
    two.draft.value = 'withdrawn';
    await second.settled();
    expect(second.area.value).toBe('withdrawn');
    expect(button(second, 'Send')!.disabled).toBe(false);
    first.host.remove();
    expect((await mount(one)).area.value).toBe('half a thou');
  });

  it('[R40] can send while the agent works', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.prompt('go');
    await type(view, 'next');
    button(view, 'Send')!.click();
    expect(sent(view)).toEqual([['s1', 'next']]);
  });

  it('grows with its text', async () => {
    const view = await mount(new FakeSession());
    const before = view.area.clientHeight;
    await type(view, 'a\nb\nc\nd');
    expect(view.area.clientHeight).toBeGreaterThan(before + 40);
    await type(view, '');
    expect(view.area.clientHeight).toBe(before);
  });

  it('stops the turn at Esc Esc, and not at one', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    press(view, 'Escape');
    press(view, 'Escape');
    fake.prompt('go');
    press(view, 'Escape');
    expect(view.calls).toEqual([]);
    press(view, 'Escape');
    expect(view.calls).toEqual([['cancelTurn', 's1']]);
  });

  it('stops nothing at one Esc, however early in the page’s life', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.prompt('go');
    const event = new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, composed: true });
    Object.defineProperty(event, 'timeStamp', { value: 5 });
    view.area.dispatchEvent(event);
    expect(view.calls).toEqual([]);
  });

  it('offers the agent’s commands, and completes the chosen one', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.feed({
      type: 'commands',
      commands: [
        { name: 'list', description: 'List files' },
        { name: 'run', description: 'Run a command' },
        { name: 'rerun', description: 'Once more' },
      ],
    });
    const options = (): (string | null)[] =>
      [...composer(view).querySelectorAll('[role=option] .mono')].map((o) => o.textContent);
    await type(view, '/');
    expect(options()).toEqual(['/list', '/run', '/rerun']);
    await type(view, '/ru');
    expect(options()).toEqual(['/run', '/rerun']);
    press(view, 'ArrowDown');
    await view.settled();
    const id = view.area.getAttribute('aria-activedescendant')!;
    expect(composer(view).getElementById(id)!.getAttribute('aria-selected')).toBe('true');
    press(view, 'Enter');
    await view.settled();
    expect(view.area.value).toBe('/rerun ');
    expect(fake.draft.value).toBe('/rerun ');
    expect(options()).toEqual([]);
    expect(sent(view)).toEqual([]);
    // Typed in full, Enter sends it.
    await type(view, '/list');
    press(view, 'Enter');
    expect(sent(view)).toEqual([['s1', '/list']]);
    await type(view, 'see /li');
    expect(options()).toEqual([]);
  });

  it('shows how full the context is', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.feed({ type: 'usage', used: 50_000, size: 200_000 });
    await view.settled();
    expect(composer(view).querySelector('.usage')!.textContent).toContain('25%');
  });
});

describe('connection note', () => {
  it('[R14] stays editable while reconnecting, and dials at once when asked', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    expect(note(view)).toBeNull();
    fake.connection.value = { status: 'reconnecting', attempt: 2, max: 3, reason: 'dropped' };
    await view.settled();
    expect(note(view)!.textContent!.replace(/\s+/g, ' ')).toMatch(/Reconnecting… attempt 2 of 3/);
    await type(view, 'kept');
    expect(fake.draft.value).toBe('kept');
    note(view)!.querySelector('button')!.click();
    expect(view.calls.at(-1)).toEqual(['retryNow', 's1']);
  });

  it('says what to do when disconnected, in error, ended, or without its agent', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    const shown = async (): Promise<string> => {
      await view.settled();
      return note(view)!.textContent!.replace(/\s+/g, ' ').trim();
    };
    fake.connection.value = { status: 'disconnected', reason: 'user' };
    expect(await shown()).toContain('Connect');
    note(view)!.querySelector('button')!.click();
    expect(view.calls.at(-1)).toEqual(['connect', 's1']);
    fake.connection.value = {
      status: 'error',
      error: { code: 'unauthorized', message: 'The gateway refused the token.', retryable: false },
    };
    expect(await shown()).toContain('The gateway refused the token.');
    fake.connection.value = { status: 'connected', since: 0 };
    fake.summary.value = { ...fake.summary.value, agentState: 'failed' };
    expect(await shown()).toContain('Send a message to start it again');
    fake.connection.value = { status: 'ended', gone: false };
    expect(await shown()).toContain('ended');
    expect(view.area.readOnly).toBe(true);
  });
});

describe('outbox', () => {
  it('[R6] shows every message on its way, and what can be done about it', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.outbox.value = [
      entry('a', { state: 'sent' }),
      entry('b', { state: 'unconfirmed' }),
      entry('c', { state: 'queued' }),
      entry('d', {
        state: 'refused',
        error: { code: 'too_big', message: 'The message is too large.', retryable: false },
      }),
    ];
    await view.settled();
    expect(outbox(view).textContent).toContain('Delivery unconfirmed');
    expect(outbox(view).textContent).toContain('The message is too large.');
    expect(action(view, 'refused', 'Send again')).toBeUndefined();
    action(view, 'unconfirmed', 'Resend').click();
    action(view, 'unconfirmed', 'Discard').click();
    action(view, 'queued', 'Withdraw').click();
    expect(view.calls).toEqual([
      ['resend', 's1', 'b'],
      ['withdrawQueued', 's1', 'b'],
      ['withdrawQueued', 's1', 'c'],
    ]);
  });

  it('[R40] offers to send a queued message into the turn, of agents that take it, while one runs', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    const offered = () => outbox(view).textContent!.includes('Send into this turn');
    fake.outbox.value = [entry('c', { state: 'queued' })];
    fake.feed({ type: 'agent', state: 'ready' }, { type: 'turn', state: 'running' });
    await view.settled();
    expect(offered()).toBe(false);
    fake.feed({ type: 'agent', state: 'ready', steers: true });
    await view.settled();
    expect(offered()).toBe(true);
    action(view, 'queued', 'Send into this turn').click();
    expect(view.calls).toEqual([['steer', 's1', 'c']]);
    fake.feed({ type: 'turn', state: 'idle', stopReason: 'end_turn' });
    await view.settled();
    expect(offered()).toBe(false);
  });

  it('[R40] lets a queued message be edited', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.outbox.value = [entry('c', { state: 'queued' })];
    await view.settled();
    action(view, 'queued', 'Edit').click();
    await view.settled();
    const area = outbox(view).querySelector('textarea')!;
    expect(area.value).toBe('Text c');
    area.value = 'Better';
    action(view, 'queued', 'Save').click();
    expect(view.calls).toEqual([['editQueued', 's1', 'c', 'Better']]);
    await view.settled();
    expect(outbox(view).querySelector('textarea')).toBeNull();
  });
});

const queued = (...keys: string[]): OutboxEntry[] =>
  keys.map((key) => entry(key, { state: 'queued' }));
const mover = (view: Mounted, key: string, way: 'up' | 'down'): HTMLButtonElement =>
  outbox(view).querySelector(`[data-key="${key}"] [data-move="${way}"]`)!;

describe('the order of what waits', () => {
  it('[R40] queued messages go up and down, by button, and never before one that may have arrived', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.outbox.value = [entry('u', { state: 'unconfirmed' }), ...queued('a', 'b', 'c')];
    await view.settled();
    expect(mover(view, 'u', 'up')).toBeNull();
    expect([mover(view, 'a', 'up').disabled, mover(view, 'c', 'down').disabled]).toEqual([
      true,
      true,
    ]);
    mover(view, 'b', 'up').click();
    mover(view, 'b', 'down').click();
    expect(view.calls).toEqual([
      ['moveQueued', 's1', 'b', 1],
      ['moveQueued', 's1', 'b', 3],
    ]);
  });

  it('[R40] by keys too; the focus goes along, also to the end of the way', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.outbox.value = queued('a', 'b', 'c');
    await view.settled();
    mover(view, 'b', 'down').focus();
    mover(view, 'b', 'down').dispatchEvent(
      new KeyboardEvent('keydown', {
        key: 'ArrowUp',
        altKey: true,
        shiftKey: true,
        bubbles: true,
        composed: true,
        cancelable: true,
      }),
    );
    expect(view.calls).toEqual([['moveQueued', 's1', 'b', 0]]);
    fake.outbox.value = queued('b', 'a', 'c');
    await view.settled();
    expect(outbox(view).activeElement).toBe(mover(view, 'b', 'down'));
  });

  it('a single one has nowhere to go', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.outbox.value = queued('a');
    await view.settled();
    expect(outbox(view).querySelector('[data-move]')).toBeNull();
  });
});

describe('empty conversation', () => {
  it('says who works where, and offers commands', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.feed({ type: 'commands', commands: [{ name: 'list', description: 'List files' }] });
    await view.settled();
    const root = view.element.renderRoot as ShadowRoot;
    expect(root.querySelector('.empty')!.textContent).toMatch(/Workspace.*\/home\/ada\/project/s);
    root.querySelector<HTMLElement>('.empty button')!.click();
    await view.settled();
    expect(view.area.value).toBe('/list ');
    expect(composer(view).activeElement).toBe(view.area);
    fake.prompt('x');
    await view.settled();
    expect(root.querySelector('.empty')).toBeNull();
  });

  it('shows that history is being read', async () => {
    const fake = new FakeSession();
    fake.loading.value = true;
    const view = await mount(fake);
    const root = view.element.renderRoot as ShadowRoot;
    expect(root.querySelector('.skeleton')).not.toBeNull();
    fake.loading.value = false;
    await view.settled();
    expect(root.querySelector('.skeleton')).toBeNull();
  });
});
