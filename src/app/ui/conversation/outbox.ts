import { SignalWatcher } from '@lit-labs/preact-signals';
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { cleanText } from '../../../core/text/sanitise.ts';
import type { OutboxEntry, SessionRecord } from '../../store/types.ts';
import { clock, refresh, warning } from '../icons.ts';
import { act } from '../intent.ts';
import { baseStyles, buttonStyles } from '../styles/shared.ts';
import { blockPart } from './items/content.ts';

/** Messages that are on their way, each with what can be done about it (R6, R40). */
@customElement('ap-outbox')
export class ApOutbox extends SignalWatcher(LitElement) {
  static override styles = [
    baseStyles,
    buttonStyles,
    css`
      :host {
        display: block;
        font-size: var(--ap-size-m);
        line-height: var(--ap-line);
      }
      .entry {
        width: fit-content;
        max-width: 86%;
        margin: var(--ap-space-3) 0 0 auto;
      }
      .text {
        padding: 9px 14px;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
        color: var(--ap-text-muted);
        border: 1px dashed color-mix(in srgb, var(--ap-accent) 45%, var(--ap-border));
        border-radius: var(--ap-radius-l) var(--ap-radius-l) var(--ap-radius-s) var(--ap-radius-l);
      }
      .sending .text {
        background: var(--ap-accent-soft);
        border-color: transparent;
      }
      .unconfirmed .text {
        border-color: var(--ap-amber);
      }
      .refused .text {
        border-color: var(--ap-red);
      }
      .state {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: flex-end;
        gap: 2px 10px;
        margin-top: 3px;
        font-size: var(--ap-size-xs);
        color: var(--ap-text-faint);
      }
      .state > span {
        display: flex;
        align-items: center;
        gap: 4px;
      }
      .state svg {
        width: 12px;
        height: 12px;
      }
      .unconfirmed .state > span {
        color: var(--ap-amber);
      }
      .refused .state > span {
        color: var(--ap-red);
      }
      textarea {
        display: block;
        width: min(36rem, 76vw);
        min-height: 5em;
        padding: 9px 14px;
        font: inherit;
        color: var(--ap-text);
        background: var(--ap-bg-raised);
        border: 1px solid var(--ap-accent);
        border-radius: var(--ap-radius-m);
        resize: vertical;
      }
    `,
  ];

  @property({ attribute: false }) record!: SessionRecord;
  @state() private editing: string | undefined;

  override render() {
    const entries = this.record.outbox.value;
    return repeat(
      entries,
      (entry) => entry.key,
      (entry) => this.entry(entry),
    );
  }

  private entry(entry: OutboxEntry): TemplateResult {
    const { delivery, key } = entry;
    const text = textOf(entry);
    const sending = delivery.state === 'sent' || delivery.state === 'accepted';
    return html`<div
      class="entry ${sending ? 'sending' : delivery.state}"
      data-outbox=${delivery.state}
    >
      ${
        this.editing === key && delivery.state === 'queued'
          ? this.editor(key, text)
          : html`<div class="text">${cleanText(text)}</div>
              <div class="state">${this.stateOf(entry)}</div>`
      }
    </div>`;
  }

  private stateOf({ delivery, key }: OutboxEntry): TemplateResult {
    switch (delivery.state) {
      case 'queued':
        return html`<span>${clock} Queued</span> ${this.action('Edit', () => (this.editing = key))}
          ${this.action('Withdraw', () => this.withdraw(key))}`;
      case 'sent':
      case 'accepted':
        return html`<span>Sending…</span>`;
      case 'unconfirmed':
        return html`<span>${refresh} Delivery unconfirmed</span>
          ${this.action('Resend', () => this.resend(key))}
          ${this.action('Discard', () => this.withdraw(key))}`;
      case 'refused':
        return html`<span title=${delivery.error.code}
            >${warning} ${cleanText(delivery.error.message)}</span
          >
          ${delivery.error.retryable ? this.action('Send again', () => this.resend(key)) : nothing}
          ${this.action('Discard', () => this.withdraw(key))}`;
    }
  }

  private editor(key: string, text: string): TemplateResult {
    const save = (event: Event): void => {
      const area = (event.currentTarget as Element).closest('.entry')!.querySelector('textarea')!;
      const next = area.value.trim();
      this.editing = undefined;
      const { id } = this.record;
      if (next === '') this.withdraw(key);
      else if (next !== text) act(this, (actions) => actions.editQueued(id, key, next));
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.isComposing) return;
      if (event.key === 'Escape') this.editing = undefined;
      else if (event.key === 'Enter' && !event.shiftKey) save(event);
      else return;
      event.preventDefault();
      event.stopPropagation();
    };
    return html`<textarea aria-label="Queued message" .value=${text} @keydown=${onKey}></textarea>
      <div class="state">
        ${this.action('Cancel', () => (this.editing = undefined))} ${this.action('Save', save)}
      </div>`;
  }

  protected override updated(): void {
    const area = this.renderRoot.querySelector('textarea');
    if (area && this.shadowRoot?.activeElement !== area) area.focus();
  }

  private action(label: string, run: (event: Event) => void): TemplateResult {
    return html`<button type="button" class="link-button" @click=${run}>${label}</button>`;
  }

  private withdraw(key: string): void {
    const { id } = this.record;
    act(this, (actions) => actions.withdrawQueued(id, key));
  }

  private resend(key: string): void {
    const { id } = this.record;
    act(this, (actions) => actions.resend(id, key));
  }
}

const textOf = (entry: OutboxEntry): string =>
  entry.prompt
    .map((block) => {
      const part = blockPart(block);
      return part.type === 'text' ? part.text : `[${part.type}]`;
    })
    .join('\n');

declare global {
  interface HTMLElementTagNameMap {
    'ap-outbox': ApOutbox;
  }
}
