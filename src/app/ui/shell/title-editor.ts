import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { baseStyles, fieldStyles } from '../styles/shared.ts';

/** The new title, or `undefined` when the reader changed their mind. */
export class TitleEvent extends Event {
  static readonly type = 'ap-title';

  constructor(readonly title: string | undefined) {
    super(TitleEvent.type);
  }
}

/**
 * A title being edited in place: Enter or leaving the field keeps it, Escape does not.
 *
 * @property value - the title before
 * @fires ap-title - once, when the editing is over ({@link TitleEvent})
 */
@customElement('ap-title-editor')
export class ApTitleEditor extends LitElement {
  static override styles = [
    baseStyles,
    fieldStyles,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      .input {
        min-height: 26px;
        height: 26px;
        padding: 0 6px;
        font-weight: 600;
      }
    `,
  ];

  @property({ attribute: false }) value = '';
  #over = false;

  override firstUpdated(): void {
    const input = this.renderRoot.querySelector('input')!;
    input.focus();
    input.select();
  }

  override render() {
    return html`<input
      class="input"
      aria-label="Session title"
      maxlength="200"
      autocomplete="off"
      .value=${this.value}
      @blur=${this.#keep}
      @keydown=${this.#key}
    />`;
  }

  #keep = (): void => {
    const title = this.renderRoot.querySelector('input')!.value.trim();
    this.#finish(title && title !== this.value ? title : undefined);
  };

  #key = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    if (event.key === 'Enter') this.#keep();
    else if (event.key === 'Escape') this.#finish(undefined);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  #finish(title: string | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.dispatchEvent(new TitleEvent(title));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-title-editor': ApTitleEditor;
  }
  interface HTMLElementEventMap {
    'ap-title': TitleEvent;
  }
}
