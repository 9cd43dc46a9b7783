import type { LitElement, ReactiveController } from 'lit';

/** Whoever goes on through the sessions does not wait so long, ms. */
const STAYED = 50;

/**
 * Puts the conversations away that are not viewed. At once they cannot be reached and are not painted. A moment later,
 * when nobody waits for a frame, the one that was left last is painted again, transparent (`data-warm`, in the style
 * sheet): going back to it then costs next to nothing. What is `inert` has another style, and so has all that is inside;
 * the frame that shows a pane again is spared that, and the one after takes it (docs/adr/0020).
 */
export class PaneController implements ReactiveController {
  #shown: HTMLElement | null = null;
  #warm: HTMLElement | null = null;
  #warming: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly host: LitElement & { readonly narrow: boolean }) {
    host.addController(this);
    // There may be one already.
    host.requestUpdate();
  }

  hostUpdated(): void {
    const shown = this.host.renderRoot.querySelector<HTMLElement>('.pane.shown');
    const left = this.#shown;
    if (shown === left) return;
    this.#shown = shown;
    if (left) left.inert = true;
    requestAnimationFrame(() => setTimeout(this.wake));
    clearTimeout(this.#warming);
    // On a phone nobody goes from one conversation straight to another.
    this.#warming = setTimeout(() => this.#keep(shown && !this.host.narrow ? left : null), STAYED);
  }

  /** What is inside the viewed pane can have the focus, from now on. */
  readonly wake = (): void => {
    if (this.#shown) this.#shown.inert = false;
  };

  #keep(pane: HTMLElement | null): void {
    this.#warm?.removeAttribute('data-warm');
    pane?.setAttribute('data-warm', '');
    this.#warm = pane;
  }
}
