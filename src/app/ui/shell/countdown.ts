import { SignalWatcher } from '@lit-labs/preact-signals';
import { html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { ticker } from '../controllers/ticker.ts';

/**
 * `in 4 s` until a moment, then `now`; only this text changes with the ticker.
 *
 * @property until - ms since 1970 by this page's clock; undefined while nothing is planned
 */
@customElement('ap-countdown')
export class ApCountdown extends SignalWatcher(LitElement) {
  @property({ attribute: false }) until: number | undefined;

  override render() {
    void ticker.value;
    const left = this.until === undefined ? 0 : Math.ceil((this.until - Date.now()) / 1_000);
    return html`${left > 0 ? `in ${left} s` : 'now'}`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-countdown': ApCountdown;
  }
}
