import { describe, expect, it } from 'vitest';
import {
  DEFAULT_POLICY,
  policyFrom,
  PROTOCOLS,
  retryPolicy,
} from '../../../src/core/endpoint/policy.ts';

describe('policies of endpoints', () => {
  it('[R9] every protocol has one, and every way to reconnect has a plan', () => {
    expect(Object.keys(DEFAULT_POLICY)).toEqual([...PROTOCOLS]);
    for (const policy of Object.values(DEFAULT_POLICY)) {
      expect(policyFrom(policy)).toEqual(policy);
      expect(retryPolicy(policy).delay(1, 0.5)).not.toBe(undefined);
    }
    expect(retryPolicy({ ...DEFAULT_POLICY.thread, reconnect: 'manual' }).delay(1, 0.5)).toBe(null);
  });

  it('a saved choice that there is not is left out, the others stay', () => {
    const saved = {
      reconnect: 'never',
      partial: 'discard',
      limit: 7,
      colour: 'red',
      toString: 'x',
    };
    expect(policyFrom(saved)).toEqual({ partial: 'discard' });
  });
});
