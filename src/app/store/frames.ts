/** When to draw next, injected so that tests decide. */
export interface FrameSource {
  /**
   * Calls `run` once, before the next paint, or after about 100 ms while nobody looks; `wait`: before the first paint
   * that is so many ms away, or an earlier one. @returns cancels it.
   */
  next(run: () => void, wait?: number): () => void;
  /** ms, monotonic. */
  now(): number;
  /** From inside a frame's run: calls `run` when what it changed has been painted. */
  painted?(run: () => void): void;
  /** Nobody looks; then frames are rare, and may take long. */
  hidden?(): boolean;
}

/** A frame is asked for so long before it is wanted: later it might be missed. A frame without a change costs, too. */
const AHEAD_MS = 12;

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
      const ahead = wait > AHEAD_MS ? setTimeout(ask, wait - AHEAD_MS) : undefined;
      if (ahead === undefined) ask();
      // Beside the frame, too: the page may be hidden before it comes.
      const timer = setTimeout(once, HIDDEN_MS);
      return stop;
    },
  };
}
