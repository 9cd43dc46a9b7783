import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { close } from '../../icons.ts';
import { baseStyles } from '../../styles/shared.ts';
import { image } from './picture.ts';

/**
 * A picture of a message, within bounds; a click shows all of it.
 *
 * @property bytes - the file
 * @property mimeType - one of those that `isPicture` knows
 * @property alt - what it is, in words
 */
@customElement('ap-picture')
export class ApPicture extends LitElement {
  static override styles = [
    baseStyles,
    css`
      :host {
        display: block;
        width: fit-content;
        max-width: 100%;
        margin: 6px 0;
      }
      button {
        display: block;
        max-width: 100%;
        padding: 0;
        background: none;
        border: 1px solid var(--ap-border);
        border-radius: var(--ap-radius-m);
        cursor: zoom-in;
      }
      button img {
        display: block;
        width: auto;
        max-width: min(100%, 28rem);
        height: auto;
        max-height: 20rem;
        border-radius: inherit;
      }
      dialog {
        max-width: 96vw;
        max-height: 96dvh;
        padding: 0;
        overflow: auto;
        background: var(--ap-bg-raised);
        border: 1px solid var(--ap-border-strong);
        border-radius: var(--ap-radius-m);
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 0.6);
      }
      dialog img {
        display: block;
        width: auto;
        max-width: 94vw;
        height: auto;
        max-height: 92dvh;
        cursor: zoom-out;
      }
      .close {
        position: absolute;
        top: 6px;
        right: 6px;
        display: grid;
        place-items: center;
        width: 32px;
        height: 32px;
        color: var(--ap-text);
        background: var(--ap-bg-raised);
        border-radius: 50%;
        cursor: pointer;
      }
      p {
        margin: 0;
        padding: 6px 10px;
        font-size: var(--ap-size-s);
        color: var(--ap-text-muted);
      }
    `,
  ];

  @property({ attribute: false }) bytes: Uint8Array<ArrayBuffer> = new Uint8Array();
  @property({ attribute: false }) mimeType = '';
  @property({ attribute: false }) alt = '';
  @state() private open = false;
  @state() private damaged = false;
  #small: HTMLImageElement | undefined;

  override focus(options?: FocusOptions): void {
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector<HTMLElement>('button')?.focus(options),
    );
  }

  override render() {
    if (this.damaged) return html`<p>The image is damaged.</p>`;
    this.#small ??= this.#draw();
    return html`<button type="button" aria-label=${`${this.alt}. Enlarge`} @click=${this.#enlarge}>
        ${this.#small}
      </button>
      ${
        this.open
          ? html`<dialog aria-label=${this.alt} @close=${this.#closed} @click=${this.#shut}>
              ${this.#draw()}
              <button type="button" class="close" aria-label="Close">${close}</button>
            </dialog>`
          : nothing
      }`;
  }

  #draw(): HTMLImageElement {
    const drawn = image(this.bytes, this.mimeType, this.alt);
    drawn.addEventListener('error', () => (this.damaged = true), { once: true });
    return drawn;
  }

  #enlarge = async (): Promise<void> => {
    this.open = true;
    await this.updateComplete;
    this.renderRoot.querySelector('dialog')?.showModal();
  };

  #shut = (): void => this.renderRoot.querySelector('dialog')?.close();

  #closed = (): void => {
    this.open = false;
  };
}

export function pictureElement(
  bytes: Uint8Array<ArrayBuffer>,
  mimeType: string,
  alt: string,
): ApPicture {
  return Object.assign(new ApPicture(), { bytes, mimeType, alt });
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-picture': ApPicture;
  }
}
