import { SignalWatcher } from '@lit-labs/preact-signals';
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Store } from '../../store/types.ts';
import { CommandEvent } from '../command-event.ts';
import * as icons from '../icons.ts';
import { act } from '../intent.ts';
import { baseStyles, buttonStyles } from '../styles/shared.ts';
import './countdown.ts';

/**
 * What concerns the whole page and not one session: the gateway cannot be reached (R15), refuses the
 * token, or this browser cannot keep anything (R32).
 *
 * @property store - endpoint and storage
 * @fires ap-intent - retry
 * @fires ap-command - `endpoint.connect`, `app.endpoints`
 */
@customElement('ap-banners')
export class ApBanners extends SignalWatcher(LitElement) {
  static override styles = [
    baseStyles,
    buttonStyles,
    css`
      :host {
        display: block;
      }
      .banner {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 10px;
        padding: 7px 16px;
        font-size: var(--ap-size-s);
        line-height: 20px;
        color: var(--ap-text);
        background: var(--ap-amber-soft);
        border-bottom: 1px solid color-mix(in srgb, var(--ap-amber) 35%, transparent);
      }
      .banner > svg {
        color: var(--ap-amber);
      }
      p {
        flex: 1 1 16rem;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .soft {
        color: var(--ap-text-muted);
      }
      .link-button {
        color: var(--ap-text);
      }
    `,
  ];

  @property({ attribute: false }) store!: Store;
  @state() private memoryRead = false;

  override render() {
    return html`${this.#endpoint()} ${this.#locked()} ${this.#storage()}`;
  }

  #endpoint() {
    const endpoint = this.store.endpoint.value;
    if (endpoint.status === 'unreachable') {
      return html`<div class="banner" role="status">
        ${icons.unplug}
        <p>
          <strong>The gateway cannot be reached.</strong> ${endpoint.error.message}
          <span class="soft tnum" aria-live="off">
            Attempt ${endpoint.attempt}, again
            <ap-countdown .until=${endpoint.retryAt}></ap-countdown>.
          </span>
        </p>
        <button class="link-button" @click=${() => act(this, (a) => a.retryEndpoint())}>
          Retry now
        </button>
        ${this.#change('Change address')}
      </div>`;
    }
    // Nobody misses a gateway that nothing lives on.
    const missed =
      endpoint.status === 'unauthorized' ||
      (endpoint.status === 'unset' &&
        this.store.endpoints.value.every(({ protocol }) => protocol === 'aperture'));
    if (missed && this.store.sessions.value.length > 0) {
      return html`<div class="banner" role="status">
        ${icons.unplug}
        <p>
          <strong>Not connected to a gateway.</strong>
          ${endpoint.error?.message ?? 'What you see is what this browser kept.'}
        </p>
        ${this.#change('Connect…')}
      </div>`;
    }
    return nothing;
  }

  #locked() {
    const locked = this.store.endpoints.value.filter((endpoint) => endpoint.locked);
    if (locked.length === 0) return nothing;
    return html`<div class="banner" role="status">
      ${icons.unplug}
      <p>
        <strong>Locked:</strong> ${locked.map(({ name }) => name).join(', ')}.
        <span class="soft">The tokens are encrypted on this device.</span>
      </p>
      <button
        class="link-button"
        @click=${() => this.dispatchEvent(new CommandEvent('app.endpoints'))}
      >
        Unlock…
      </button>
    </div>`;
  }

  #change(label: string) {
    return html`<button
      class="link-button"
      @click=${() => this.dispatchEvent(new CommandEvent('endpoint.connect'))}
    >
      ${label}
    </button>`;
  }

  #storage() {
    const storage = this.store.storage.value;
    if (storage.mode === 'database' || this.memoryRead) return nothing;
    return html`<div class="banner" role="status">
      ${icons.warning}
      <p>
        <strong>This browser keeps nothing just now.</strong> ${storage.reason}
        <span class="soft">Sessions go on; the gateway has their logs.</span>
      </p>
      <button class="link-button" @click=${() => (this.memoryRead = true)}>Dismiss</button>
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-banners': ApBanners;
  }
}
