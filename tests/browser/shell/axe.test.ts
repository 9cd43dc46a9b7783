import axe from 'axe-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cdp } from 'vitest/browser';
import { endpointView, FakeStore, tenSessions } from './fake-store.ts';
import { button, deep, item, mount, one, painted, press, unmount, until } from './support.ts';

interface Chromium {
  send(method: string, params: object): Promise<unknown>;
}

afterEach(unmount);

const prefer = (features: { name: string; value: string }[]): Promise<unknown> =>
  (cdp() as Chromium).send('Emulation.setEmulatedMedia', { features });

// Colours while fading in are not what this is about.
beforeAll(() => prefer([{ name: 'prefers-reduced-motion', value: 'reduce' }]));
// It holds for the whole page, and the next file's tests are in the same.
afterAll(() => prefer([]));

/** Serious and critical violations, in words. */
async function violations(): Promise<string[]> {
  const found = await axe.run(document.body);
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')} ${failureSummary}`),
    );
}

describe.each(['light', 'dark'] as const)(
  'nothing serious stands in anybody’s way, %s',
  (theme) => {
    const up = async (fake: FakeStore, width?: number) => {
      fake.settings.value = { ...fake.settings.value, theme };
      await mount(fake, width);
    };

    it('ten sessions', async () => {
      await up(tenSessions());
      expect(await violations()).toEqual([]);
    });

    it('ten sessions on a phone, both screens', async () => {
      await up(tenSessions(), 390);
      expect(await violations()).toEqual([]);
      one('.open', item('s2').shadowRoot!).click();
      await painted();
      expect(await violations()).toEqual([]);
    });

    it('banners and toasts', async () => {
      const fake = tenSessions();
      fake.endpoint.value = {
        status: 'unreachable',
        url: '',
        error: { code: 'unreachable', message: 'Nothing answers.', retryable: true },
        attempt: 1,
        retryAt: undefined,
      };
      fake.storage.value = { mode: 'memory', reason: 'The disk is full.' };
      fake.toasts.value = [{ id: '1', level: 'error', text: 'Not sent.' }];
      await up(fake);
      expect(await violations()).toEqual([]);
    });

    it('empty, and asking for a gateway', async () => {
      await up(new FakeStore());
      expect(await violations()).toEqual([]);
      unmount();
      const fake = new FakeStore();
      fake.endpoint.value = { status: 'unset', url: '' };
      await up(fake);
      await until(() => button('Connect'));
      expect(await violations()).toEqual([]);
    });

    it.each([
      ['new session', () => press('KeyN', { altKey: true })],
      ['palette', () => press('KeyK', { ctrlKey: true })],
      ['help', () => press('Slash', { key: '?', shiftKey: true })],
      ['settings', () => (press('KeyG'), press('Comma', { key: ',' }))],
      ['end', () => (press('KeyG'), press('KeyE'))],
      ['endpoints', () => (press('KeyG'), press('KeyP'))],
      ['connection details', () => (press('KeyG'), press('KeyI'))],
    ])('the dialog: %s', async (_, open) => {
      await up(tenSessions());
      open();
      await until(() => deep('dialog[open]').length === 1);
      await painted();
      expect(await violations()).toEqual([]);
    });

    it('adding an endpoint: proposals, a token to keep, policies, a warning', async () => {
      const fake = tenSessions();
      fake.endpoints.value = [endpointView(), endpointView({ protocol: 'acp', locked: true })];
      fake.report = {
        url: 'https://agents.example',
        proposals: [
          { protocol: 'acp', sure: true, how: 'initialize answered.' },
          { protocol: 'thread', sure: false, how: 'A socket opened.' },
        ],
      };
      await up(fake);
      press('KeyG');
      press('KeyP');
      await until(() => deep('dialog[open]').length === 1);
      await painted();
      expect(await violations()).toEqual([]);
      button('Add endpoint').click();
      const address = await until(() => one<HTMLInputElement>('#address'));
      const token = one<HTMLInputElement>('#token');
      for (const [input, value] of [
        [address, 'agents.example'],
        [token, 'secret'],
      ] as const) {
        input.value = value;
        input.dispatchEvent(new Event('input', { bubbles: true }));
      }
      await until(() => one('input[value="passphrase"]')).then((each) => each.click());
      one<HTMLDetailsElement>('details').open = true;
      await painted();
      const select = one<HTMLSelectElement>('select#auth');
      select.value = 'query';
      select.dispatchEvent(new Event('change'));
      await painted();
      expect(await violations()).toEqual([]);
      fake.report = {
        url: '',
        proposals: [],
        trouble: { code: 'unknown_protocol', message: 'It speaks something else.' },
      };
      token.dispatchEvent(new Event('input', { bubbles: true }));
      await until(() => deep('[data-trouble]').length === 1);
      expect(await violations()).toEqual([]);
    });

    it('a new session at another endpoint, and notes of what a connection cannot do', async () => {
      const fake = tenSessions();
      fake.endpoints.value = [
        endpointView(),
        endpointView({ protocol: 'acp', url: 'https://agents.example', lists: true }),
      ];
      fake.remote = [{ title: 'There', updatedAt: 1, cwd: '/srv', remote: {} }];
      const viewed = fake.sessions.value.find(({ id }) => id === 's9')!;
      viewed.abilities.value = {
        cancel: false,
        approve: false,
        settings: false,
        liveness: false,
        afterDrop: 'retry',
        concurrency: 'ask',
        shared: false,
      };
      viewed.connection.value = {
        status: 'error',
        error: { code: 'held_elsewhere', message: 'Elsewhere.', retryable: true },
      };
      await up(fake);
      expect(await violations()).toEqual([]);
      press('KeyN', { altKey: true });
      const select = await until(() => one<HTMLSelectElement>('select#endpoint'));
      select.value = 'acp:https://agents.example';
      select.dispatchEvent(new Event('change'));
      await painted();
      expect(await violations()).toEqual([]);
      deep<HTMLInputElement>('input[name="mode"]')[1]!.click();
      await until(() => one('input[name="remote"]'));
      expect(await violations()).toEqual([]);
    });

    it('would be told: a faint text on a faint ground is found', async () => {
      await up(tenSessions());
      const bad = document.createElement('p');
      bad.textContent = 'unreadable';
      bad.style.cssText = 'position: fixed; z-index: 99; top: 0; color: #777; background: #888;';
      document.body.append(bad);
      expect((await violations()).join()).toContain('color-contrast');
    });
  },
);
