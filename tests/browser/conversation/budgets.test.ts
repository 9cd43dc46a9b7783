import { afterEach, describe, expect, it } from 'vitest';
import { FakeSession, frames, mount, type Mounted } from './fake.ts';

afterEach(() => {
  document.body.replaceChildren();
  sessionStorage.clear();
});

/** Changed nodes per token: the text itself, and the unfinished end of a line where there is one. */
const PER_TOKEN = 8;
const TOKENS = 24;

/** Kinds of long answers: how each begins, one unit of its growth, and a token that goes on with it. */
const KINDS = {
  'one long paragraph': { begin: '', unit: 'Some words of an answer, ', token: 'and more ' },
  'many paragraphs': { begin: '', unit: 'A paragraph with **bold** words.\n\n', token: 'words ' },
  'a long list': { begin: '', unit: '- an item of the list\n', token: '- one more\n' },
  'a long table': {
    begin: '| a | b |\n| - | - |\n',
    unit: '| cell | another cell |\n',
    token: '| c | d |\n',
  },
  'a long code block': {
    begin: '```ts\n',
    unit: 'const value = compute(other);\n',
    token: 'const x = 1;\n',
  },
  'a long quotation': { begin: '', unit: '> Words that were said.\n', token: '> and more\n' },
} as const;

/** What each token changes in the conversation, counted in nodes; all of the page's shadow roots are watched. */
async function costs(view: Mounted, fake: FakeSession, token: string): Promise<number[]> {
  const seen: number[] = [];
  let now = 0;
  const outside: Node[] = [];
  const live = view.log.querySelector('[data-live]')!;
  const observer = new MutationObserver((records) => {
    for (const { target, addedNodes, removedNodes } of records) {
      now += 1 + addedNodes.length + removedNodes.length;
      if (!live.contains(target)) outside.push(target);
    }
  });
  const options = { subtree: true, childList: true, characterData: true, attributes: true };
  observer.observe(view.element.renderRoot, options);
  observer.observe(view.log.getRootNode(), options);
  for (let i = 0; i < TOKENS; i++) {
    now = 0;
    fake.say(token);
    // Observers are told in a microtask.
    await Promise.resolve();
    await Promise.resolve();
    seen.push(now);
  }
  observer.disconnect();
  expect(outside, 'nothing outside of the live message changes').toEqual([]);
  return seen;
}

async function stream(
  kind: keyof typeof KINDS,
  units: number,
  turns: number,
): Promise<{ most: number; text: number }> {
  const { begin, unit, token } = KINDS[kind];
  const fake = new FakeSession();
  fake.history(turns);
  const view = await mount(fake);
  fake.prompt('go');
  fake.say(begin + unit.repeat(units));
  await frames();
  const most = Math.max(...(await costs(view, fake, token)));
  const text = view.log.querySelector('[data-live] .markdown')!.textContent.length;
  view.host.remove();
  return { most, text };
}

describe('nodes touched per token', () => {
  it.each(Object.keys(KINDS) as (keyof typeof KINDS)[])(
    '[R34] in %s do not grow with the message, nor with the history',
    async (kind) => {
      const short = await stream(kind, 4, 1);
      const long = await stream(kind, 4_000, 1);
      const old = await stream(kind, 4, 400);
      expect(long.text).toBeGreaterThan(100 * short.text);
      expect(short.most).toBeGreaterThan(0);
      // A text node that is full is followed by a new one: one more, now and then, at any length.
      expect(long.most).toBeLessThanOrEqual(short.most + 1);
      expect(old.most).toBe(short.most);
      expect(long.most).toBeLessThanOrEqual(kind === 'a long table' ? 2 * PER_TOKEN : PER_TOKEN);
    },
  );

  it('are counted: a renderer that draws the message anew is far above (negative control)', async () => {
    const fake = new FakeSession();
    const view = await mount(fake);
    fake.prompt('go');
    fake.say('- an item\n'.repeat(400));
    await frames();
    const body = view.log.querySelector('[data-live] .markdown')!;
    let nodes = 0;
    const observer = new MutationObserver((records) => {
      for (const { addedNodes, removedNodes } of records)
        nodes += addedNodes.length + removedNodes.length;
    });
    observer.observe(body, { childList: true, subtree: true });
    const list = body.querySelector('ul')!;
    list.replaceChildren(...[...list.children].map((each) => each.cloneNode(true)));
    await Promise.resolve();
    observer.disconnect();
    expect(nodes).toBeGreaterThan(10 * PER_TOKEN);
  });
});
