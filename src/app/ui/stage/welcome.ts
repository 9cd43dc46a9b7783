import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { CommandEvent } from '../command-event.ts';
import * as icons from '../icons.ts';
import { capsOf } from '../keys/caps.ts';
import { baseStyles, buttonStyles } from '../styles/shared.ts';

/**
 * The stage without a session: what to do first.
 *
 * @property sessions - how many there are to choose from
 * @fires ap-command - `session.new`, `endpoint.add`
 */
@customElement('ap-welcome')
class ApWelcome extends LitElement {
  static override styles = [
    baseStyles,
    buttonStyles,
    css`
      :host {
        display: grid;
        place-items: center;
        height: 100%;
        padding: var(--ap-space-6) var(--ap-space-5);
        overflow: auto;
      }
      .card {
        display: grid;
        justify-items: center;
        gap: var(--ap-space-4);
        max-width: 26rem;
        text-align: center;
      }
      .iris {
        color: var(--ap-accent);
      }
      h1 {
        font-size: var(--ap-size-xl);
        font-weight: 650;
        letter-spacing: -0.015em;
        line-height: 1.25;
        text-wrap: balance;
      }
      p {
        font-size: var(--ap-size-m);
        line-height: var(--ap-line);
        color: var(--ap-text-muted);
        text-wrap: pretty;
      }
      .link-button {
        font-size: var(--ap-size-s);
      }
      .keys {
        display: flex;
        flex-wrap: wrap;
        justify-content: center;
        gap: 6px 18px;
        margin-top: var(--ap-space-2);
        font-size: 0.78125rem;
        color: var(--ap-text-muted);
      }
      .keys span {
        display: inline-flex;
        gap: 6px;
        align-items: center;
      }
      @media (pointer: coarse) {
        .keys {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) sessions = 0;

  override render() {
    const any = this.sessions > 0;
    return html`<div class="card">
      <span class="iris">${icons.mark(56)}</span>
      <h1>${any ? 'Choose a session' : 'Many agents, one page'}</h1>
      <p>
        ${
          any
            ? 'Pick one on the left, or start another.'
            : 'Start a session: choose an agent and the directory it works in. Start more beside it; each goes on by itself, and the list tells you which one needs you.'
        }
      </p>
      <button
        class="button ${any ? '' : 'primary'}"
        @click=${() => this.dispatchEvent(new CommandEvent('session.new'))}
      >
        ${icons.plus} ${any ? 'Start another session' : 'Start your first session'}
      </button>
      <button
        class="link-button"
        @click=${() => this.dispatchEvent(new CommandEvent('endpoint.add'))}
      >
        Add an endpoint
      </button>
      <div class="keys">
        ${this.#key('Alt+N', 'new')} ${any ? this.#key('Alt+A', 'needs you') : nothing}
        ${this.#key('Mod+K', 'commands')} ${this.#key('?', 'all keys')}
      </div>
    </div>`;
  }

  #key(keys: string, label: string) {
    return html`<span>${capsOf(keys)[0]!.map((cap) => html`<kbd>${cap}</kbd>`)} ${label}</span>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-welcome': ApWelcome;
  }
}
