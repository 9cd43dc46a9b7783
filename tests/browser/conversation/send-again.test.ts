import { afterEach, describe, expect, it } from 'vitest';
import { FakeSession, mount, type Mounted } from './fake.ts';

afterEach(() => {
  document.body.replaceChildren();
});

const again = ({ element }: Mounted): HTMLButtonElement | null =>
  element.renderRoot.querySelector<HTMLButtonElement>('.again');

describe('[R45] a turn that failed or was cut', () => {
  it.each(['error', 'interrupted'])('offers its prompt again: %s', async (reason) => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.prompt('first');
    fake.finish(reason);
    fake.prompt('do it');
    fake.say('Half an ans');
    fake.finish(reason);
    fake.feed({ type: 'agent', state: 'exited' });
    await view.settled();
    again(view)!.click();
    expect(view.calls).toEqual([['sendPrompt', 's1', 'do it', []]]);
    fake.prompt('do it');
    await view.settled();
    expect(again(view)).toBeNull();
  });

  it('keeps the words that stand in the composer', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.prompt('do it');
    fake.finish('error');
    fake.draft.value = 'other words';
    await view.settled();
    again(view)!.click();
    expect(view.calls).toEqual([
      ['sendPrompt', 's1', 'do it', []],
      ['setDraft', 's1', 'other words'],
    ]);
  });

  it('offers nothing after another end, while one is on its way, or when the session is over', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    for (const reason of ['end_turn', 'cancelled', 'refusal']) {
      fake.prompt('go');
      fake.finish(reason);
      await view.settled();
      expect(again(view), reason).toBeNull();
    }
    fake.prompt('go');
    fake.finish('error');
    await view.settled();
    expect(again(view)).not.toBeNull();
    fake.loading.value = true;
    await view.settled();
    expect(again(view)).toBeNull();
    fake.loading.value = false;
    fake.feed({ type: 'ended' });
    await view.settled();
    expect(again(view)).toBeNull();
  });
});
