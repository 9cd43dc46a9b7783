import type { ErrorInfo } from '../../../core/errors.ts';

/** A server that has not ended a cancelled turn by then will not be waited for; ms. */
export const CANCEL_MS = 10_000;

/** Ends a turn that was cancelled, if its server does not. */
export class CancelLimit {
  #timer: ReturnType<typeof setTimeout> | undefined;

  start(expired: (error: ErrorInfo) => void): void {
    this.stop();
    this.#timer = setTimeout(
      () =>
        expired({
          code: 'cancel_timeout',
          message: `The server did not stop within ${CANCEL_MS / 1000} s. What it still says is dropped.`,
          retryable: false,
        }),
      CANCEL_MS,
    );
  }

  /** Idempotent. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
