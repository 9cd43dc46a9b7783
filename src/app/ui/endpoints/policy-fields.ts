import { html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import {
  DEFAULT_POLICY,
  type EndpointPolicy,
  type ProtocolName,
} from '../../../core/endpoint/policy.ts';
import * as icons from '../icons.ts';
import * as more from '../more-icons.ts';
import { baseStyles, fieldStyles } from '../styles/shared.ts';
import { endpointStyles } from './endpoint.styles.ts';
import { POLICIES, QUERY_WARNING } from './words.ts';

/** The reader chose; holds what differs from before. */
export class PolicyEvent extends Event {
  static readonly type = 'ap-policy';

  constructor(readonly patch: Partial<EndpointPolicy>) {
    super(PolicyEvent.type);
  }
}

/**
 * How sessions of an endpoint behave where its protocol leaves a choice, folded away; one line says what each
 * decides, and only those are there that mean something for the protocol.
 *
 * @property protocol - whose choices
 * @property value - what was chosen; the protocol's defaults otherwise
 * @fires ap-policy - with every choice ({@link PolicyEvent})
 */
@customElement('ap-policy-fields')
export class ApPolicyFields extends LitElement {
  static override styles = [baseStyles, fieldStyles, endpointStyles];

  @property({ attribute: false }) protocol: ProtocolName = 'aperture';
  @property({ attribute: false }) value: Partial<EndpointPolicy> = {};

  override render() {
    const policy = { ...DEFAULT_POLICY[this.protocol], ...this.value };
    const changed = POLICIES[this.protocol].filter(
      ({ name }) => policy[name] !== DEFAULT_POLICY[this.protocol][name],
    ).length;
    return html`<details class="fold">
        <summary>
          ${more.chevron} How it behaves
          ${changed > 0 ? html`<span class="hint">${changed} changed</span>` : nothing}
        </summary>
        <div class="stack">
          ${POLICIES[this.protocol].map(({ name, label, about, options }) => {
            return html`<div class="field">
              <label class="label" for=${name}>${label}</label>
              <select
                class="input"
                id=${name}
                aria-describedby=${`${name}-about`}
                @change=${(event: Event) => this.#choose(name, event)}
              >
                ${options.map(
                  ([value, words]) =>
                    html`<option value=${value} ?selected=${value === policy[name]}>
                      ${words}
                    </option>`,
                )}
              </select>
              <span class="hint" id=${`${name}-about`}>${about}</span>
            </div>`;
          })}
        </div>
      </details>
      ${
        policy.auth === 'query'
          ? html`<p class="box" role="alert">${icons.warning}<span>${QUERY_WARNING}</span></p>`
          : nothing
      }`;
  }

  #choose(name: keyof EndpointPolicy, event: Event): void {
    const value = (event.target as HTMLSelectElement).value;
    this.dispatchEvent(new PolicyEvent({ [name]: value }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-policy-fields': ApPolicyFields;
  }
  interface HTMLElementEventMap {
    'ap-policy': PolicyEvent;
  }
}
