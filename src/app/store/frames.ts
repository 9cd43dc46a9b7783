/** When to draw next, injected so that tests decide. */
export interface FrameSource {
  /**
   * Calls `run` once, before the next paint, or after about 100 ms while nobody looks; `wait`: before the first paint
   * that is so many ms away, {@link NEAR_MS} more or less. @returns cancels it.
   */
  next(run: () => void, wait?: number): () => void;
  /** ms, monotonic. */
  now(): number;
  /** From inside a frame's run: calls `run` when what it changed has been painted. */
  painted?(run: () => void): void;
  /** Nobody looks; then frames are rare, and may take long. */
  hidden?(): boolean;
}

/** Half of the time between two frames where there are sixty in a second: then the nearer of two is taken. A frame without a change costs, too. */
export const NEAR_MS = 8;

/** requestAnimationFrame does not fire in a hidden page. */
const HIDDEN_MS = 100;

export function browserFrames(page: Window = window): FrameSource {
  return {
    now: () => page.performance.now(),
    painted: (run) => void setTimeout(run),
    hidden: () => page.document.visibilityState === 'hidden',
    next(run, wait = 0) {
      let done = false;
      let frame = 0;
      const stop = (): void => {
        done = true;
        page.cancelAnimationFrame(frame);
        clearTimeout(timer);
        clearTimeout(ahead);
      };
      const once = (): void => {
        if (done) return;
        stop();
        run();
      };
      const ask = (): void => {
        const visible = page.document.visibilityState === 'visible';
        if (visible) frame = page.requestAnimationFrame(once);
      };
      const ahead = wait > NEAR_MS ? setTimeout(ask, wait - NEAR_MS) : undefined;
      if (ahead === undefined) ask();
      // Beside the frame, too: the page may be hidden before it comes.
      const timer = setTimeout(once, HIDDEN_MS);
      return stop;
    },
  };
}
