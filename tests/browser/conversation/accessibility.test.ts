import axe from 'axe-core';
import { afterEach, describe, expect, it } from 'vitest';
import '../../../src/app/ui/styles/tokens.css';
import { FakeSession, frames, mount } from './fake.ts';
import { scenes } from './harness/scenes.ts';
// Loaded by the composer when it is needed; here already, so that it is there to be looked at.
import '../../../src/app/ui/conversation/composer/settings.ts';
import '../../../src/app/ui/conversation/asks/ask-card.ts';

afterEach(() => {
  document.body.replaceChildren();
  delete document.documentElement.dataset['theme'];
});

async function problems(): Promise<string[]> {
  const { violations } = await axe.run(document.body, {
    // The page around it (landmarks, language, heading order) is the shell's.
    rules: { region: { enabled: false }, 'page-has-heading-one': { enabled: false } },
  });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${String(node.target)} ${node.any[0]?.message ?? ''}`),
  );
}

describe('accessibility', () => {
  for (const theme of ['light', 'dark']) {
    it.each(Object.keys(scenes))(`finds nothing wrong in scene %s, ${theme}`, async (name) => {
      document.documentElement.dataset['theme'] = theme;
      document.body.style.background = 'var(--ap-bg)';
      const fake = new FakeSession();
      scenes[name]!(fake);
      const view = await mount(fake);
      await view.settled();
      // Breathing and turning things are measured at rest.
      for (const animation of document.getAnimations()) animation.cancel();
      await frames(4);
      expect(await problems()).toEqual([]);
    });
  }

  it('the same check finds a nameless button and faint text (negative control)', async () => {
    const host = document.createElement('div');
    host.append(document.createElement('button'), document.createElement('p'));
    const text = host.querySelector('p')!;
    text.textContent = 'faint';
    text.style.cssText = 'color: #ddd; background: #fff';
    document.body.append(host);
    const found = (await problems()).join();
    expect(found).toContain('button-name');
    expect(found).toContain('color-contrast');
  });
});
