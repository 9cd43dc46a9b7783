import { describe, expect, it } from 'vitest';
import { ApertureError, toErrorInfo } from '../../../src/core/errors.ts';
import { newId } from '../../../src/core/ids.ts';

describe('newId', () => {
  it('[R26] makes version 4 UUIDs that do not repeat, within one millisecond or ever', () => {
    const ids = Array.from({ length: 10_000 }, newId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe('toErrorInfo', () => {
  it('[R47] keeps code, message and retryable of our own errors', () => {
    const error = new ApertureError('busy', 'The agent is busy.', { retryable: true });
    expect(toErrorInfo(error)).toEqual({
      code: 'busy',
      message: 'The agent is busy.',
      retryable: true,
    });
    expect(new ApertureError('x', 'y').retryable).toBe(false);
  });

  it('[R47] gives anything else that was thrown a code', () => {
    expect(toErrorInfo(new TypeError('no'), 'spawn_failed')).toEqual({
      code: 'spawn_failed',
      message: 'no',
      retryable: false,
    });
    expect(toErrorInfo('text').message).toBe('text');
    expect(toErrorInfo(undefined).code).toBe('internal');
  });

  it('keeps the cause for the log', () => {
    const cause = new Error('below');
    expect(new ApertureError('x', 'y', { cause }).cause).toBe(cause);
  });
});
