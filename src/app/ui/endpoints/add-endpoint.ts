import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import {
  PROTOCOLS,
  type EndpointPolicy,
  type ProtocolName,
} from '../../../core/endpoint/policy.ts';
import type { ProbeReport, ProbeTrouble } from '../../../core/endpoint/probe.ts';
import { toErrorInfo } from '../../../core/errors.ts';
import { cleanText } from '../../../core/text/sanitise.ts';
import type { EndpointView, TokenKeeping } from '../../store/endpoint-types.ts';
import { PROTOCOL_NAME } from '../endpoint.ts';
import * as icons from '../icons.ts';
import { act } from '../intent.ts';
import { baseStyles, buttonStyles, fieldStyles } from '../styles/shared.ts';
import { endpointStyles } from './endpoint.styles.ts';
import { MIN_PASSPHRASE, type KeepingEvent } from './keeping-field.ts';
import './keeping-field.ts';
import type { PolicyEvent } from './policy-fields.ts';
import './policy-fields.ts';
import { BY_HAND_AFTER, PROTOCOL_ABOUT, TROUBLE_TITLE } from './words.ts';

/** Troubles that ask for something; the others turn something down. */
const ASKS: ReadonlySet<ProbeTrouble> = new Set(['unknown_protocol', 'token_wanted']);

/** How long the typing has to pause before the address is looked at, ms. */
const PAUSE_MS = 700;

/**
 * Adds an endpoint: the address is probed while it is entered, and the protocol proposed. Nothing is added that was
 * not confirmed here (R69).
 *
 * @property known - the endpoints that there are: the same address and protocol is the same one
 * @fires ap-done - added, or given up
 * @fires ap-intent - probes, adds
 */
@customElement('ap-add-endpoint')
export class ApAddEndpoint extends LitElement {
  static override styles = [
    baseStyles,
    buttonStyles,
    fieldStyles,
    endpointStyles,
    css`
      :host {
        display: contents;
      }
      form {
        display: contents;
      }
      .body {
        flex: 1 1 auto;
        min-height: 0;
        padding: 4px 20px 20px;
        overflow-y: auto;
        overscroll-behavior: contain;
      }
      .asking {
        display: grid;
        gap: 7px;
        font-size: var(--ap-size-s);
        color: var(--ap-text-muted);
      }
      .bar {
        height: 3px;
        overflow: hidden;
        background: var(--ap-border);
        border-radius: 2px;
      }
      .bar::after {
        content: '';
        display: block;
        width: 35%;
        height: 100%;
        background: var(--ap-accent);
        border-radius: inherit;
        animation: run 1.3s ease-in-out infinite;
      }
      @keyframes run {
        from {
          transform: translateX(-100%);
        }
        to {
          transform: translateX(290%);
        }
      }
    `,
  ];

  /** The way back is to a list, rather than out of the dialog. */
  @property({ attribute: false }) back = false;
  @property({ attribute: false }) known: readonly EndpointView[] = [];
  @state() private address = '';
  @state() private token = '';
  @state() private name = '';
  @state() private chosen: ProtocolName | undefined;
  @state() private byHand = false;
  @state() private policy: Partial<EndpointPolicy> = {};
  @state() private keeping: TokenKeeping = 'tab';
  @state() private passphrase = '';
  @state() private report: ProbeReport | undefined;
  @state() private asking = false;
  @state() private adding = false;
  @state() private failure = '';
  /** What {@link report} is about. */
  #asked = '';
  #probe: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#forget();
  }

  override firstUpdated(): void {
    this.renderRoot.querySelector<HTMLElement>('#address')?.focus();
  }

  override render() {
    return html`<form @submit=${this.#submit}>
      <div class="body stack">
        <div class="field">
          <label class="label" for="address">Address</label>
          <input
            id="address"
            class="input"
            inputmode="url"
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            placeholder="127.0.0.1:4800 or wss://agents.example.org/acp"
            aria-describedby="address-about"
            .value=${this.address}
            @input=${(event: Event) => this.#typed('address', event)}
          />
          <span class="hint" id="address-about"
            >Of a gateway, an ACP server, or any other that Aperture can speak with. A link that a
            gateway printed can be pasted whole.</span
          >
        </div>
        <div class="field">
          <label class="label" for="token">Token <span class="optional">optional</span></label>
          <input
            id="token"
            class="input"
            type="password"
            autocomplete="off"
            .value=${this.token}
            @input=${(event: Event) => this.#typed('token', event)}
          />
        </div>
        <div class=${this.asking || this.report?.trouble ? '' : 'vh'} role="status">
          ${this.#findings()}
        </div>
        ${this.#protocols()} ${this.chosen ? this.#rest(this.chosen) : nothing}
      </div>
      <div class="foot">
        ${this.failure ? html`<p class="problem" role="alert">${this.failure}</p>` : nothing}
        <button type="button" class="button quiet" @click=${this.#done}>
          ${this.back ? 'Back' : 'Cancel'}
        </button>
        <button class="button primary" ?disabled=${this.adding || this.asking}>
          ${this.adding ? 'Adding…' : this.chosen ? 'Add endpoint' : 'Check address'}
        </button>
      </div>
    </form>`;
  }

  /** What the probe does or found, in words; its proposals stand below as choices. */
  #findings() {
    const { report } = this;
    if (this.asking) {
      return html`<div class="asking">
        <span>Asking ${cleanText(this.address.trim().slice(0, 80))} what it speaks…</span>
        <div class="bar" aria-hidden="true"></div>
        <span>If the browser asks whether this page may reach your network, allow it.</span>
      </div>`;
    }
    if (report?.trouble) {
      const { code, message } = report.trouble;
      return html`<div class="box ${ASKS.has(code) ? '' : 'red'}" data-trouble=${code}>
        ${icons.warning}
        <div><strong>${TROUBLE_TITLE[code]}</strong> ${cleanText(message)}</div>
      </div>`;
    }
    if (!report) return nothing;
    const sure = report.proposals.filter((each) => each.sure).length;
    return sure > 0
      ? `It is recognised: ${PROTOCOL_NAME[report.proposals[0]!.protocol]}.`
      : 'Several protocols may fit. Choose one.';
  }

  #protocols() {
    const { report, asking } = this;
    if (asking || !report) return nothing;
    const proposed = report.proposals.map(({ protocol }) => protocol);
    const offersHand = !report.trouble || BY_HAND_AFTER.has(report.trouble.code);
    const others = PROTOCOLS.filter((name) => !proposed.includes(name));
    const byHand = this.byHand || report.trouble?.code === 'unknown_protocol';
    if (proposed.length === 0 && !offersHand) return nothing;
    return html`
      ${
        proposed.length > 0
          ? html`<fieldset>
              <legend class="label">It speaks</legend>
              <div class="choices">
                ${report.proposals.map(({ protocol, sure, how }) => this.#choice(protocol, sure, how))}
              </div>
            </fieldset>`
          : nothing
      }
      ${
        byHand
          ? html`<fieldset>
              <legend class="label">Choose by hand</legend>
              <div class="choices">${others.map((name) => this.#choice(name))}</div>
            </fieldset>`
          : offersHand
            ? html`<div>
                <button type="button" class="link-button" @click=${() => (this.byHand = true)}>
                  Choose the protocol by hand
                </button>
              </div>`
            : nothing
      }
    `;
  }

  #choice(protocol: ProtocolName, sure?: boolean, how = '') {
    return html`<label class="choice">
      <input
        type="radio"
        name="protocol"
        value=${protocol}
        .checked=${protocol === this.chosen}
        @change=${() => this.#choose(protocol)}
      />
      <span class="dot" aria-hidden="true"></span>
      <span class="words">
        <span class="name"
          >${PROTOCOL_NAME[protocol]}
          ${
            sure === undefined
              ? nothing
              : html`<span class="badge ${sure ? '' : 'maybe'}"
                  >${sure ? '✓ recognised' : '? not certain'}</span
                >`
          }</span
        >
        <span class="hint">${cleanText(how)} ${PROTOCOL_ABOUT[protocol]}</span>
      </span>
    </label>`;
  }

  #rest(protocol: ProtocolName) {
    const same = this.known.find(
      (endpoint) => endpoint.protocol === protocol && endpoint.url === this.report?.url,
    );
    return html`
      ${
        same
          ? html`<p class="hint" role="status">
              “${same.name}” is this server already. Adding it again changes it.
            </p>`
          : nothing
      }
      <div class="field">
        <label class="label" for="name">Name <span class="optional">optional</span></label>
        <input
          id="name"
          class="input"
          maxlength="60"
          autocomplete="off"
          placeholder=${hostOf(this.report?.url ?? this.address)}
          .value=${this.name}
          @input=${(event: Event) => (this.name = (event.target as HTMLInputElement).value)}
        />
      </div>
      ${
        this.token
          ? html`<ap-keeping-field
              .keeping=${this.keeping}
              .passphrase=${this.passphrase}
              @ap-keeping=${this.#kept}
            ></ap-keeping-field>`
          : nothing
      }
      <ap-policy-fields
        .protocol=${protocol}
        .value=${this.policy}
        @ap-policy=${(event: PolicyEvent) => (this.policy = { ...this.policy, ...event.patch })}
      ></ap-policy-fields>
    `;
  }

  #kept = (event: KeepingEvent): void => {
    this.keeping = event.keeping;
    this.passphrase = event.passphrase;
    this.failure = '';
  };

  #typed(field: 'address' | 'token', event: Event): void {
    const { value } = event.target as HTMLInputElement;
    if (field === 'token') this.token = value;
    else this.#takeAddress(value);
    this.#forget();
    this.failure = '';
    if (this.address.trim().length > 3) this.#timer = setTimeout(this.#ask, PAUSE_MS);
  }

  /** A link that a gateway printed has its token behind the `#`, where it is not to stay. */
  #takeAddress(value: string): void {
    const [before = '', fragment = ''] = value.split('#');
    const token = new URLSearchParams(fragment).get('token');
    this.address = token ? before : value;
    if (token) this.token = token;
  }

  /** What was found is about another address or token now. */
  #forget(): void {
    clearTimeout(this.#timer);
    this.#probe?.abort();
    this.#probe = undefined;
    this.asking = false;
    this.report = undefined;
    this.chosen = undefined;
    this.#asked = '';
  }

  #ask = async (): Promise<void> => {
    this.#forget();
    const address = this.address.trim();
    const asked = `${address}\n${this.token}`;
    const probe = new AbortController();
    this.#probe = probe;
    this.asking = true;
    const report = await act(this, (actions) =>
      actions.probeEndpoint(address, this.token.trim(), probe.signal),
    );
    // Another was entered meanwhile.
    if (this.#probe !== probe) return;
    this.asking = false;
    this.#asked = asked;
    this.report = report;
    const [first] = report.proposals;
    // Several that are merely possible are the reader's to choose from.
    if (first && (first.sure || report.proposals.length === 1)) this.#choose(first.protocol);
  };

  #choose(protocol: ProtocolName): void {
    this.chosen = protocol;
    this.policy = {};
    this.failure = '';
  }

  #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { chosen, report, keeping, passphrase } = this;
    const token = this.token.trim();
    if (this.adding || this.asking) return;
    if (!report || this.#asked !== `${this.address.trim()}\n${this.token}`) return this.#ask();
    if (!chosen) {
      if (report.trouble) return this.#ask();
      this.failure = 'Choose what it speaks.';
      return;
    }
    if (token && keeping === 'passphrase' && passphrase.length < MIN_PASSPHRASE) {
      this.failure = `The passphrase needs at least ${MIN_PASSPHRASE} characters.`;
      return;
    }
    this.adding = true;
    this.failure = '';
    const name = this.name.trim();
    try {
      await act(this, (actions) =>
        actions.addEndpoint({
          url: report.url,
          protocol: chosen,
          token,
          keeping: token ? keeping : 'tab',
          ...(name && { name }),
          ...(token && keeping === 'passphrase' && { passphrase }),
          ...(Object.keys(this.policy).length > 0 && { policy: this.policy }),
        }),
      );
      this.#done();
    } catch (error) {
      this.failure = toErrorInfo(error).message;
    } finally {
      this.adding = false;
    }
  };

  #done = (): void => {
    this.dispatchEvent(new Event('ap-done'));
  };
}

function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).host : '';
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-add-endpoint': ApAddEndpoint;
  }
  interface HTMLElementEventMap {
    'ap-done': Event;
  }
}
