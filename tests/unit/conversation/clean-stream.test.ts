import { array, assert, constantFrom, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanText } from '../../../src/core/text/sanitise.ts';
import { CleanStream } from '../../../src/app/ui/conversation/markdown/clean-stream.ts';

function clean(...pieces: string[]): string {
  const stream = new CleanStream();
  return pieces.map((piece) => stream.push(piece)).join('') + stream.flush();
}

describe('cleaning a stream', () => {
  it.each([
    ['a\u001b[3', '1mred\u001b', '[0m.'],
    ['a\u001b]0;ti', 'tle\u0007b'],
    ['a\u001b]8;;https://x\u001b', '\\link'],
    ['a\u001bPq', 'rs\u001b', '\\b'],
    ['a\r', '\nb'],
    ['a\ud83d', '\udc4d'],
  ])('[R68] holds back what was cut in two: %j', (...pieces) => {
    expect(clean(...pieces)).toBe(cleanText(pieces.join('')));
  });

  it('[R68] gives what cleaning the whole gives, however it is cut', () => {
    const marks = ['\u001b', '\u0007', '\u009b', '\u001b[31m', '\u001b]0;', '\u001bP'];
    const ends = ['\r', '\n', '\r\n', '\u202e', '\u0000'];
    const token = constantFrom(
      ...'ab1;m[]\\()P^_ \ud83d\udc4d'.split(''),
      'text',
      ...marks,
      ...ends,
    );
    assert(
      property(array(token, { maxLength: 40 }), (tokens) => {
        expect(clean(...tokens)).toBe(cleanText(tokens.join('')));
      }),
      { numRuns: 5_000 },
    );
  });

  it('cleaning each piece by itself would not do (negative control)', () => {
    expect(['a\u001b[3', '1mred'].map(cleanText).join('')).not.toBe('ared');
  });

  it('[R30] does not hold back without bound', () => {
    const stream = new CleanStream();
    stream.push('\u001b[');
    let shown = '';
    for (let i = 0; i < 200; i++) shown += stream.push('1234567890');
    expect(shown.length).toBeGreaterThan(1_500);
  });
});
