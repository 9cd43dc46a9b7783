import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { EndpointPolicy } from '../../../core/endpoint/policy.ts';
import { toErrorInfo } from '../../../core/errors.ts';
import type { EndpointView, TokenKeeping } from '../../store/endpoint-types.ts';
import { PROTOCOL_NAME } from '../endpoint.ts';
import { act } from '../intent.ts';
import { baseStyles, buttonStyles, fieldStyles } from '../styles/shared.ts';
import { endpointStyles } from './endpoint.styles.ts';
import { MIN_PASSPHRASE, type KeepingEvent } from './keeping-field.ts';
import './keeping-field.ts';
import type { PolicyEvent } from './policy-fields.ts';
import './policy-fields.ts';

/**
 * Changes an endpoint's name, token, how that is kept, and policies. Its address and protocol are what it is: another one is another
 * endpoint.
 *
 * @property endpoint - which
 * @fires ap-done - changed, or left as it is
 * @fires ap-intent - the change
 */
@customElement('ap-edit-endpoint')
export class ApEditEndpoint extends LitElement {
  static override styles = [
    baseStyles,
    buttonStyles,
    fieldStyles,
    endpointStyles,
    css`
      :host,
      form {
        display: contents;
      }
      .body {
        flex: 1 1 auto;
        min-height: 0;
        padding: 4px 20px 20px;
        overflow-y: auto;
      }
      .where {
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) endpoint!: EndpointView;
  @state() private name: string | undefined;
  @state() private token = '';
  @state() private keeping: TokenKeeping | undefined;
  @state() private passphrase = '';
  @state() private policy: Partial<EndpointPolicy> = {};
  @state() private saving = false;
  @state() private failure = '';

  override firstUpdated(): void {
    this.renderRoot.querySelector<HTMLElement>('#name')?.focus();
  }

  override render() {
    const { endpoint } = this;
    return html`<form @submit=${this.#submit}>
      <div class="body stack">
        <p class="hint where">
          ${PROTOCOL_NAME[endpoint.protocol]} at <span class="mono">${endpoint.url}</span>
        </p>
        <div class="field">
          <label class="label" for="name">Name</label>
          <input
            id="name"
            class="input"
            required
            maxlength="60"
            autocomplete="off"
            .value=${this.name ?? endpoint.name}
            @input=${(event: Event) => (this.name = (event.target as HTMLInputElement).value)}
          />
        </div>
        <div class="field">
          <label class="label" for="token">New token <span class="optional">optional</span></label>
          <input
            id="token"
            class="input"
            type="password"
            autocomplete="off"
            aria-describedby="token-about"
            .value=${this.token}
            @input=${(event: Event) => (this.token = (event.target as HTMLInputElement).value)}
          />
          <span class="hint" id="token-about"
            >Leave it empty to keep the one that it has. Connections that are open go on with
            that.</span
          >
        </div>
        <ap-keeping-field
          .keeping=${this.keeping ?? endpoint.keeping}
          .passphrase=${this.passphrase}
          @ap-keeping=${this.#keep}
        ></ap-keeping-field>
        <ap-policy-fields
          .protocol=${endpoint.protocol}
          .value=${{ ...endpoint.policy, ...this.policy }}
          @ap-policy=${(event: PolicyEvent) => (this.policy = { ...this.policy, ...event.patch })}
        ></ap-policy-fields>
        ${
          Object.keys(this.policy).length > 0
            ? html`<p class="hint">These count from each session’s next connection on.</p>`
            : nothing
        }
      </div>
      <div class="foot">
        ${this.failure ? html`<p class="problem" role="alert">${this.failure}</p>` : nothing}
        <button type="button" class="button quiet" @click=${this.#done}>Back</button>
        <button class="button primary" ?disabled=${this.saving}>
          ${this.saving ? 'Saving…' : 'Save'}
        </button>
      </div>
    </form>`;
  }

  #keep = ({ keeping, passphrase }: KeepingEvent): void => {
    this.keeping = keeping;
    this.passphrase = passphrase;
  };

  #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (this.saving) return;
    const { endpoint, policy, keeping = endpoint.keeping, passphrase } = this;
    const name = (this.name ?? endpoint.name).trim();
    const token = this.token.trim();
    const sealed = keeping === 'passphrase' && passphrase !== '';
    if (sealed && passphrase.length < MIN_PASSPHRASE) {
      this.failure = `The passphrase needs at least ${MIN_PASSPHRASE} characters.`;
      return;
    }
    this.saving = true;
    this.failure = '';
    try {
      await act(this, (actions) =>
        actions.changeEndpoint(endpoint.id, {
          ...(name && name !== endpoint.name && { name }),
          ...(token && { token }),
          ...(keeping !== endpoint.keeping && { keeping }),
          ...(sealed && { passphrase }),
          ...(Object.keys(policy).length > 0 && { policy }),
        }),
      );
      this.#done();
    } catch (error) {
      this.failure = toErrorInfo(error).message;
    } finally {
      this.saving = false;
    }
  };

  #done = (): void => {
    this.dispatchEvent(new Event('ap-done'));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-edit-endpoint': ApEditEndpoint;
  }
}
