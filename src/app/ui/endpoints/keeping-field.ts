import { html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { TokenKeeping } from '../../store/endpoint-types.ts';
import { baseStyles, fieldStyles } from '../styles/shared.ts';
import { endpointStyles } from './endpoint.styles.ts';
import { KEEPING } from './words.ts';

/** Characters of a passphrase, at least. */
export const MIN_PASSPHRASE = 8;

/** Where the reader wants the token kept (R69). */
export class KeepingEvent extends Event {
  static readonly type = 'ap-keeping';

  constructor(
    readonly keeping: TokenKeeping,
    readonly passphrase: string,
  ) {
    super(KeepingEvent.type);
  }
}

/**
 * Where a token is kept, each with what that means; a passphrase where one is needed.
 *
 * @fires ap-keeping - with every change ({@link KeepingEvent})
 */
@customElement('ap-keeping-field')
export class ApKeepingField extends LitElement {
  static override styles = [baseStyles, fieldStyles, endpointStyles];

  @property({ attribute: false }) keeping: TokenKeeping = 'tab';
  @property({ attribute: false }) passphrase = '';

  override render() {
    return html`<fieldset>
      <legend class="label">Keep the token</legend>
      <div class="choices">
        ${KEEPING.map(
          ([keeping, label, about]) =>
            html`<label class="choice">
              <input
                type="radio"
                name="keeping"
                value=${keeping}
                .checked=${keeping === this.keeping}
                @change=${() => this.#tell(keeping, this.passphrase)}
              />
              <span class="dot" aria-hidden="true"></span>
              <span class="words">
                <span class="name">${label}</span>
                <span class="hint">${about}</span>
              </span>
            </label>`,
        )}
      </div>
      ${
        this.keeping === 'passphrase'
          ? html`<div class="field" style="margin-top: 10px">
              <label class="label" for="passphrase">Passphrase</label>
              <input
                id="passphrase"
                class="input"
                type="password"
                autocomplete="new-password"
                minlength=${MIN_PASSPHRASE}
                aria-describedby="passphrase-about"
                .value=${this.passphrase}
                @input=${(event: Event) =>
                  this.#tell(this.keeping, (event.target as HTMLInputElement).value)}
              />
              <span class="hint" id="passphrase-about"
                >At least ${MIN_PASSPHRASE} characters; several words are best. It is stored
                nowhere, so a forgotten one means entering the token again.</span
              >
            </div>`
          : nothing
      }
    </fieldset>`;
  }

  #tell(keeping: TokenKeeping, passphrase: string): void {
    this.dispatchEvent(new KeepingEvent(keeping, passphrase));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-keeping-field': ApKeepingField;
  }
  interface HTMLElementEventMap {
    'ap-keeping': KeepingEvent;
  }
}
