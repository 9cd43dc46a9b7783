import { array, assert, constantFrom, integer, property } from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { ApTranscript } from '../../../src/app/ui/conversation/transcript.ts';
import { DocumentWriter } from '../../../src/app/ui/conversation/markdown/document-writer.ts';

afterEach(() => document.body.replaceChildren());

function render(...pieces: string[]): HTMLElement {
  const root = document.createElement('div');
  root.className = 'markdown';
  const writer = new DocumentWriter(root);
  for (const piece of pieces) writer.write(piece);
  writer.end();
  root.normalize();
  return root;
}

/** In the document, as the live message of a transcript. */
function laidOut(root: HTMLElement): HTMLElement {
  const host = document.createElement('div');
  host.style.width = '700px';
  const shadow = host.attachShadow({ mode: 'open' });
  shadow.adoptedStyleSheets = ApTranscript.styles.map((each) => each.styleSheet!);
  const message = document.createElement('article');
  message.className = 'item message assistant';
  message.dataset['live'] = '';
  message.append(root);
  shadow.append(message);
  document.body.append(host);
  return root;
}

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
        (parts, cuts) => {
          const text = parts.join('');
          const pieces: string[] = [];
          for (let at = 0, i = 0; at < text.length; i++) {
            const length = cuts[i % cuts.length]!;
            pieces.push(text.slice(at, at + length));
            at += length;
          }
          expect(render(...pieces).outerHTML).toBe(render(text).outerHTML);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('show where the text grows at the end only', () => {
    const root = laidOut(render('Words.\n\n'.repeat(3 * BLOCKS)));
    const marked = [...root.querySelectorAll('p')].filter(
      (each) => getComputedStyle(each, '::after').content !== 'none',
    );
    expect(marked).toEqual([blocks(root).at(-1)]);
  });

  it('give the same text to who copies it', () => {
    const root = render(LONG);
    expect(laidOut(root).innerText).toBe(laidOut(flat(root)).innerText);
  });
});
