import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../../src/gateway/workspace/commands/index.ts';
import { parseTarget } from '../../../src/gateway/workspace/commands/read.ts';
import { Output } from '../../../src/gateway/workspace/commands/run.ts';
import { code, fence } from '../../../src/gateway/workspace/markdown.ts';
import { proseBlocks, tokens } from '../../../src/gateway/workspace/prose.ts';
import { understand } from '../../../src/gateway/workspace/understand.ts';

const meant = (prompt: string): string | undefined => {
  const understood = understand(prompt, COMMANDS);
  return understood && `${understood.command.name}(${understood.argument})`;
};

describe('what a prompt means', () => {
  test.each([
    ['/ls', 'ls()'],
    ['  /READ  a b ', 'read(a b)'],
    ['/write a.md one\ntwo', 'write(a.md one\ntwo)'],
    ['list src', 'ls(src)'],
    ['list files', 'ls()'],
    ['list files in src', 'ls(src)'],
    ['read "my file.md"', 'read("my file.md")'],
    ['Search for TODO in src', 'search(TODO in src)'],
    ['run npm test', 'run(npm test)'],
    ['What changed?', 'diff()'],
    ['help', 'help()'],
  ])('%j is %s', (prompt, expected) => expect(meant(prompt)).toBe(expected));

  test.each(['', '/nothing', '/lsx', 'read the docs and tell me why', 'list all the bugs', 'why?'])(
    '%j is nothing it knows',
    (prompt) => expect(meant(prompt)).toBeUndefined(),
  );

  test.each([
    ['a.txt', { file: 'a.txt', from: 1 }],
    ['a.txt:5', { file: 'a.txt', from: 5 }],
    ['a.txt:5-9', { file: 'a.txt', from: 5, to: 9 }],
    ['"a b.txt:0-2"', { file: 'a b.txt', from: 1, to: 2 }],
    ['a b.txt', { file: 'a b.txt', from: 1 }],
    ['C:x', { file: 'C:x', from: 1 }],
  ])('the target %j', (argument, target) => expect(parseTarget(argument)).toEqual(target));

  test.each(['', 'a.txt:9-5'])('a bad target %j is said', (argument) => {
    expect(() => parseTarget(argument)).toThrow();
  });
});

describe('[R68] text from files and programs cannot leave its block', () => {
  test('a fence is longer than any in the text', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^(?:[`a\n]){0,40}$/), (text) => {
        const [open, ...lines] = fence(text, 'ts').split('\n');
        const ticks = /^`+/.exec(open!)![0];
        expect(lines.at(-1)).toBe(ticks);
        expect(lines.slice(0, -1).some((line) => line.startsWith(ticks))).toBe(false);
      }),
    );
  });

  test('a code span is closed by its own ticks only, and escapes are gone', () => {
    expect(code('a`b')).toBe('``a`b``');
    expect(code('`a`')).toBe('`` `a` ``');
    expect(code('\u001b[31mred\u001b[0m\n\u202eback')).toBe('`red⏎back`');
  });
});

describe('[R30] output is bounded and says what it dropped', () => {
  test('small output is kept whole, also when a character comes in two pieces', () => {
    const output = new Output();
    const bytes = Buffer.from('größe\nzwei');
    output.add(bytes.subarray(0, 3));
    output.add(bytes.subarray(3));
    output.end();
    expect(output.text()).toBe('größe\nzwei');
    expect(output).toMatchObject({ bytes: bytes.length, dropped: 0, lines: 2 });
  });

  test('large output keeps its two ends', () => {
    const output = new Output();
    output.add(Buffer.from('START\n'));
    for (let i = 0; i < 2_000; i++) output.add(Buffer.from(`${'x'.repeat(99)}\n`));
    output.add(Buffer.from('END'));
    output.end();
    const text = output.text();
    expect(text.startsWith('START\n')).toBe(true);
    expect(text.endsWith('END')).toBe(true);
    expect(text).toContain('were dropped here');
    expect(text.length).toBeLessThan(70_000);
    expect(output.dropped + 64 * 1024).toBe(output.bytes);
    expect(output.latest().length).toBeLessThan(5_000);
  });
});

describe('the long answer', () => {
  test('is the same every time, and the shorter one is its beginning', () => {
    const long = [...proseBlocks(60)];
    expect([...proseBlocks(60)]).toEqual(long);
    expect([...proseBlocks(25)]).toEqual(long.slice(0, 25));
  });

  test('has all that markdown has', () => {
    const text = [...proseBlocks(40)].join('\n\n');
    for (const part of [
      /^## /m,
      /^\| /m,
      /^```rust/m,
      /^```sql/m,
      /^> /m,
      /^- \[x\]/m,
      /^ {5}- /m,
      /\]\(https:/,
    ]) {
      expect(text).toMatch(part);
    }
    expect(text).not.toMatch(/\{(?:thing|other|act|why)\}/);
  });

  test('is cut anywhere but inside a character, and loses nothing', () => {
    const blocks = [...proseBlocks(200)];
    const pieces = [...tokens(blocks)];
    expect(pieces.join('')).toBe(blocks.map((block) => `${block}\n\n`).join(''));
    expect(Math.max(...pieces.slice(0, -1).map((piece) => piece.length))).toBeLessThanOrEqual(10);
    for (const piece of pieces) expect(() => encodeURIComponent(piece)).not.toThrow();
  });
});
