import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApertureError } from '../../../src/core/errors.ts';
import { isObject, parseJson } from '../../../src/core/json.ts';
import { MAX_JSON_DEPTH } from '../../../src/core/limits.ts';

const limits = { maxLength: 10_000 };

function codeOf(text: string, given = limits): string {
  try {
    parseJson(text, given);
    return 'accepted';
  } catch (error) {
    return error instanceof ApertureError ? error.code : `foreign: ${String(error)}`;
  }
}

const nested = (depth: number, open: string, close: string, core = '1'): string =>
  open.repeat(depth) + core + close.repeat(depth);

describe('parseJson', () => {
  it('[R71] accepts exactly the allowed length and refuses one more', () => {
    const text = JSON.stringify('x'.repeat(98));
    expect(codeOf(text, { maxLength: 100 })).toBe('accepted');
    expect(codeOf(text, { maxLength: 99 })).toBe('frame_too_large');
  });

  it('[R71] checks the length before it parses', () => {
    expect(codeOf('{'.repeat(11), { maxLength: 10 })).toBe('frame_too_large');
  });

  it('[R71] accepts exactly the allowed depth and refuses one more, in objects and arrays', () => {
    expect(codeOf(nested(MAX_JSON_DEPTH, '[', ']'))).toBe('accepted');
    expect(codeOf(nested(MAX_JSON_DEPTH + 1, '[', ']'))).toBe('frame_too_deep');
    expect(codeOf(nested(MAX_JSON_DEPTH, '{"a":', '}'))).toBe('accepted');
    expect(codeOf(nested(MAX_JSON_DEPTH + 1, '{"a":', '}'))).toBe('frame_too_deep');
  });

  it('[R71] survives nesting far beyond any stack', () => {
    const depth = 1_000_000;
    const code = codeOf(nested(depth, '[', ']'), { maxLength: 3 * depth });
    expect(['frame_too_deep', 'bad_json']).toContain(code);
  });

  it('[R71] refuses __proto__ at any depth, however it is written', () => {
    expect(codeOf('{"__proto__":1}')).toBe('frame_forbidden_key');
    expect(codeOf('{"a":[{"b":{"__proto__":{"admin":true}}}]}')).toBe('frame_forbidden_key');
    expect(codeOf('{"\\u005f_proto__":{}}')).toBe('frame_forbidden_key');
  });

  it('[R71] lets __proto__ pass as a value, and other odd keys as keys', () => {
    expect(codeOf('{"key":"__proto__","constructor":1,"proto":2}')).toBe('accepted');
  });

  it('[R71] pollutes nothing', () => {
    codeOf('{"__proto__":{"polluted":true}}');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each(['', '{', 'undefined', '{"a":1,}', "{'a':1}", 'NaN', '\u0000'])(
    '[R71] calls %j bad JSON',
    (text) => {
      expect(codeOf(text)).toBe('bad_json');
    },
  );

  it('[R71] returns what JSON.parse returns, or an ApertureError, for any text at all', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json({ maxDepth: 20 })), (text) => {
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          expect(codeOf(text)).toBe('bad_json');
          return;
        }
        const code = codeOf(text);
        if (code === 'accepted') expect(parseJson(text, limits)).toEqual(expected);
        else expect(['frame_forbidden_key', 'frame_too_deep']).toContain(code);
      }),
    );
  });
});

describe('isObject', () => {
  it('knows an object from what only looks like one', () => {
    expect([{}, { a: 1 }].every(isObject)).toBe(true);
    expect([null, undefined, [], 'x', 1, true].some(isObject)).toBe(false);
  });
});
