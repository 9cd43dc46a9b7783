import { describe, expect, it } from 'vitest';
import { classifyClose, CloseCode, type CloseVerdict } from '../../../src/core/wire/close-codes.ts';

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Written down a second time, from the rules and not from the table, so that a slip shows. */
const EXPECTED: Record<CloseVerdict, number[]> = {
  done: [1000, 4410],
  lost: [4404],
  fatal: [1002, 1003, 1007, 1008, 1009, 1010, 1015, 3000, 3003, 4400, 4401, 4403, 4409],
  retry: [1001, 1004, 1005, 1006, 1011, 1012, 1013, 1014, 3008, 4408, 4429],
};

describe('classifyClose', () => {
  for (const [verdict, codes] of Object.entries(EXPECTED)) {
    it(`[R10] says ${verdict} for ${codes.join(', ')}`, () => {
      for (const code of codes)
        expect([code, classifyClose(code).verdict]).toEqual([code, verdict]);
    });
  }

  it('[R10] classifies every code 1000–1015 and 3000–4999, with a code and a sentence', () => {
    for (const code of [...range(1000, 1015), ...range(3000, 4999)]) {
      const info = classifyClose(code);
      expect(['done', 'retry', 'lost', 'fatal']).toContain(info.verdict);
      expect(info.code).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(info.message).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('[R10] does not treat all 4xxx alike: 45xx is trouble of the server, the rest a refusal', () => {
    const named = new Set(Object.values(EXPECTED).flat());
    for (const code of range(4000, 4999).filter((entry) => !named.has(entry))) {
      const expected = code >= 4500 && code < 4600 ? 'retry' : 'fatal';
      expect([code, classifyClose(code).verdict]).toEqual([code, expected]);
    }
  });

  it('[R10] retries an unknown 3xxx, which is a library’s and says nothing about us', () => {
    const named = new Set(Object.values(EXPECTED).flat());
    for (const code of range(3000, 3999).filter((entry) => !named.has(entry)))
      expect([code, classifyClose(code).verdict]).toEqual([code, 'retry']);
  });

  it('[R10] never retries for ever what the server refused by policy', () => {
    expect(classifyClose(1008).verdict).not.toBe('retry');
  });

  it('[R10] has every code that the gateway itself uses in the table', () => {
    for (const code of Object.values(CloseCode))
      expect(classifyClose(code).code).not.toBe(`closed_${code}`);
  });

  it.each([0, -1, 999, 1016, 2999, 5000, Number.NaN])(
    '[R10] gives some answer for %d, which no socket should say',
    (code) => {
      expect(['done', 'retry', 'lost', 'fatal']).toContain(classifyClose(code).verdict);
    },
  );
});
