import { SignalWatcher } from '@lit-labs/preact-signals';
import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { ticker } from '../controllers/ticker.ts';
import { formatElapsed } from '../time.ts';

/**
 * How long a running turn has been running; only this text changes with the ticker.
 *
 * @property since - when it began, ms since 1970 by this page's clock
 * @property paused - it stands still: the connection is away
 */
@customElement('ap-elapsed')
export class ApElapsed extends SignalWatcher(LitElement) {
  static override styles = css`
    :host {
      font-variant-numeric: tabular-nums;
      white-space: nowrap;
    }
  `;

  @property({ attribute: false }) since = 0;
  @property({ attribute: false }) paused = false;
  #shown = '';

  override render() {
    if (!this.paused || this.#shown === '') {
      void ticker.value;
      this.#shown = formatElapsed(Date.now() - this.since);
    }
    return html`${this.#shown}`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-elapsed': ApElapsed;
  }
}
