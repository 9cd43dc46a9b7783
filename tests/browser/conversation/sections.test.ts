import { array, assert, constantFrom, integer, property } from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { cursors, cutBy, laidOut, render } from './documents.ts';

afterEach(() => document.body.replaceChildren());

/** The same with all blocks side by side. */
function flat(root: HTMLElement): HTMLElement {
  const copy = root.cloneNode(true) as HTMLElement;
  for (const section of copy.querySelectorAll('.section'))
    section.replaceWith(...section.childNodes);
  return copy;
}

/** The document's own blocks. */
const blocks = (root: HTMLElement): HTMLElement[] => [
  ...root.querySelectorAll<HTMLElement>(':scope > :not(.section), :scope > .section > *'),
];

/** Where each block is, px from the document's top. */
function places(root: HTMLElement): number[][] {
  const { top } = laidOut(root).getBoundingClientRect();
  return blocks(root).map((block) => {
    const box = block.getBoundingClientRect();
    return [box.top - top, box.left, box.width, box.height].map((each) => Math.round(each * 8) / 8);
  });
}

const KINDS = [
  'Some words.\n\n',
  '## A heading\n\n',
  '# One more\n',
  '- an item\n- another\n\n',
  '1. first\n\n2. second\n\n',
  '```ts\nconst a = 1;\n```\n',
  '    indented\n\n',
  '| a | b |\n| - | - |\n| 1 | 2 |\n\n',
  '> quoted\n\n',
  '---\n',
];
const LONG = KINDS.join('').repeat(12);
const BLOCKS = 8;

describe('sections of a long document', () => {
  it('hold few blocks each, none of them empty, and the document keeps all in their order', () => {
    const root = render('Words.\n\n'.repeat(100));
    expect(root.querySelectorAll('.section').length).toBe(Math.ceil(100 / BLOCKS) - 1);
    for (const section of root.querySelectorAll('.section'))
      expect(section.childElementCount).toBeGreaterThan(0);
    expect(blocks(root)).toHaveLength(100);
    expect(root.querySelectorAll('.section .section')).toHaveLength(0);
    expect(render('Words.\n\n'.repeat(BLOCKS)).querySelector('.section')).toBeNull();
  });

  it('look like nothing: every block is where it would be without them', () => {
    const root = render(LONG);
    expect(root.querySelectorAll('.section').length).toBeGreaterThan(10);
    expect(places(root)).toEqual(places(flat(root)));
  });

  it('never part a heading or a rule from what follows', () => {
    const root = render(
      'Words.\n\n'.repeat(BLOCKS - 1) + '## Heading\n\n---\n\n### Another\n\nIts text.\n',
    );
    expect(root.querySelector('.section')).toBeNull();
    for (const section of render(LONG).querySelectorAll('.section'))
      expect(section.previousElementSibling!.lastElementChild?.tagName).not.toMatch(/^H[\dR]$/);
  });

  it('are not begun by an item of a list that goes on, nor by a line within a block', () => {
    const root = render('Words.\n\n'.repeat(BLOCKS - 1) + '- item\n\n'.repeat(20));
    expect(root.querySelector('.section')).toBeNull();
    expect(root.lastElementChild!.querySelectorAll(':scope > li')).toHaveLength(20);
    const paragraph = render('Words.\n\n'.repeat(BLOCKS - 1) + 'line\n'.repeat(20));
    expect(paragraph.childElementCount).toBe(BLOCKS);
  });

  it('are the same however the text was cut', () => {
    assert(
      property(
        array(constantFrom(...KINDS), { minLength: 10, maxLength: 60 }),
        array(integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
        (parts, lengths) => {
          const text = parts.join('');
          expect(render(...cutBy(text, lengths)).outerHTML).toBe(render(text).outerHTML);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('show where the text grows at the end only', () => {
    const root = render('Words.\n\n'.repeat(3 * BLOCKS));
    expect(cursors(root)).toEqual([blocks(root).at(-1)]);
  });

  it('do not cut off the outline of what has the focus at their edge', () => {
    const root = laidOut(
      render('Words.\n\n'.repeat(BLOCKS) + '[A link](https://example.org) first.'),
    );
    const link = root.querySelector('a')!;
    link.focus({ focusVisible: true } as FocusOptions);
    const outline = getComputedStyle(link);
    const outside =
      Number.parseFloat(outline.outlineWidth) + Number.parseFloat(outline.outlineOffset);
    const { overflowClipMargin } = getComputedStyle(link.closest('.section')!);
    expect(outside).toBeGreaterThan(0);
    expect(Number.parseFloat(overflowClipMargin)).toBeGreaterThanOrEqual(outside);
  });

  it('give the same text to who copies it', () => {
    const root = render(LONG);
    expect(laidOut(root).innerText).toBe(laidOut(flat(root)).innerText);
  });
});
