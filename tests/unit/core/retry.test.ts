import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixedSteps, fullJitter } from '../../../src/core/retry/policy.ts';

const attempt = fc.integer({ min: 1, max: 100_000 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('fullJitter', () => {
  it('[R9] never waits longer than 30 s and never shorter than the floor', () => {
    const policy = fullJitter();
    fc.assert(
      fc.property(attempt, random, (n, r) => {
        const wait = policy.delay(n, r);
        expect(wait).toBeGreaterThanOrEqual(100);
        expect(wait).toBeLessThanOrEqual(30_000);
      }),
    );
  });

  it('[R9] spreads over the whole of [0, min(cap, base · 2^(n-1)))', () => {
    const policy = fullJitter({ baseMs: 1_000, capMs: 30_000, floorMs: 0 });
    const highest = (n: number) => policy.delay(n, 1 - Number.EPSILON)!;
    expect([1, 2, 3, 4, 5, 6, 60].map((n) => Math.round(highest(n)))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ]);
    expect(policy.delay(5, 0)).toBe(0);
    expect(policy.delay(5, 0.5)).toBe(8_000);
  });

  it('[R9] grows with the attempt for the same random, so that the back-off is one', () => {
    const policy = fullJitter();
    fc.assert(
      fc.property(attempt, random, (n, r) => {
        expect(policy.delay(n + 1, r)!).toBeGreaterThanOrEqual(policy.delay(n, r)!);
      }),
    );
  });

  it('[R9] is pure: the same question has the same answer', () => {
    const policy = fullJitter();
    fc.assert(
      fc.property(attempt, random, (n, r) => {
        expect(policy.delay(n, r)).toBe(policy.delay(n, r));
      }),
    );
  });

  it('[R9] ends after maxAttempts, if there is one', () => {
    const policy = fullJitter({ maxAttempts: 3 });
    expect(policy.delay(3, 0.5)).not.toBeNull();
    expect(policy.delay(4, 0.5)).toBeNull();
    expect(fullJitter().delay(1_000_000, 0.5)).not.toBeNull();
  });
});

describe('fixedSteps', () => {
  it('[R9] waits 1, 2 and 4 s, then leaves it to the reader', () => {
    const policy = fixedSteps();
    expect([1, 2, 3, 4, 5].map((n) => policy.delay(n, 0.9))).toEqual([
      1_000,
      2_000,
      4_000,
      null,
      null,
    ]);
    expect(policy.maxAttempts).toBe(3);
  });
});
