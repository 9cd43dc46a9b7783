import { SignalWatcher } from '@lit-labs/preact-signals';
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { promptParts } from '../../../core/session/prompt.ts';
import { cleanText } from '../../../core/text/sanitise.ts';
import type { OutboxEntry, SessionRecord } from '../../store/types.ts';
import { arrowDown, clock, refresh, send } from '../session-icons.ts';
import { warning } from '../icons.ts';
import { act } from '../intent.ts';
import { attachedTo } from './composer/attached.ts';
import { baseStyles, buttonStyles } from '../styles/shared.ts';

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
      .move {
        display: inline-flex;
        gap: 2px;
      }
      .move button {
        width: 24px;
        height: 24px;
        min-height: 24px;
        color: var(--ap-text-muted);
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
  /** The message that was just moved, and by which button: the focus goes with it. */
  #moved: { key: string; way: Way } | undefined;

  override render() {
    const entries = this.record.outbox.value;
    return repeat(
      entries,
      (entry) => entry.key,
      (entry, index) => this.#entry(entry, index, entries),
    );
  }

  #entry(entry: OutboxEntry, index: number, entries: readonly OutboxEntry[]): TemplateResult {
    const { delivery, key } = entry;
    const { text, attached } = promptParts(entry.prompt);
    if (attached.length > 0) void import('./composer/attachments.ts').catch(() => {});
    const sending = delivery.state === 'sent' || delivery.state === 'accepted';
    return html`<div
      class="entry ${sending ? 'sending' : delivery.state}"
      data-outbox=${delivery.state}
      data-key=${key}
      @keydown=${(event: KeyboardEvent) => this.#onKey(event, key, index, entries)}
    >
      ${
        this.editing === key && delivery.state === 'queued'
          ? this.#editor(key, text, attached.length > 0)
          : html`${text ? html`<div class="text">${cleanText(text)}</div>` : nothing}
              ${
                attached.length > 0
                  ? html`<ap-attachments fixed .blocks=${attached}></ap-attachments>`
                  : nothing
              }
              <div class="state">${this.#stateOf(entry, index, entries)}</div>`
      }
    </div>`;
  }

  #stateOf(
    { delivery, key }: OutboxEntry,
    index: number,
    entries: readonly OutboxEntry[],
  ): TemplateResult {
    switch (delivery.state) {
      case 'queued':
        return html`<span>${clock} Queued</span> ${this.#movers(key, index, entries)}
          ${this.#steerable ? this.#action('Send into this turn', () => this.#steer(key)) : nothing}
          ${this.#action('Edit', () => (this.editing = key))}
          ${this.#action('Withdraw', () => this.#withdraw(key))}`;
      case 'sent':
      case 'accepted':
        return html`<span>Sending…</span>`;
      case 'unconfirmed':
        return html`<span>${refresh} Delivery unconfirmed</span>
          ${this.#action('Resend', () => this.#resend(key))}
          ${this.#action('Discard', () => this.#withdraw(key))}`;
      case 'refused':
        return html`<span title=${delivery.error.code}
            >${warning} ${cleanText(delivery.error.message)}</span
          >
          ${delivery.error.retryable ? this.#action('Send again', () => this.#resend(key)) : nothing}
          ${this.#action('Discard', () => this.#withdraw(key))}`;
    }
  }

  /** Up and down; nothing for the only message that can move. */
  #movers(
    key: string,
    index: number,
    entries: readonly OutboxEntry[],
  ): TemplateResult | typeof nothing {
    const up = target(index, 'up', entries);
    const down = target(index, 'down', entries);
    if (up === undefined && down === undefined) return nothing;
    const mover = (way: Way, to: number | undefined, icon: TemplateResult): TemplateResult =>
      html`<button
        type="button"
        class="icon-button"
        data-move=${way}
        aria-label=${way === 'up' ? 'Send earlier' : 'Send later'}
        title=${way === 'up' ? 'Send earlier (Alt+Shift+↑)' : 'Send later (Alt+Shift+↓)'}
        ?disabled=${to === undefined}
        @click=${() => this.#move(key, way, to)}
      >
        ${icon}
      </button>`;
    return html`<span class="move">
      ${mover('up', up, send)}${mover('down', down, arrowDown)}
    </span>`;
  }

  #move(key: string, way: Way, to: number | undefined): void {
    if (to === undefined) return;
    const { id } = this.record;
    this.#moved = { key, way };
    act(this, (actions) => actions.moveQueued(id, key, to));
  }

  #onKey(event: KeyboardEvent, key: string, index: number, entries: readonly OutboxEntry[]): void {
    const way = event.key === 'ArrowUp' ? 'up' : event.key === 'ArrowDown' ? 'down' : undefined;
    const queued = entries[index]?.delivery.state === 'queued';
    if (!way || !queued || !event.altKey || !event.shiftKey || this.editing === key) return;
    // The same keys move a session; here they mean the message that has the focus.
    event.preventDefault();
    event.stopPropagation();
    this.#move(key, way, target(index, way, entries));
  }

  #editor(key: string, text: string, attached: boolean): TemplateResult {
    const save = (event: Event): void => {
      const area = (event.currentTarget as Element).closest('.entry')!.querySelector('textarea')!;
      const next = area.value.trim();
      this.editing = undefined;
      const { id } = this.record;
      if (next === '' && !attached) this.#withdraw(key);
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
        ${this.#action('Cancel', () => (this.editing = undefined))} ${this.#action('Save', save)}
      </div>`;
  }

  protected override updated(): void {
    this.#followMoved();
    const area = this.renderRoot.querySelector('textarea');
    if (area && this.shadowRoot?.activeElement !== area) area.focus();
  }

  /** A row that moves in the document loses the focus, and a button at the end of its way is off. */
  #followMoved(): void {
    const moved = this.#moved;
    if (!moved) return;
    this.#moved = undefined;
    const entry = [...this.renderRoot.querySelectorAll<HTMLElement>('.entry')].find(
      (element) => element.dataset['key'] === moved.key,
    );
    const buttons = [...(entry?.querySelectorAll<HTMLButtonElement>('[data-move]') ?? [])];
    const same = buttons.find(({ dataset }) => dataset['move'] === moved.way);
    (same?.disabled ? buttons.find(({ disabled }) => !disabled) : same)?.focus();
  }

  #action(label: string, run: (event: Event) => void): TemplateResult {
    return html`<button type="button" class="link-button" @click=${run}>${label}</button>`;
  }

  #withdraw(key: string): void {
    const { record } = this;
    const { id } = record;
    const entry = record.outbox.peek().find((each) => each.key === key);
    const { attached } = promptParts(entry?.prompt ?? []);
    const draft = attachedTo(record);
    // As its words do: back into a draft that is empty.
    const back = entry?.delivery.state === 'queued' && !record.draft.peek() && !draft.peek().length;
    act(this, (actions) => actions.withdrawQueued(id, key));
    if (!back || attached.length === 0) return;
    void import('./composer/attach.ts').then(({ giveBack }) => giveBack(this, record, attached));
  }

  /** The agent reads messages while it works, and does. */
  get #steerable(): boolean {
    const { record } = this;
    void record.details.value;
    return (
      record.turn.value.state !== 'idle' &&
      record.connection.value.status === 'connected' &&
      record.transcript().steers
    );
  }

  #steer(key: string): void {
    const { id } = this.record;
    act(this, (actions) => actions.steer(id, key));
  }

  #resend(key: string): void {
    const { id } = this.record;
    act(this, (actions) => actions.resend(id, key));
  }
}

type Way = 'up' | 'down';

/** Where a queued message goes by one step; undefined where it cannot: nothing goes before what may have arrived. */
function target(index: number, way: Way, entries: readonly OutboxEntry[]): number | undefined {
  const to = way === 'up' ? index - 1 : index + 1;
  const first =
    entries.findLastIndex(({ delivery }) =>
      ['sent', 'accepted', 'unconfirmed'].includes(delivery.state),
    ) + 1;
  return to >= first && to < entries.length ? to : undefined;
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-outbox': ApOutbox;
  }
}
