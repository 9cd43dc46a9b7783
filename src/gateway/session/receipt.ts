import type { ErrorInfo } from '../../core/errors.ts';

/** What became of a frame with a key: accepted at log number `n`, or refused and nothing ran. */
export type Receipt = { ok: true; n: number; dup: boolean } | { ok: false; error: ErrorInfo };

export const refuse = (code: string, message: string, retryable = false): Receipt => ({
  ok: false,
  error: { code, message, retryable },
});
