import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { toErrorInfo } from '../../../core/errors.ts';
import type { Store } from '../../store/types.ts';
import { CommandEvent } from '../command-event.ts';
import * as icons from '../icons.ts';
import { act } from '../intent.ts';
import { baseStyles, buttonStyles, fieldStyles } from '../styles/shared.ts';
import { ApDialog } from './dialog.ts';

/** The page is https and the address is not, and not this machine either: the browser will refuse it. */
export function isMixedContent(address: string, page: URL | Location = location): boolean {
  if (page.protocol !== 'https:' || !/^(http|ws):\/\//i.test(address)) return false;
  try {
    const { hostname } = new URL(address);
    return !/^(localhost|127(\.\d+){3}|\[::1\])$|\.localhost$/.test(hostname);
  } catch {
    return false;
  }
}

/** A `host:port`, a link as the gateway prints it, or an address; with what its fragment says of a token. */
export function readAddress(text: string): { url: string; token: string | undefined } {
  const trimmed = text.trim();
  const [before = '', fragment] = trimmed.split('#');
  const token = new URLSearchParams(fragment ?? '').get('token') ?? undefined;
  const url = /^[a-z]+:\/\//i.test(before) || !before ? before : `http://${before}`;
  return { url: url.replace(/^ws/i, 'http').replace(/\/+$/, ''), token };
}

/**
 * Asks for a gateway and its token (R69): nothing is dialled that was not confirmed here.
 *
 * @property store - the endpoint as it is
 * @fires ap-intent - set endpoint
 * @fires ap-connected - it works
 */
@customElement('ap-connect-form')
export class ApConnectForm extends LitElement {
  static override styles = [
    baseStyles,
    buttonStyles,
    fieldStyles,
    css`
      form {
        display: grid;
        gap: var(--ap-space-4);
      }
      .check {
        display: flex;
        gap: 9px;
        align-items: flex-start;
        font-size: var(--ap-size-s);
        line-height: 20px;
      }
      .check input {
        margin: 3px 0 0;
        width: 15px;
        height: 15px;
        accent-color: var(--ap-accent);
      }
      .indent {
        padding-left: 24px;
      }
      code {
        overflow-wrap: anywhere;
        font-family: var(--ap-mono);
        font-size: 0.92em;
        padding: 1px 5px;
        background: var(--ap-code-bg);
        border-radius: 4px;
      }
      .note {
        display: flex;
        gap: 8px;
        padding: 10px 12px;
        font-size: 0.78125rem;
        line-height: 1.5;
        color: var(--ap-text);
        background: var(--ap-amber-soft);
        border-radius: var(--ap-radius-m);
      }
      .note svg {
        margin-top: 2px;
        color: var(--ap-amber);
      }
    `,
  ];

  @property({ attribute: false }) store!: Store;
  @state() private url = '';
  @state() private token = '';
  @state() private keep = false;
  @state() private busy = false;
  @state() private failure = '';

  override connectedCallback(): void {
    super.connectedCallback();
    const endpoint = this.store.endpoint.peek();
    this.url = endpoint.url;
    this.failure = 'error' in endpoint ? (endpoint.error?.message ?? '') : '';
  }

  override firstUpdated(): void {
    this.renderRoot.querySelector<HTMLElement>(this.url ? '#token' : '#url')?.focus();
  }

  override render() {
    return html`<form @submit=${this.#submit}>
      <div class="field">
        <label class="label" for="url">Address</label>
        <input
          id="url"
          class="input"
          inputmode="url"
          autocomplete="url"
          autocapitalize="off"
          spellcheck="false"
          placeholder="http://127.0.0.1:4800"
          required
          .value=${this.url}
          @input=${this.#address}
        />
      </div>
      ${
        isMixedContent(this.url)
          ? html`<p class="note" role="status">
              ${icons.warning}
              <span
                >This page came over https, so the browser refuses a gateway on plain http, other
                than on this machine. Put the gateway behind https, or open the page that it serves
                itself.</span
              >
            </p>`
          : nothing
      }
      <div class="field">
        <label class="label" for="token">Token</label>
        <input
          id="token"
          class="input"
          type="password"
          autocomplete="off"
          required
          .value=${this.token}
          @input=${(event: Event) => (this.token = (event.target as HTMLInputElement).value)}
        />
        <span class="hint"
          >Both are in the link that the gateway prints when it starts. You can paste the whole link
          into the address.</span
        >
      </div>
      <div>
        <label class="check">
          <input
            type="checkbox"
            aria-describedby="keep"
            .checked=${this.keep}
            @change=${(event: Event) => (this.keep = (event.target as HTMLInputElement).checked)}
          />
          Remember on this browser
        </label>
        <p id="keep" class="hint indent">Otherwise the token is gone when this tab is closed.</p>
      </div>
      ${this.#foreign()}
      ${this.failure ? html`<p class="problem" role="alert">${this.failure}</p>` : nothing}
      <button class="button primary" ?disabled=${this.busy}>
        ${this.busy ? 'Connecting…' : 'Connect'}
      </button>
    </form>`;
  }

  /** The page does not come from that gateway: then the gateway has to admit it. */
  #foreign() {
    const { url } = readAddress(this.url);
    if (!URL.canParse(url) || new URL(url).origin === location.origin) return nothing;
    return html`<p class="hint">
      This page is not served by that gateway, so start it with
      <code>--allow-origin ${location.origin}</code>
    </p>`;
  }

  #address = (event: Event): void => {
    const input = event.target as HTMLInputElement;
    const { url, token } = readAddress(input.value);
    this.url = input.value;
    if (token === undefined) return;
    this.url = url;
    this.token = token;
  };

  #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (this.busy) return;
    this.busy = true;
    this.failure = '';
    const { url } = readAddress(this.url);
    try {
      await act(this, (actions) => actions.setEndpoint(url, this.token.trim(), this.keep));
      this.dispatchEvent(new Event('ap-connected'));
    } catch (error) {
      this.failure = toErrorInfo(error).message;
    } finally {
      this.busy = false;
    }
  };
}

/** The form as a dialog, for a page that has something to show meanwhile. */
@customElement('ap-connect-dialog')
export class ApConnectDialog extends ApDialog {
  protected readonly heading = 'Connect to a gateway';

  protected override body() {
    return html`<div class="body">
      <ap-connect-form .store=${this.store} @ap-connected=${this.hide}></ap-connect-form>
    </div>`;
  }
}

/** The form as the whole page, for one that has nothing else to show. */
@customElement('ap-connect-page')
export class ApConnectPage extends LitElement {
  static override styles = [
    baseStyles,
    buttonStyles,
    css`
      :host {
        display: grid;
        place-items: center;
        min-height: 100%;
        padding: var(--ap-space-6) var(--ap-space-4);
      }
      main {
        width: min(25rem, 100%);
      }
      .mark {
        color: var(--ap-accent);
      }
      h1 {
        margin: var(--ap-space-4) 0 6px;
        font-size: var(--ap-size-xl);
        font-weight: 650;
        letter-spacing: -0.015em;
        line-height: 1.25;
      }
      .other {
        margin-top: var(--ap-space-5);
        font-size: var(--ap-size-s);
        color: var(--ap-text-muted);
      }
      .lead {
        margin-bottom: var(--ap-space-5);
        font-size: var(--ap-size-m);
        line-height: var(--ap-line);
        color: var(--ap-text-muted);
      }
    `,
  ];

  @property({ attribute: false }) store!: Store;

  override render() {
    return html`<main>
      <span class="mark">${icons.mark(44)}</span>
      <h1>Connect to your gateway</h1>
      <p class="lead">
        Aperture’s gateway runs the agents on your machine; this page shows them. Tell it where the
        gateway is.
      </p>
      <ap-connect-form .store=${this.store}></ap-connect-form>
      <p class="other">
        Another kind of server?
        <button
          class="link-button"
          @click=${() => this.dispatchEvent(new CommandEvent('endpoint.add'))}
        >
          Add an endpoint
        </button>
      </p>
    </main>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-connect-form': ApConnectForm;
    'ap-connect-dialog': ApConnectDialog;
    'ap-connect-page': ApConnectPage;
  }
  interface HTMLElementEventMap {
    'ap-connected': Event;
  }
}
