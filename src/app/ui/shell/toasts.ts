import { SignalWatcher } from '@lit-labs/preact-signals';
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Store, Toast } from '../../store/types.ts';
import * as icons from '../icons.ts';
import { act } from '../intent.ts';
import { baseStyles, buttonStyles } from '../styles/shared.ts';

/**
 * Short messages at the page's edge; the store decides how long they stay.
 *
 * @property store - whose toasts
 * @fires ap-intent - dismiss
 */
@customElement('ap-toasts')
export class ApToasts extends SignalWatcher(LitElement) {
  static override styles = [
    baseStyles,
    buttonStyles,
    css`
      :host {
        position: fixed;
        z-index: 20;
        top: calc(68px + env(safe-area-inset-top));
        right: 16px;
        left: 16px;
        display: grid;
        justify-items: end;
        pointer-events: none;
      }
      div[role='status'] {
        display: grid;
        gap: 8px;
        width: min(25rem, 100%);
      }
      .toast {
        display: flex;
        align-items: flex-start;
        gap: 9px;
        padding: 10px 8px 10px 12px;
        font-size: var(--ap-size-s);
        line-height: 20px;
        color: var(--ap-text);
        background: var(--ap-bg-raised);
        border: 1px solid var(--ap-border-strong);
        border-radius: var(--ap-radius-m);
        box-shadow: var(--ap-shadow-2);
        pointer-events: auto;
        animation: rise 160ms ease-out;
      }
      @keyframes rise {
        from {
          opacity: 0;
          transform: translateY(-8px);
        }
      }
      .sign {
        padding-top: 2px;
        color: var(--ap-blue);
      }
      .warning .sign {
        color: var(--ap-amber);
      }
      .error .sign {
        color: var(--ap-red);
      }
      p {
        flex: 1;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .icon-button {
        width: 24px;
        height: 24px;
        min-width: 0;
        min-height: 0;
        margin: -2px 0;
      }
    `,
  ];

  @property({ attribute: false }) store!: Store;

  override render() {
    return html`<div role="status">
      ${repeat(
        this.store.toasts.value,
        (toast) => toast.id,
        (toast) =>
          html`<div class="toast ${toast.level}">
            <span class="sign">${toast.level === 'info' ? icons.info : icons.warning}</span>
            <p>${toast.text}</p>
            ${
              toast.action
                ? html`<button class="link-button" @click=${() => this.#run(toast)}>
                    ${toast.action.label}
                  </button>`
                : nothing
            }
            <button class="icon-button" aria-label="Dismiss" @click=${() => this.#dismiss(toast)}>
              ${icons.close}
            </button>
          </div>`,
      )}
    </div>`;
  }

  #run(toast: Toast): void {
    toast.action?.run();
    this.#dismiss(toast);
  }

  #dismiss(toast: Toast): void {
    act(this, (actions) => actions.dismissToast(toast.id));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-toasts': ApToasts;
  }
}
