import { array, assert, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { examples, ours, theirs, write, type Example } from './commonmark.ts';

const ALL = examples();

interface Difference {
  readonly title: string;
  readonly reason: string;
  /** Whether this is why an example that differs does. */
  readonly covers: (example: Example) => boolean;
}

const numbers =
  (...list: number[]) =>
  ({ number }: Example): boolean =>
    list.includes(number);

/** The first that covers an example is its reason; their order is that of the page made from them. */
const DIFFERENCES: readonly Difference[] = [
  {
    title: 'Reference links are text',
    reason:
      'A definition at the end of an answer would change links that were read long before; what is on the screen stays as it is.',
    covers: ({ markdown }) => /\]:/.test(markdown),
  },
  {
    title: 'HTML is text',
    reason:
      'Nothing an agent sends is ever HTML (R68). `<br>` alone is a line break; entities and autolinks work.',
    covers: ({ section, markdown }) =>
      /HTML/.test(section) || /<(?:[a-z]+ [a-z]+=|[a-z]+ ?\/?>|!--)/.test(markdown),
  },
  {
    title: 'Underlined (Setext) headings are a paragraph and a rule',
    reason: 'Lines that were read as a paragraph would turn into a heading afterwards.',
    covers: ({ markdown, html }) => /^[ >-]*(?:=+|-+) *$/m.test(markdown) && /<h[12]>/.test(html),
  },
  {
    title: 'Few named entities',
    reason:
      'The page carries the dozen that agents write (`&amp;`, `&nbsp;`, `&mdash;` …), not all 2,231; numeric ones work all.',
    covers: ({ markdown }) => /&(?:[A-Za-z]+);/.test(markdown),
  },
  {
    title: 'Addresses are written as browsers write them',
    reason:
      'The URL parser of the browser says how an address is escaped; one that is no link is shown as it was sent.',
    covers: numbers(20, 489, 502, 504, 507, 526, 603),
  },
  {
    title: 'Bare `https:` addresses are links',
    reason: 'As on GitHub.',
    covers: numbers(602, 608, 611),
  },
  {
    title: 'Autolinks of other kinds than https and mailto are text',
    reason:
      'They would be no links anyway (R68). The `mailto:` of one that is a link is not shown.',
    covers: numbers(596, 597, 598, 599, 601),
  },
  {
    title: 'Tabs that stand for part of an indent',
    reason:
      'What is left of a tab after the indent is dropped from the code instead of kept as spaces.',
    covers: ({ number, section }) => section === 'Tabs' || number === 112,
  },
  {
    title: 'Lists',
    reason:
      'Bullets under a number belong to it from two spaces on, as agents mean it; an item may begin with an empty line.',
    covers: numbers(280, 297),
  },
  {
    title: 'Malformed or nested destinations',
    reason:
      'Text that tries to be a link and is not quite one may look a little different; images in the words of images keep theirs.',
    covers: numbers(491, 493, 494, 520),
  },
  {
    title: 'The word after a fence',
    reason: 'Ends at the first character that is in no name of a language.',
    covers: numbers(24),
  },
];

const differs = ({ markdown, html }: Example): boolean => ours(write(markdown)) !== theirs(html);

function page(): string {
  const open = ALL.filter(differs);
  const by = new Map<Difference, number[]>(DIFFERENCES.map((difference) => [difference, []]));
  const unexplained: number[] = [];
  for (const example of open) {
    const reason = DIFFERENCES.find((each) => each.covers(example));
    (reason ? by.get(reason)! : unexplained).push(example.number);
  }
  expect(unexplained).toEqual([]);
  return [
    '# Markdown: what differs from CommonMark',
    '',
    `Made by \`tests/browser/conversation/commonmark.test.ts\` from the examples of CommonMark's specification 0.31.2 (© John MacFarlane, CC BY-SA 4.0, https://spec.commonmark.org/0.31.2/), which a test reads from its own package. **${ALL.length - open.length} of ${ALL.length} examples** give the tree that the specification asks for; every one of the ${ALL.length}, cut into pieces anywhere, gives the tree that it gives in one piece.`,
    '',
    'Not counted as differences: headings stand two levels down, because the page has headings of its own; lists are never loose (no paragraph around a single text); a line break in a paragraph is a line break, as in GitHub’s comments; code blocks have a head with the language and a button; links are `https:` and `mailto:` only, others are their text with the address in plain sight; images are placeholders that a click loads.',
    '',
    ...[...by].flatMap(([{ title, reason }, list]) => [
      `## ${title}`,
      '',
      reason,
      '',
      `${list.length} ${list.length === 1 ? 'example' : 'examples'}: ${list.join(', ')}.`,
      '',
    ]),
    '## Beyond CommonMark, from GitHub’s dialect',
    '',
    '- Tables: a row needs a bar, and as many cells as the head has are shown. Strikethrough with one or two `~`. Task lists, not clickable. Bare `https:` addresses; bare `www.` and mail addresses are text.',
    '- Bounds of our own: emphasis, code and links must close within 2,000 characters; quotes and lists nest 16 deep; the first line of a table is at most 4,000 characters long.',
    '',
  ].join('\n');
}

describe("CommonMark's own examples", () => {
  it('[R68] give the same tree however they are cut', () => {
    for (const { number, markdown } of ALL) {
      const whole = write(markdown).innerHTML;
      expect(write(...markdown).innerHTML, `example ${number}, character by character`).toBe(whole);
      assert(
        property(array(nat(markdown.length), { maxLength: 6 }), (cuts) => {
          const at = [0, ...cuts.toSorted((a, b) => a - b), markdown.length];
          const pieces = at.slice(1).map((to, i) => markdown.slice(at[i], to));
          expect(write(...pieces).innerHTML, `example ${number}`).toBe(whole);
        }),
        { numRuns: 12 },
      );
    }
  });

  it('a writer that starts anew with every piece would not pass the test above (negative control)', () => {
    const { markdown } = ALL.find(({ section }) => section === 'Fenced code blocks')!;
    const half = markdown.length >> 1;
    const apart = write(markdown.slice(0, half)).innerHTML + write(markdown.slice(half)).innerHTML;
    expect(apart).not.toBe(write(markdown).innerHTML);
  });

  it('agree with the specification, but for what docs/markdown.md lists', async () => {
    expect(ALL.length).toBe(652);
    await expect(page()).toMatchFileSnapshot('../../../docs/markdown.md');
  });

  it('the comparison sees a heading that is a paragraph, and a lost word (negative control)', () => {
    expect(ours(write('# a'))).not.toBe(theirs('<p>a</p>'));
    expect(ours(write('a *b*'))).not.toBe(theirs('<p>a <em></em></p>'));
    expect(ours(write('a *b*'))).toBe(theirs('<p>a <em>b</em></p>'));
  });
});
