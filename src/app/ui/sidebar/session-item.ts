import { SignalWatcher, watch } from '@lit-labs/preact-signals';
import { computed, type ReadonlySignal } from '@preact/signals-core';
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { displayStatus, isBusy, isStreaming } from '../../store/selectors.ts';
import type { Attention, SessionRecord } from '../../store/types.ts';
import { CommandEvent } from '../command-event.ts';
import { act } from '../intent.ts';
import * as icons from '../icons.ts';
import * as sessionIcons from '../session-icons.ts';
import { canRetry, statusLook, troubleOf } from '../status.ts';
import { baseStyles, buttonStyles } from '../styles/shared.ts';
import type { TitleEvent } from '../shell/title-editor.ts';
import '../shell/elapsed.ts';
import '../shell/title-editor.ts';
import { itemStyles } from './session-item.styles.ts';

const CHIP: Record<Attention, string> = { approval: 'Needs you', error: 'Failed', done: 'Done' };

/**
 * One session in the sidebar. Its attributes are the contract for automation: `data-session-id`,
 * `data-status`, `data-streaming`, `data-unread`, `data-attention`, `aria-current` (design §7).
 * A stream elsewhere does not render it; its own stream changes one text node of it.
 *
 * @property record - the session
 * @property viewed - it is the one on the stage
 * @property bare - the stage shows its permission requests already
 * @property tabstop - Tab stops here; the arrow keys reach the other rows
 * @property number - 1 to 10 for the first ten rows, else undefined
 * @property showNumber - Alt is held
 * @property where - its endpoint's name, if there are several
 * @fires ap-command - `session.open`, `session.menu`
 * @fires ap-intent - rename, retry, connect, an answer to a permission request
 */
@customElement('ap-session-item')
export class ApSessionItem extends SignalWatcher(LitElement) {
  static override styles = [baseStyles, buttonStyles, itemStyles];

  @property({ attribute: false }) record!: SessionRecord;
  @property({ attribute: false }) viewed = false;
  @property({ attribute: false }) bare = false;
  @property({ attribute: false }) tabstop = false;
  @property({ attribute: false }) number: number | undefined;
  @property({ attribute: false }) showNumber = false;
  @property({ attribute: false }) where = '';
  @state() private renaming = false;
  #line!: ReadonlySignal<string>;

  override connectedCallback(): void {
    super.connectedCallback();
    this.setAttribute('role', 'listitem');
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('record')) return;
    const { record } = this;
    this.#line = computed(() => {
      const activity = isBusy(record) ? record.activity.value : '';
      // While it answers, the answer itself says more than the word.
      if (activity && activity !== 'Answering') return activity;
      // Before anything was said, the place tells rows apart.
      return record.preview.value || activity || record.summary.value.cwd;
    });
  }

  /** Edits the title in place. */
  rename(): void {
    this.renaming = true;
  }

  /** Puts the focus on the row. */
  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('.open')?.focus();
  }

  override render() {
    const { record } = this;
    const status = displayStatus(record);
    const look = statusLook(record);
    const unread = record.unread.value;
    const attention = record.attention.value;
    this.#reflect('data-session-id', record.id);
    this.#reflect('data-status', status);
    this.#reflect('data-streaming', isStreaming(record) ? '' : null);
    this.#reflect('data-unread', unread > 0 ? String(unread) : null);
    this.#reflect('data-attention', attention ?? null);
    this.#reflect('aria-current', this.viewed ? 'true' : null);

    const title = record.title.value;
    const { agentTitle, cwd } = record.summary.value;
    const name = [
      title,
      this.where && `on ${this.where}`,
      look.word,
      attention && CHIP[attention],
      unread > 0 && `${unread} unread`,
      record.draft.value.trim() && 'unsent draft',
    ];
    return html`
      <div class="row ${look.kind} ${unread > 0 || attention ? 'news' : ''}">
        <button
          class="open"
          tabindex=${this.tabstop ? 0 : -1}
          aria-label=${name.filter(Boolean).join(', ')}
          title=${[agentTitle, this.where, cwd, troubleOf(record)].filter(Boolean).join('\n')}
          aria-current=${this.viewed ? 'true' : nothing}
          @click=${() => this.#command('session.open')}
          @dblclick=${this.rename}
          @contextmenu=${this.#menu}
        ></button>
        <span class="gutter" aria-hidden="true">
          <span class="glyph">${look.glyph}</span>
          ${
            this.showNumber && this.number
              ? html`<kbd>${this.number % 10}</kbd>`
              : this.viewed
                ? html`<span class="star">${icons.star}</span>`
                : nothing
          }
        </span>
        ${
          this.renaming
            ? html`<ap-title-editor .value=${title} @ap-title=${this.#renamed}></ap-title-editor>`
            : html`<span class="title truncate">${title}</span>`
        }
        ${this.#aside(attention)} ${this.#second(status, unread)}
        <button
          class="icon-button menu"
          tabindex=${this.tabstop ? 0 : -1}
          aria-label=${`More for ${title}`}
          aria-haspopup="menu"
          @click=${this.#menu}
        >
          ${sessionIcons.more}
        </button>
      </div>
      ${attention === 'approval' && !this.bare ? rowApproval(record) : nothing}
    `;
  }

  #aside(attention: Attention | undefined) {
    const { record } = this;
    const { startedAt } = record.turn.value;
    return html`<span class="aside">
      ${record.draft.value.trim() ? html`<span class="draft">${icons.pencil}</span>` : nothing}
      ${
        attention
          ? html`<span class="chip ${attention}">${CHIP[attention]}</span>`
          : isBusy(record) && startedAt !== undefined
            ? html`<ap-elapsed
                class=${record.connection.value.status === 'connected' ? '' : 'paused'}
                .since=${startedAt}
                .paused=${record.connection.value.status !== 'connected'}
              ></ap-elapsed>`
            : nothing
      }
    </span>`;
  }

  #second(status: string, unread: number) {
    const { record } = this;
    const trouble = troubleOf(record);
    const outbox = record.outbox.value.length;
    return html`<span class="second">
      ${this.#whose()}
      <span class="line truncate"
        >${
          trouble ??
          (status === 'disconnected' && outbox > 0 ? 'Sends when connected' : watch(this.#line))
        }</span
      >
      ${
        status === 'reconnecting' || canRetry(record)
          ? html`<button class="link-button act" @click=${this.#retry}>
              ${status === 'reconnecting' ? 'Retry now' : 'Retry'}
            </button>`
          : nothing
      }
      ${
        unread > 0
          ? html`<span class="unread tnum"
              ><span aria-hidden="true">•</span>${unread > 99 ? '99+' : unread}</span
            >`
          : nothing
      }
    </span>`;
  }

  /** Agent and place; of two that are called the same, one. */
  #whose() {
    const { agentTitle } = this.record.summary.value;
    const { where } = this;
    return html`${
      agentTitle && agentTitle !== where
        ? html`<span class="agent truncate">${agentTitle}</span>`
        : nothing
    }${where ? html`<span class="agent where truncate">${where}</span>` : nothing}`;
  }

  #reflect(name: string, value: string | null): void {
    if (value === null) this.removeAttribute(name);
    else if (this.getAttribute(name) !== value) this.setAttribute(name, value);
  }

  #command(command: 'session.open' | 'session.menu', from?: HTMLElement): void {
    this.dispatchEvent(new CommandEvent(command, this.record.id, from));
  }

  #menu = (event: Event): void => {
    event.preventDefault();
    this.#command('session.menu', this.renderRoot.querySelector<HTMLElement>('.menu')!);
  };

  #retry = (): void => {
    act(this, (actions) => actions.retryNow(this.record.id));
  };

  #renamed = (event: TitleEvent): void => {
    this.renaming = false;
    const { title } = event;
    if (title !== undefined) act(this, (actions) => actions.renameSession(this.record.id, title));
    void this.updateComplete.then(() => this.focus());
  };
}

/** Its code comes with the first request; without it the chip still leads to the session, which asks in full. */
function rowApproval(record: SessionRecord) {
  import('./row-approval.ts').catch(() => undefined);
  return html`<ap-row-approval .record=${record}></ap-row-approval>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-session-item': ApSessionItem;
  }
}
