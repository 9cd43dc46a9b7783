import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { EndpointPolicy } from '../../../core/endpoint/policy.ts';
import { toErrorInfo } from '../../../core/errors.ts';
import type { EndpointView } from '../../store/endpoint-types.ts';
import { PROTOCOL_NAME } from '../endpoint.ts';
import { act } from '../intent.ts';
import { baseStyles, buttonStyles, fieldStyles } from '../styles/shared.ts';
import { endpointStyles } from './endpoint.styles.ts';
import type { PolicyEvent } from './policy-fields.ts';
import './policy-fields.ts';
import { KEEPING } from './words.ts';

/**
 * Changes an endpoint's name, token and policies. Its address and protocol are what it is: another one is another
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
  @state() private policy: Partial<EndpointPolicy> = {};
  @state() private saving = false;
  @state() private failure = '';

  override firstUpdated(): void {
    this.renderRoot.querySelector<HTMLElement>('#name')?.focus();
  }

  override render() {
    const { endpoint } = this;
    const kept = KEEPING.find(([keeping]) => keeping === endpoint.keeping)![1];
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
            >Leave it empty to keep the one that it has. Kept: ${lowerFirst(kept)}.</span
          >
        </div>
        <ap-policy-fields
          .protocol=${endpoint.protocol}
          .value=${{ ...endpoint.policy, ...this.policy }}
          @ap-policy=${(event: PolicyEvent) => (this.policy = { ...this.policy, ...event.patch })}
        ></ap-policy-fields>
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

  #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (this.saving) return;
    const { endpoint, policy } = this;
    const name = (this.name ?? endpoint.name).trim();
    const token = this.token.trim();
    this.saving = true;
    this.failure = '';
    try {
      await act(this, (actions) =>
        actions.changeEndpoint(endpoint.id, {
          ...(name && name !== endpoint.name && { name }),
          ...(token && { token }),
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

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

declare global {
  interface HTMLElementTagNameMap {
    'ap-edit-endpoint': ApEditEndpoint;
  }
}
