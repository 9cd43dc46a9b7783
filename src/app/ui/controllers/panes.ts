import type { LitElement, ReactiveController } from 'lit';

/** After this nobody is likely to go straight back, ms. */
const SETTLED = 250;

/**
 * Puts the conversations away that are not viewed, so that going back to the last one costs next to nothing: it stays
 * as it was painted, transparent and below the viewed one (`data-warm`, in the style sheet), and is made `inert` when
 * it has been left for a moment. `inert` changes the style of all that is inside, both ways; so the frame that shows
 * a pane again is spared it, and the one after takes it. All others are not painted at all (docs/adr/0020).
 */
export class PaneController implements ReactiveController {
  #shown: HTMLElement | null = null;
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly host: LitElement & { readonly narrow: boolean }) {
    host.addController(this);
    // There may be one already.
    host.requestUpdate();
  }

  hostUpdated(): void {
    const { renderRoot, narrow } = this.host;
    const shown = renderRoot.querySelector<HTMLElement>('.pane.shown');
    const left = this.#shown;
    if (shown === left) return;
    this.#shown = shown;
    if (left) {
      left.dataset['warm'] = '';
      // What has the keys would keep them.
      (left.firstElementChild as HTMLElement).blur();
    }
    if (shown?.matches('[data-warm]')) {
      delete shown.dataset['warm'];
      requestAnimationFrame(() => setTimeout(this.wake));
    } else this.wake();
    // On a phone nobody goes from one conversation straight to another.
    const keeps = !!shown && !narrow;
    const settle = (): void => {
      for (const pane of renderRoot.querySelectorAll<HTMLElement>('[data-warm]')) {
        pane.inert = true;
        pane.toggleAttribute('data-warm', keeps && pane === left);
      }
    };
    clearTimeout(this.#settling);
    if (keeps) this.#settling = setTimeout(settle, SETTLED);
    else settle();
  }

  /** What is inside the viewed pane can have the focus, from now on. */
  readonly wake = (): void => {
    if (this.#shown) this.#shown.inert = false;
  };
}
