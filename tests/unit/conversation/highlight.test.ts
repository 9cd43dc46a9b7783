import { assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KINDS } from '../../../src/app/ui/conversation/highlight/kinds.ts';
import { runsOf } from '../../../src/app/ui/conversation/highlight/runs.ts';

const shown = (language: string, text: string): [kind: string, text: string][] => {
  const runs = runsOf(language, text);
  return Array.from({ length: runs.length / 3 }, (_, i) => {
    const [start, end, kind] = runs.subarray(3 * i);
    return [KINDS[kind!]!, text.slice(start, end)];
  });
};

describe('the runs of a code block', () => {
  it('are what stands in it', () => {
    expect(shown('python', 'def f(x):  # why\n    return "a" + 1')).toEqual([
      ['keyword', 'def'],
      ['title', 'f'],
      ['comment', '# why'],
      ['keyword', 'return'],
      ['string', '"a"'],
      ['number', '1'],
    ]);
  });

  it('are those of what is inside where one stands in another', () => {
    expect(shown('js', '`a ${1} b`')).toEqual([
      ['string', '`a ${'],
      ['number', '1'],
      ['string', '} b`'],
    ]);
  });

  it('are found by a language’s other names, in any case', () => {
    for (const name of ['ts', 'TypeScript', 'tsx', 'sh', 'YML', 'rs', 'C++', 'diff'])
      expect(runsOf(name, '').length, name).toBe(0);
    expect(shown('RS', 'fn').map(([kind]) => kind)).toEqual(['keyword']);
    expect(shown('diff', '+new\n-old').map(([kind]) => kind)).toEqual(['addition', 'deletion']);
  });

  it('are none of a language that is not known', () => {
    expect(runsOf('no-such-language', 'const')).toHaveLength(0);
    expect(runsOf('constructor', 'const')).toHaveLength(0);
  });

  it('stand in order, apart from each other and inside the text, whatever that is', () => {
    assert(
      property(
        constantFrom(
          'ts',
          'html',
          'css',
          'python',
          'bash',
          'markdown',
          'json',
          'diff',
          'php',
          'sql',
        ),
        string({ unit: 'grapheme', maxLength: 200 }),
        (language, text) => {
          const runs = runsOf(language, text);
          let last = 0;
          for (let i = 0; i < runs.length; i += 3) {
            expect(runs[i]).toBeGreaterThanOrEqual(last);
            expect(runs[i + 1]).toBeGreaterThan(runs[i]!);
            last = runs[i + 1]!;
            expect(KINDS[runs[i + 2]!]).toBeDefined();
          }
          expect(last).toBeLessThanOrEqual(text.length);
        },
      ),
      { numRuns: 300 },
    );
  });
});
