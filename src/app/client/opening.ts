import type { ApertureError } from '../../core/errors.ts';

/** A connect that somebody waits for. */
export class Opening {
  readonly promise: Promise<void>;
  resolve!: () => void;
  reject!: (error: ApertureError) => void;

  constructor() {
    this.promise = new Promise<void>((onDone, onFail) => {
      this.resolve = onDone;
      this.reject = onFail;
    });
    // Not everyone who connects waits for it; whoever does gets the rejection all the same.
    this.promise.catch(() => {});
  }
}
