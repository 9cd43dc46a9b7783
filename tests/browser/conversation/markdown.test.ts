import { array, assert, constantFrom, integer, property } from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { cleanText } from '../../../src/core/text/sanitise.ts';
import { DocumentWriter } from '../../../src/app/ui/conversation/markdown/document-writer.ts';
import { loadImage } from '../../../src/app/ui/conversation/markdown/dom.ts';
import { HOSTILE, ORDINARY } from './corpus.ts';

const CORPUS = [...ORDINARY, ...HOSTILE];

function render(...pieces: string[]): HTMLElement {
  const root = document.createElement('div');
  const writer = new DocumentWriter(root);
  for (const piece of pieces) writer.write(piece);
  writer.end();
  root.normalize();
  return root;
}

/** Without the direction of lists and quotations, which has a test of its own. */
const html = (...pieces: string[]): string =>
  render(...pieces).innerHTML.replaceAll(' dir="auto"', '');

const ELEMENTS = new Set(
  (
    'p h3 h4 h5 h6 ul ol li blockquote hr br strong em del code pre a span div button small ' +
    'table thead tbody tr th td input'
  ).split(' '),
);
const ATTRIBUTES = new Set(
  (
    'class dir type start href target rel title tabindex disabled checked aria-label ' +
    'data-level data-language data-copy data-load'
  ).split(' '),
);

/** What is wrong with a tree, by the rules that nothing an agent sends may break. */
function dangers(root: ParentNode): string[] {
  const found: string[] = [];
  for (const node of root.querySelectorAll('*')) {
    const name = node.localName;
    if (!ELEMENTS.has(name)) found.push(`<${name}>`);
    for (const attribute of node.attributes) {
      if (!ATTRIBUTES.has(attribute.name)) found.push(`${name}[${attribute.name}]`);
    }
    const href = node.getAttribute('href');
    if (href !== null) {
      if (!/^(?:https:|mailto:)/.test(href)) found.push(`href ${href}`);
      if (node.getAttribute('rel') !== 'noopener noreferrer nofollow') found.push('rel');
      if (node.getAttribute('target') !== '_blank') found.push('target');
    }
    const load = node.getAttribute('data-load');
    if (load !== null && !load.startsWith('https:')) found.push(`load ${load}`);
  }
  const text = root.textContent ?? '';
  if (cleanText(text) !== text) found.push('control characters');
  return found;
}

const shown = (text: string): string => {
  const root = document.createElement('div');
  new DocumentWriter(root).write(text);
  return root.textContent ?? '';
};

describe('markdown safety', () => {
  it.each(HOSTILE)('[R68] nothing dangerous comes of %j', (source) => {
    expect(dangers(render(source))).toEqual([]);
    expect(dangers(render(...source))).toEqual([]);
  });

  it('[R68] the check above catches a renderer that uses HTML (negative control)', () => {
    const naive = document.implementation.createHTMLDocument().createElement('div');
    naive.innerHTML = HOSTILE[1]! + HOSTILE[2]!;
    expect(dangers(naive)).toEqual(
      expect.arrayContaining(['<img>', 'img[onerror]', '<svg>', 'svg[onload]', 'rel']),
    );
    naive.textContent = HOSTILE[13]!;
    expect(dangers(naive)).toContain('control characters');
  });

  it('[R68] random text with marks in it stays inside the allowed elements', () => {
    const alphabet = constantFrom(
      ...'<>[]()!`*_~|-#&;:/\\"\' \n\t1.ax\u001b\u009b\u202e'.split(''),
      'https://e.example',
      'javascript:',
      '](',
      '![',
      '```',
      '\u001b[3',
      '\u001b]0;',
      '&#27;',
      '<img src=x onerror=y>',
    );
    assert(
      property(array(alphabet, { maxLength: 120 }), (parts) => {
        expect(dangers(render(...parts))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('[R68] an unsafe link is text, with its address in plain sight', () => {
    const root = render('[click](javascript:alert(1))');
    expect(root.querySelector('a')).toBeNull();
    expect(root.textContent).toBe('click (javascript:alert(1))');
  });

  it('[R68] an image is a placeholder; a click loads it, without a referrer and only over https', () => {
    const root = render('![plan](https://img.example/p.png) ![x](http://img.example/q.png)');
    expect(root.querySelector('img')).toBeNull();
    const buttons = root.querySelectorAll<HTMLElement>('button[data-load]');
    expect(buttons).toHaveLength(1);
    expect(buttons[0]!.textContent).toBe('planimg.example');
    loadImage(buttons[0]!);
    const image = root.querySelector('img')!;
    expect(image.referrerPolicy).toBe('no-referrer');
    image.removeAttribute('src');
    const forged = document.createElement('button');
    forged.dataset['load'] = 'http://img.example/q.png';
    root.append(forged);
    loadImage(forged);
    expect(root.contains(forged)).toBe(true);
  });

  it('[R68] a link says where it goes', () => {
    const link = render('[docs](https://docs.example/a)').querySelector('a')!;
    expect(link.title).toBe('docs.example');
    expect(link.href).toBe('https://docs.example/a');
  });
});

describe('markdown streaming', () => {
  it.each(CORPUS)('gives the same tree one character at a time: %j', (source) => {
    expect(html(...source.match(/[^]/g)!)).toBe(html(source));
  });

  it('gives the same tree in random pieces of random documents', () => {
    const documents = array(constantFrom(...CORPUS), { minLength: 1, maxLength: 4 });
    assert(
      property(
        documents,
        constantFrom('', '\n', '\n\n'),
        array(integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }),
        (parts, join, sizes) => {
          const source = parts.join(join);
          const pieces: string[] = [];
          for (let at = 0, i = 0; at < source.length; i++) {
            const size = sizes[i % sizes.length]!;
            pieces.push(source.slice(at, at + size));
            at += size;
          }
          expect(html(...pieces)).toBe(html(source));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('gives the same tree in random pieces of random marks', () => {
    const token = constantFrom(
      ...'*_~`[]()!<>|-#+:.\\& \n\t1a\u001b\r'.split(''),
      '**',
      '```',
      '\n\n',
      '](https://e.example)',
      'https://e.example/',
      '- ',
      '> ',
      '1. ',
      '[ ] ',
      '|---|---|\n',
      '| a | b |\n',
      '    ',
      'word ',
    );
    assert(
      property(array(token, { maxLength: 60 }), (tokens) => {
        expect(html(...tokens)).toBe(html(tokens.join('')));
      }),
      { numRuns: 1_500 },
    );
  });

  it('a line of numbers is shown as it comes, and what could still be a list is not', () => {
    expect(shown('1 2 3 ')).toMatch(/^1 2 3/);
    expect(shown('> 42 ')).toMatch(/^42/);
    expect(shown('1. ')).toBe('');
    expect(shown('- 12')).toBe('');
  });

  it('never touches a finished block again', () => {
    const root = document.createElement('div');
    const writer = new DocumentWriter(root);
    writer.write('# Title\n\nfirst\n\n- a\n- b\n\n```js\ncode\n```\n\nlast');
    const before = [...root.children].slice(0, -1);
    const changed = new Set<Node>();
    const observer = new MutationObserver((records) => {
      for (const record of records) changed.add(record.target);
    });
    observer.observe(root, { subtree: true, childList: true, characterData: true });
    for (let i = 0; i < 50; i++) writer.write(` word **strong** \`${i}\` more`);
    writer.write('\n\nnew paragraph');
    for (const record of observer.takeRecords()) changed.add(record.target);
    for (const block of before) {
      for (const node of changed) expect(block.contains(node)).toBe(false);
    }
  });

  it('costs as many node changes at the end of a long block as at its start', () => {
    for (const open of ['', '```\n', '- ', '| a | b |\n|---|---|\n']) {
      const root = document.createElement('div');
      const writer = new DocumentWriter(root);
      const observer = new MutationObserver(() => undefined);
      const options = { subtree: true, childList: true, characterData: true };
      const row = '| some | cells |\n';
      const cost = (): number => {
        observer.observe(root, options);
        for (let i = 0; i < 20; i++) writer.write(open.startsWith('|') ? row : 'some words ');
        const count = observer.takeRecords().length;
        observer.disconnect();
        return count;
      };
      writer.write(`${open}some words `);
      const early = cost();
      for (let i = 0; i < 2_000; i++) writer.write(open.startsWith('|') ? row : 'many more words ');
      // One more at most: a full text node is followed by a new one.
      expect(cost()).toBeLessThanOrEqual(early + 1);
    }
  });
});

/** The direction of each list and quotation. */
const side = (source: string): string[] => {
  const root = render(source);
  document.body.append(root);
  const found = [...root.querySelectorAll('ul, ol, blockquote')].map(
    (block) => getComputedStyle(block).direction,
  );
  root.remove();
  return found;
};

describe('markdown fidelity', () => {
  const cases: [string, string][] = [
    ['snake_case_name and *.ts', '<p>snake_case_name and *.ts</p>'],
    ['$HOME and $PATH\n\n# x', '<p>$HOME and $PATH</p><h3 data-level="1">x</h3>'],
    ['arr[0] is [1]', '<p>arr[0] is [1]</p>'],
    ['**a *b* c**', '<p><strong>a <em>b</em> c</strong></p>'],
    ['***x***', '<p><em><strong>x</strong></em></p>'],
    ['`` a`b ``', '<p><code>a`b</code></p>'],
    ['- a\n  - b\n- c', '<ul><li><p>a</p><ul><li><p>b</p></li></ul></li><li><p>c</p></li></ul>'],
    ['1. a\n  - b\n2. c', '<ol><li><p>a</p><ul><li><p>b</p></li></ul></li><li><p>c</p></li></ol>'],
    ['3. c', '<ol start="3"><li><p>c</p></li></ol>'],
    ['> a\nb', '<blockquote><p>a<br>b</p></blockquote>'],
    ['a\n***\nb', '<p>a</p><hr><p>b</p>'],
    ['# C#', '<h3 data-level="1">C#</h3>'],
    ['# Title ##', '<h3 data-level="1">Title</h3>'],
  ];
  it.each(cases)('%j', (source, expected) => {
    expect(html(source)).toBe(expected);
  });

  it('renders code with its language, a copy button and its tabs', () => {
    const root = render('```go\nfunc f() {\n\treturn\n}\n\n```\nafter');
    expect(root.querySelector('.code-head span')!.textContent).toBe('go');
    expect(root.querySelector('button[data-copy]')!.textContent).toBe('Copy');
    expect(root.querySelector('code')!.textContent).toBe('func f() {\n\treturn\n}\n');
    expect(root.lastElementChild!.textContent).toBe('after');
  });

  it('renders tables with alignment, and tasks with their state', () => {
    const root = render('| a | b |\n|:--|--:|\n| 1 | x\\|y |\n\n- [x] done\n- [ ] open');
    expect([...root.querySelectorAll('td')].map((cell) => cell.textContent)).toEqual(['1', 'x|y']);
    expect([...root.querySelectorAll('th')].map((cell) => cell.className)).toEqual([
      'left',
      'right',
    ]);
    expect([...root.querySelectorAll('input')].map((box) => box.checked)).toEqual([true, false]);
  });

  it('a list or quotation reads from the side that its words ask for', () => {
    expect(side('- عنصر\n\n1. أول\n\n> اقتباس')).toEqual(['rtl', 'rtl', 'rtl']);
    expect(side('- one\n\n1. first\n\n> words')).toEqual(['ltr', 'ltr', 'ltr']);
  });

  it('finds bare links and leaves the full stop out', () => {
    const root = render('(see https://e.example/a_b_(c)). x');
    expect(root.querySelector('a')!.getAttribute('href')).toBe('https://e.example/a_b_(c)');
    expect(root.textContent).toBe('(see https://e.example/a_b_(c)). x');
  });
});

afterEach(() => {
  expect((window as unknown as { hacked?: number }).hacked).toBeUndefined();
});
