import axe from 'axe-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cdp } from 'vitest/browser';
import { FakeStore, tenSessions } from './fake-store.ts';
import { button, deep, item, mount, one, painted, press, unmount, until } from './support.ts';

interface Chromium {
  send(method: string, params: object): Promise<unknown>;
}

afterEach(unmount);

// Colours while fading in are not what this is about.
beforeAll(async () => {
  const features = [{ name: 'prefers-reduced-motion', value: 'reduce' }];
  await (cdp() as Chromium).send('Emulation.setEmulatedMedia', { features });
});

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
    ])('the dialog: %s', async (_, open) => {
      await up(tenSessions());
      open();
      await until(() => deep('dialog[open]').length === 1);
      await painted();
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
