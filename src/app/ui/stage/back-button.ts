import { SignalWatcher } from '@lit-labs/preact-signals';
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Store } from '../../store/types.ts';
import { CommandEvent } from '../command-event.ts';
import * as sessionIcons from '../session-icons.ts';
import { baseStyles, buttonStyles } from '../styles/shared.ts';

/**
 * On a phone: back to the list, with what waits there. Amber counts the other sessions that need the
 * reader; red, when none does, the unread messages.
 *
 * @property store - whose sessions are counted
 * @fires ap-command - `session.list`
 */
@customElement('ap-back-button')
export class ApBackButton extends SignalWatcher(LitElement) {
  static override styles = [
    baseStyles,
    buttonStyles,
    css`
      :host {
        display: block;
        flex: none;
      }
      .icon-button {
        display: inline-flex;
        align-items: center;
        justify-content: center;
        gap: 1px;
        width: auto;
        min-width: 44px;
        height: 44px;
        padding: 0 6px;
      }
      .badge {
        min-width: 18px;
        padding: 0 5px;
        font-size: var(--ap-size-xs);
        font-weight: 700;
        line-height: 18px;
        text-align: center;
        border-radius: 9px;
        color: var(--ap-red);
        background: var(--ap-red-soft);
      }
      .badge.needs {
        color: var(--ap-amber);
        background: var(--ap-amber-soft);
      }
    `,
  ];

  @property({ attribute: false }) store!: Store;

  override render() {
    const viewed = this.store.activeSessionId.value;
    let needs = 0;
    let unread = 0;
    for (const record of this.store.sessions.value) {
      if (record.id === viewed) continue;
      const attention = record.attention.value;
      if (attention === 'approval' || attention === 'error') needs++;
      unread += record.unread.value;
    }
    const said = needs > 0 ? `, ${needs} need you` : unread > 0 ? `, ${unread} unread` : '';
    return html`<button
      class="icon-button"
      aria-label=${`All sessions${said}`}
      @click=${() => this.dispatchEvent(new CommandEvent('session.list'))}
    >
      ${sessionIcons.back}
      ${
        needs || unread
          ? html`<span class="badge tnum ${needs ? 'needs' : ''}"
              >${Math.min(needs || unread, 99)}</span
            >`
          : nothing
      }
    </button>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-back-button': ApBackButton;
  }
}
