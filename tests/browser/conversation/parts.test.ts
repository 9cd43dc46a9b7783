import { array, assert, constantFrom, integer, property } from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { codeText } from '../../../src/app/ui/conversation/markdown/growing-block.ts';
import { cursors, cutBy, laidOut, render } from './documents.ts';

afterEach(() => document.body.replaceChildren());

/** The same without its parts, as one block. */
function joined(root: HTMLElement): HTMLElement {
  const copy = root.cloneNode(true) as HTMLElement;
  for (const part of copy.querySelectorAll('.part')) {
    const isCode = part.closest('code') !== null;
    part.replaceWith(isCode ? '\n' : document.createElement('br'), ...part.childNodes);
  }
  copy.normalize();
  return copy;
}

const lines = (count: number, each: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => each(i)).join('\n');

/** Ways to a long block, and its element. */
const LONG = {
  'a code block': [
    '```ts\n' + lines(2_000, (i) => (i % 7 ? `const value${i} = ${i};` : '')) + '\n```\n',
    'code',
  ],
  'indented code': [lines(2_000, (i) => (i % 9 ? `    const value${i} = ${i};` : '')), 'code'],
  'a paragraph of many lines': [lines(2_000, (i) => `line **${i}** of \`many\``), 'p'],
  'a paragraph without lines': ['some *words* and `others` '.repeat(4_000), 'p'],
} as const;

/** What makes the layout of one word dear: text beside it in the same block. */
const longestPart = (block: HTMLElement): number => {
  const parts = [...block.querySelectorAll('.part')].map((part) => part.textContent.length);
  return Math.max(...parts, block.textContent.length - parts.reduce((sum, each) => sum + each, 0));
};

describe('[R34] a long block', () => {
  it.each(Object.entries(LONG))(
    '%s is made of parts that are laid out apart',
    (_, [text, name]) => {
      const block = render(text).querySelector<HTMLElement>(name)!;
      expect(block.textContent.length).toBeGreaterThan(30_000);
      expect(longestPart(block)).toBeLessThan(17_000);
      // The measure sees a block without parts.
      expect(longestPart(joined(block))).toBeGreaterThan(30_000);
    },
  );

  it.each(Object.entries(LONG).slice(0, 3))('%s looks the same', (_, [text, name]) => {
    const block = laidOut(render(text)).querySelector<HTMLElement>(name)!;
    const whole = laidOut(joined(render(text))).querySelector<HTMLElement>(name)!;
    expect(block.querySelectorAll('.part').length).toBeGreaterThan(2);
    expect(whole.querySelectorAll('.part')).toHaveLength(0);
    expect(block.offsetHeight).toBe(whole.offsetHeight);
    expect(block.innerText).toBe(whole.innerText);
  });

  it('is copied as it was written, by the button and by a selection', () => {
    const [text] = LONG['a code block'];
    const code = laidOut(render(text)).querySelector('code')!;
    const written = text.slice('```ts\n'.length, -'\n```\n'.length);
    expect(codeText(code)).toBe(written);
    const selection = getSelection()!;
    selection.selectAllChildren(code);
    expect(selection.toString().trimEnd()).toBe(written.trimEnd());
    selection.removeAllRanges();
  });

  it.each([
    ['w '.repeat(8_193) + '<br>next', 2],
    ['w '.repeat(8_193) + '\\\nnext', 2],
    ['x'.repeat(8_192) + '<br><br>after', 3],
    ['x'.repeat(9_000) + '<br><br>after', 3],
  ])('keeps its lines where it is parted: case %#', (text, count) => {
    const { innerText } = laidOut(render(text)).querySelector('p')!;
    const shown = innerText.split('\n').slice(-count);
    expect(shown.at(-1)).toMatch(/next|after/);
    expect(shown.slice(1, -1)).toEqual(Array(count - 2).fill(''));
    expect(shown[0]).not.toBe('');
  });

  it.each(['\n', '\n\n'])('of code keeps empty lines at its end: %j', (end) => {
    const lines = `${'x'.repeat(8_193)}\n${end}`;
    expect(codeText(render('```\n' + lines + '```').querySelector('code'))).toBe(
      lines.slice(0, -1),
    );
  });

  it('is parted without spaces, where its script has none', () => {
    const block = render('字'.repeat(40_000)).querySelector('p')!;
    expect(longestPart(block)).toBeLessThan(17_000);
  });

  it('is not parted before it is long', () => {
    for (const text of ['```\n' + 'x\n'.repeat(2_000) + '```\n', 'word '.repeat(2_000)])
      expect(render(text).querySelector('.part, .parted')).toBeNull();
  });

  it('is parted alike however it was cut', () => {
    assert(
      property(
        constantFrom(...Object.values(LONG)),
        array(integer({ min: 1, max: 4_000 }), { minLength: 1, maxLength: 12 }),
        ([text], sizes) => {
          const lengths = sizes.map((size) => size + 200);
          expect(render(...cutBy(text, lengths)).innerHTML).toBe(render(text).innerHTML);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('shows where it grows in its last part only', () => {
    const root = render('many words '.repeat(4_000));
    expect(cursors(root)).toEqual([root.querySelector('p')!.lastElementChild]);
  });
});
