import { SignalWatcher } from '@lit-labs/preact-signals';
import { html, LitElement, nothing } from 'lit';
import { property } from 'lit/decorators.js';
import type { Store } from '../../store/types.ts';
import * as icons from '../icons.ts';
import { dialogStyles } from '../styles/dialog.ts';
import { baseStyles, buttonStyles, fieldStyles } from '../styles/shared.ts';

/** The dialog is gone from the screen; whoever shows it takes the element away. */
export class ClosedEvent extends Event {
  static readonly type = 'ap-closed';

  constructor() {
    super(ClosedEvent.type);
  }
}

/**
 * What all dialogs share: a native modal `<dialog>` that opens with the element, a heading, a close
 * button, Escape and a click beside it. It gives the focus back where it was.
 *
 * @property store - what to show
 * @fires ap-closed - once ({@link ClosedEvent})
 */
export abstract class ApDialog extends SignalWatcher(LitElement) {
  static override styles = [baseStyles, buttonStyles, fieldStyles, dialogStyles];

  @property({ attribute: false }) store!: Store;
  #closed = false;

  protected abstract readonly heading: string;
  protected abstract body(): unknown;
  protected foot(): unknown {
    return nothing;
  }

  override firstUpdated(): void {
    this.dialog.showModal();
  }

  protected get dialog(): HTMLDialogElement {
    return this.renderRoot.querySelector('dialog')!;
  }

  /** Closes now; the event is fired before this returns, so that a command may open the next dialog. */
  hide = (): void => {
    if (this.#closed) return;
    this.#closed = true;
    this.dialog.close();
    this.dispatchEvent(new ClosedEvent());
  };

  override render() {
    return html`<dialog aria-labelledby="heading" @close=${this.hide} @pointerdown=${this.#beside}>
      <div class="head">
        <h2 id="heading" tabindex="-1" autofocus>${this.heading}</h2>
        <button type="button" class="icon-button" aria-label="Close" @click=${this.hide}>
          ${icons.close}
        </button>
      </div>
      ${this.body()} ${this.foot()}
    </dialog>`;
  }

  #beside = (event: PointerEvent): void => {
    // Only the backdrop has the dialog itself as its target and lies outside its box.
    if (event.target !== this.dialog) return;
    const box = this.dialog.getBoundingClientRect();
    const inside =
      event.clientX >= box.left &&
      event.clientX <= box.right &&
      event.clientY >= box.top &&
      event.clientY <= box.bottom;
    if (!inside) this.hide();
  };
}

declare global {
  interface HTMLElementEventMap {
    'ap-closed': ClosedEvent;
  }
}
