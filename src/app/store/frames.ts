/** When to draw next, injected so that tests decide. */
export interface FrameSource {
  /** Calls `run` once, before the next paint, or after about 100 ms while nobody looks. @returns cancels it. */
  next(run: () => void): () => void;
  /** ms, monotonic. */
  now(): number;
  /** From inside a frame's run: calls `run` when what it changed has been painted. */
  painted?(run: () => void): void;
  /** Nobody looks; then frames are rare, and may take long. */
  hidden?(): boolean;
}

/** requestAnimationFrame does not fire in a hidden page. */
const HIDDEN_MS = 100;

export function browserFrames(page: Window = window): FrameSource {
  return {
    now: () => page.performance.now(),
    painted: (run) => void setTimeout(run),
    hidden: () => page.document.visibilityState === 'hidden',
    next(run) {
      let done = false;
      const once = (): void => {
        if (done) return;
        done = true;
        page.cancelAnimationFrame(frame);
        clearTimeout(timer);
        run();
      };
      const visible = page.document.visibilityState === 'visible';
      const frame = visible ? page.requestAnimationFrame(once) : 0;
      // Beside the frame, too: the page may be hidden before it comes.
      const timer = setTimeout(once, HIDDEN_MS);
      return () => {
        done = true;
        page.cancelAnimationFrame(frame);
        clearTimeout(timer);
      };
    },
  };
}
