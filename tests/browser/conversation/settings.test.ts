import { afterEach, describe, expect, it, vi } from 'vitest';
import type { SessionEvent } from '../../../src/core/session/event.ts';
import { FakeSession, mount, type Mounted } from './fake.ts';
// Loaded by the composer when it is needed; here already, so that no test waits for the server.
import '../../../src/app/ui/conversation/composer/settings.ts';

afterEach(() => {
  document.body.replaceChildren();
});

const model = (value: string) => ({
  id: 'model',
  name: 'Model',
  type: 'select',
  currentValue: value,
  options: [
    { group: 'f', name: 'Fast', options: [{ value: 'small', name: '<b>Small</b>' }] },
    { group: 's', name: 'Slow', options: [{ value: 'large', name: 'Large' }] },
  ],
});
const fast = (value: boolean) => ({
  id: 'fast',
  name: 'Fast mode',
  type: 'boolean',
  currentValue: value,
});
const ready: SessionEvent = {
  type: 'agent',
  state: 'ready',
  modes: {
    current: 'ask',
    available: [
      { id: 'ask', name: 'Ask' },
      { id: 'code', name: 'Code', description: 'Writes files' },
    ],
  },
  options: [model('small'), fast(false)],
};

async function shown(fake: FakeSession): Promise<[Mounted, ShadowRoot]> {
  const view = await mount(fake);
  fake.feed(ready);
  const composer = view.area.getRootNode() as ShadowRoot;
  const root = await vi.waitUntil(() =>
    composer.querySelector('ap-session-settings')?.shadowRoot?.querySelector('select'),
  );
  return [view, root.getRootNode() as ShadowRoot];
}
const select = (root: ShadowRoot, name: string) =>
  root.querySelector<HTMLSelectElement>(`select[aria-label="${name}"]`)!;
const box = (root: ShadowRoot) => root.querySelector<HTMLInputElement>('input')!;
const redrawn = (root: ShadowRoot) =>
  (root.host as HTMLElement & { updateComplete: Promise<unknown> }).updateComplete;

function choose(field: HTMLSelectElement, value: string): void {
  field.value = value;
  field.dispatchEvent(new Event('change'));
}
const asked = (view: Mounted) =>
  view.calls.filter(([name]) => name === 'setMode' || name === 'setOption');

describe('modes and options', () => {
  it('are shown as the log has them, names as text, under their headings', async () => {
    const [view, root] = await shown(new FakeSession());
    expect(select(root, 'Mode').value).toBe('ask');
    const models = select(root, 'Model');
    expect(models.value).toBe('small');
    expect(models.selectedOptions[0]!.textContent.trim()).toBe('<b>Small</b>');
    expect([...models.querySelectorAll('optgroup')].map(({ label }) => label)).toEqual([
      'Fast',
      'Slow',
    ]);
    expect(box(root).checked).toBe(false);
    expect(asked(view)).toEqual([]);
  });

  it('are asked for when they are changed, and follow what the log says, whoever did it', async () => {
    const fake = new FakeSession();
    const [view, root] = await shown(fake);
    choose(select(root, 'Mode'), 'code');
    choose(select(root, 'Model'), 'large');
    box(root).click();
    expect(asked(view)).toEqual([
      ['setMode', 's1', 'code'],
      ['setOption', 's1', 'model', 'large'],
      ['setOption', 's1', 'fast', true],
    ]);
    fake.feed(
      { type: 'mode', modeId: 'code' },
      { type: 'options', options: [model('large'), fast(true)] },
    );
    await redrawn(root);
    expect(select(root, 'Mode').value).toBe('code');
    expect(select(root, 'Mode').title).toBe('Mode: Writes files');
    expect(select(root, 'Model').value).toBe('large');
    expect(box(root).checked).toBe(true);
  });

  it('[R47] go back to what holds when the change came to nothing', async () => {
    const [, root] = await shown(new FakeSession());
    // The fake's actions are over at once, and its log says nothing.
    choose(select(root, 'Mode'), 'code');
    box(root).click();
    await vi.waitUntil(() => select(root, 'Mode').value === 'ask' && !box(root).checked);
  });

  it('cannot be changed while there is no connection, and are not offered where it cannot be done', async () => {
    const fake = new FakeSession();
    const [view, root] = await shown(fake);
    fake.connection.value = { status: 'disconnected', reason: 'user' };
    await redrawn(root);
    expect(select(root, 'Mode').disabled).toBe(true);
    expect(box(root).disabled).toBe(true);
    fake.abilities.value = {
      cancel: true,
      approve: true,
      settings: false,
      liveness: false,
      afterDrop: 'retry',
      concurrency: 'ask',
      shared: false,
    };
    await view.settled();
    expect(root.host.isConnected).toBe(false);
  });

  it('a mode that is also an option is shown once', async () => {
    const fake = new FakeSession();
    const [, root] = await shown(fake);
    fake.feed({
      type: 'options',
      options: [{ ...model('small'), id: 'm', name: 'Way', category: 'mode' }],
    });
    await redrawn(root);
    expect([...root.querySelectorAll('select')].map((each) => each.ariaLabel)).toEqual(['Way']);
  });
});

describe('in a narrow window', () => {
  it('nothing pushes the buttons out, whatever else is to be shown', async () => {
    const fake = new FakeSession();
    const [view] = await shown(fake);
    view.host.style.width = '340px';
    fake.feed(
      { type: 'usage', used: 1_000, size: 200_000, cost: { amount: 12.5, currency: 'EUR' } },
      { type: 'turn', state: 'running' },
    );
    view.area.focus();
    view.area.value = 'Something to say';
    view.area.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
    await view.settled();
    const composer = view.area.getRootNode() as ShadowRoot;
    const edge = view.host.getBoundingClientRect().right;
    const buttons = [...composer.querySelectorAll('.row button')];
    expect(buttons.map(({ ariaLabel }) => ariaLabel)).toEqual(['Stop', 'Send']);
    for (const each of buttons) expect(each.getBoundingClientRect().right).toBeLessThan(edge);
  });
});
