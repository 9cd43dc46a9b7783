import { array, assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MAX_LINE,
  RewrittenLines,
  rewritten,
} from '../../../src/app/ui/conversation/items/rewritten.ts';
import { cleanText } from '../../../src/core/text/sanitise.ts';

/** What is shown after these pieces. */
function shown(...pieces: string[]): string {
  const lines = new RewrittenLines();
  let all = '';
  for (const { back, text } of [...pieces.map((piece) => lines.push(piece)), lines.flush()])
    all = all.slice(0, all.length - back) + text;
  return all;
}

describe('output that rewrites its lines', () => {
  it.each([
    ['a progress bar', ' 10%\r 50%\r100%\ndone\n', '100%\ndone\n'],
    ['line ends of Windows', 'one\r\ntwo\r\n', 'one\ntwo\n'],
    ['line ends of a terminal', 'one\r\r\ntwo', 'one\ntwo'],
    ['a shorter line over a longer one', 'abcdef\rxy', 'xycdef'],
    ['… that erases the rest', 'abcdef\rxy\u001b[K', 'xy'],
    ['… that erases all', 'abcdef\u001b[2K\rxy', 'xy    '],
    ['a carriage return at the end', 'waiting\r', 'waiting'],
    ['colours beside it', '\u001b[32m10%\u001b[0m\r\u001b[32m20%\u001b[0m', '20%'],
    ['marks that are not ours', 'a\ufdd0b\ufdd2c', 'abc'],
  ])('%s', (_, output, expected) => {
    expect(rewritten(output).trimEnd()).toBe(expected.trimEnd());
  });

  it('is the same in whatever pieces it comes', () => {
    const bits = constantFrom(
      'a',
      'bc',
      '\r',
      '\n',
      '\r\n',
      '\u001b[K',
      '\u001b[2K',
      '\u001b[31m',
      '%',
    );
    assert(
      property(array(bits, { maxLength: 30 }), (parts) => {
        const whole = parts.join('');
        expect(shown(...whole)).toBe(rewritten(whole));
        expect(shown(...parts)).toBe(rewritten(whole));
      }),
    );
  });

  it('[R68] leaves nothing of control sequences', () => {
    assert(
      property(array(string()), (parts) => {
        const text = shown(...parts.map((part) => `${part}\u001b[31m\u202e\r`));
        expect(cleanText(text)).toBe(text);
      }),
    );
  });

  it('[R30] a line that never ends is let go in pieces; what is written of it stays', () => {
    const long = shown('x'.repeat(3 * MAX_LINE), '\r', 'y');
    expect(long).toBe('x'.repeat(3 * MAX_LINE) + 'y');
    const lines = new RewrittenLines();
    let back = 0;
    for (let i = 0; i < 1_000; i++)
      back = Math.max(back, lines.push(`\r${i} ${'.'.repeat(90)}`).back);
    expect(back).toBeLessThan(MAX_LINE);
  });

  it('text without them is what it always was (negative control)', () => {
    expect(rewritten('one\n\ttwo  \nthree')).toBe('one\n\ttwo  \nthree');
  });
});
