import { expect, it } from 'vitest';
import { parseInline } from '../../../src/app/ui/conversation/markdown/inline.ts';

it('[R71] a word as long as a frame may be is only a long word', () => {
  const word = 'y'.repeat(20_000_000);
  const { committed } = parseInline(`${word} and *more*.`, '', true);
  // Lengths, because nobody wants to see a difference of that size.
  expect(committed[0]).toHaveProperty('v.length', word.length + ' and '.length);
});
