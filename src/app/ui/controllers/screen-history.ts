const MARK = 'apertureStage';

const marked = (): boolean => {
  const state: unknown = history.state;
  return typeof state === 'object' && state !== null && MARK in state;
};

/**
 * On a phone the stage is a step of the browser's history, so that the system's back returns to the list. Nothing is
 * navigated: the address stays, and a reload finds the same step.
 */
export class ScreenHistory {
  /** @param moved told when the reader went back (`false`) or forward (`true`) to the stage. */
  constructor(private readonly moved: (stage: boolean) => void) {}

  listen(signal: AbortSignal): void {
    addEventListener('popstate', () => this.moved(marked()), { signal });
  }

  /** The stage is shown. */
  enter(): void {
    const state: unknown = history.state;
    if (!marked()) history.pushState({ ...(state as object | null), [MARK]: true }, '');
  }

  /** The list is shown, by the page's own button: the step is taken back. */
  leave(): void {
    if (marked()) history.back();
  }
}
