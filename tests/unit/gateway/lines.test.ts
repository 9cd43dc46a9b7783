import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_GATHERED_FRAMES, MAX_GATHERED_LENGTH } from '../../../src/core/limits.ts';
import { frameOf } from '../../../src/gateway/journal/stored.ts';
import { inLines } from '../../../src/gateway/ws/lines.ts';

const entry = (n: number, text: string) => ({
  n,
  frame: frameOf({ n, at: 0, m: { method: 'session/update', params: { text } } }),
});
const read = (messages: Buffer[]): unknown[] =>
  messages.flatMap((message) =>
    message
      .toString()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  );

describe('several frames in one message', () => {
  test('[R21] all of them, in order, whatever their texts are', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\n', '\r\n\u2028', '\\n'),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 300 }), (texts) => {
        const batch = texts.map((each, i) => entry(i + 1, each));
        expect(read(inLines(batch))).toEqual(
          batch.map(({ frame }) => JSON.parse(frame.toString())),
        );
      }),
    );
  });

  test('[R30] a message holds so many frames and is so long at most; a larger frame stands alone', () => {
    const many = Array.from({ length: 1_000 }, (_, i) => entry(i + 1, 'x'));
    const messages = inLines(many);
    expect(messages.length).toBe(Math.ceil(1_000 / MAX_GATHERED_FRAMES));
    const large = [entry(1, 'a'), entry(2, 'b'.repeat(MAX_GATHERED_LENGTH)), entry(3, 'c')];
    expect(inLines(large).map((message) => read([message]).length)).toEqual([1, 1, 1]);
    const half = Array.from({ length: 5 }, (_, i) => entry(i, 'x'.repeat(MAX_GATHERED_LENGTH / 2)));
    for (const message of inLines(half)) {
      expect(message.byteLength).toBeLessThanOrEqual(MAX_GATHERED_LENGTH);
    }
    expect(inLines([])).toEqual([]);
  });

  test('a frame alone is the very same bytes', () => {
    const one = entry(1, 'x');
    expect(inLines([one])[0]).toBe(one.frame);
  });
});
