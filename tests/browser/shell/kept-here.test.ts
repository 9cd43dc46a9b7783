import { afterEach, describe, expect, it, vi } from 'vitest';
import { CommandEvent } from '../../../src/app/ui/command-event.ts';
import { FakeStore } from './fake-store.ts';
import { button, deep, mount, painted, unmount, until } from './support.ts';

afterEach(() => {
  unmount();
  vi.restoreAllMocks();
});

/** The browser's word on storage, in place of the real one, which a test cannot make agree. */
function browserSays(persisted: boolean, agrees: boolean) {
  let kept = persisted;
  vi.spyOn(navigator.storage, 'estimate').mockResolvedValue({
    usage: 3e6,
    quota: 2e9,
  });
  vi.spyOn(navigator.storage, 'persisted').mockImplementation(async () => kept);
  return vi
    .spyOn(navigator.storage, 'persist')
    .mockImplementation(async () => (kept = kept || agrees));
}

async function open(fake = new FakeStore()): Promise<FakeStore> {
  const app = await mount(fake);
  const [sidebar] = deep('ap-sidebar', app.shadowRoot!);
  sidebar!.dispatchEvent(new CommandEvent('app.settings'));
  await until(line);
  await painted();
  return fake;
}

const line = (): string =>
  deep('h3')
    .find((each) => each.textContent === 'Kept in this browser')!
    .parentElement!.textContent!.replace(/\s+/g, ' ')
    .trim();

describe('[R32] what this browser keeps, in the settings', () => {
  it('says how much it is of how much; protects it from clean-up when asked, not before', async () => {
    const persist = browserSays(false, true);
    await open();
    await until(() => line().includes('3.0 MB of 2.0 GB allowed'));
    expect(persist).not.toHaveBeenCalled();
    button('Protect from clean-up').click();
    await until(() => line().includes('Protected from clean-up'));
    expect(persist).toHaveBeenCalledOnce();
    expect(() => button('Protect from clean-up')).toThrow();
  });

  it('says so when the browser does not agree, and can be asked again', async () => {
    browserSays(false, false);
    const fake = await open();
    (await until(() => button('Protect from clean-up'))).click();
    await until(() => fake.called('showToast').length === 1);
    expect(button('Protect from clean-up')).toBeDefined();
    expect(line()).not.toContain('Protected');
  });

  it('says why nothing is kept, and nothing of it on a page that may not ask', async () => {
    vi.spyOn(navigator, 'storage', 'get').mockReturnValue(undefined as never);
    const fake = new FakeStore();
    fake.storage.value = { mode: 'memory', reason: 'The disk is full.' };
    await open(fake);
    expect(line()).toContain('Nothing just now: The disk is full.');
    expect(() => button('Protect from clean-up')).toThrow();
  });

  it('what the browser really says', async () => {
    await open();
    await until(() => / of .* allowed/.test(line()));
  });
});
