import { SignalWatcher } from '@lit-labs/preact-signals';
import type { ReadonlySignal } from '@preact/signals-core';
import { html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { MAX_LIVE_SESSIONS } from '../../../core/limits.ts';
import type { SessionId } from '../../../core/ids.ts';
import { attentionCounts } from '../../store/selectors.ts';
import type { SessionRecord, Store } from '../../store/types.ts';
import { CommandEvent, type UiCommand } from '../command-event.ts';
import { endpointOf } from '../endpoint.ts';
import * as icons from '../icons.ts';
import { isEnded, rowsOf } from '../rows.ts';
import { statusLook, type StatusLook } from '../status.ts';
import { baseStyles, buttonStyles, fieldStyles } from '../styles/shared.ts';
import type { ApSessionItem } from './session-item.ts';
import { sidebarStyles } from './sidebar.styles.ts';

/**
 * Every session, live. Streams never reorder it and never render it; the arrow keys walk its rows.
 *
 * @property store - what to show
 * @property altHeld - whether the rows show their numbers
 * @property narrow - the stage is a screen of its own
 * @fires ap-command - new session, palette, settings, help and what the rows ask for
 */
@customElement('ap-sidebar')
export class ApSidebar extends SignalWatcher(LitElement) {
  static override styles = [baseStyles, buttonStyles, fieldStyles, sidebarStyles];

  @property({ attribute: false }) store!: Store;
  @property({ attribute: false }) altHeld!: ReadonlySignal<boolean>;
  @property({ attribute: false }) narrow = false;
  @state() private query = '';
  @state() private focused: SessionId | undefined;
  /** The viewed session whose row was last brought into view. */
  #revealed: SessionId | undefined;

  /** Puts the focus into the search field. */
  focusSearch(): void {
    this.renderRoot.querySelector<HTMLElement>('input')?.focus();
  }

  /** Puts the focus on a session's row, or on the viewed one's. */
  focusRow(id: SessionId | undefined = this.store.activeSessionId.value): void {
    this.#items()
      .find((item) => item.record.id === id)
      ?.focus();
  }

  /** Edits a session's title in its row. */
  renameRow(id: SessionId): void {
    this.#items()
      .find((item) => item.record.id === id)
      ?.rename();
  }

  override render() {
    const { store } = this;
    const sessions = rowsOf(store);
    const several = store.endpoints.value.length > 1;
    const viewed = store.activeSessionId.value;
    const shown = sessions.filter((record) => this.#matches(record));
    const stop = (
      shown.find((r) => r.id === this.focused) ??
      shown.find((r) => r.id === viewed) ??
      shown[0]
    )?.id;
    const altHeld = this.altHeld.value;
    return html`
      <header>
        <span class="brand">${icons.mark(22)}<span>Aperture</span></span>
        ${sessions.length > 0 ? budget(sessions) : nothing}
        ${this.#tool('app.palette', 'Command palette', icons.command)}
        ${this.#tool('app.help', 'Keyboard help', icons.help)}
        ${this.#tool('app.settings', 'Settings', icons.settings)}
      </header>
      <div class="top">
        <button
          class="button new"
          aria-label="New session"
          @click=${() => this.#command('session.new')}
        >
          ${icons.plus}<span>New session</span>
        </button>
        ${
          sessions.length > 0
            ? html`<label class="search">
                ${icons.search}
                <input
                  class="input"
                  type="search"
                  placeholder="Search"
                  aria-label="Search sessions"
                  autocomplete="off"
                  spellcheck="false"
                  .value=${this.query}
                  @input=${this.#search}
                  @keydown=${this.#searchKey}
                />
              </label>`
            : nothing
        }
      </div>
      ${sessions.length > 0 ? this.#summary(sessions) : nothing}
      <div
        class="list"
        role="list"
        aria-label="Sessions"
        ?hidden=${shown.length === 0}
        @keydown=${this.#listKey}
        @focusin=${this.#focusIn}
      >
        ${repeat(
          sessions,
          (record) => record.id,
          (record, index) => html`
            <ap-session-item
              .record=${record}
              .viewed=${record.id === viewed}
              .bare=${record.id === viewed && !this.narrow}
              .tabstop=${record.id === stop}
              .number=${index < 10 && !isEnded(record) ? index + 1 : undefined}
              .where=${several ? (endpointOf(store, record)?.name ?? '') : ''}
              .showNumber=${altHeld}
              ?hidden=${!shown.includes(record)}
            ></ap-session-item>
          `,
        )}
      </div>
      ${
        sessions.length > 0 && shown.length === 0
          ? html`<p class="none">
              No session matches “${this.query}”.
              <button class="link-button" @click=${this.#clear}>Show all</button>
            </p>`
          : nothing
      }
      ${sessions.length === 0 ? this.#empty() : nothing} ${this.#endpoints()}
    `;
  }

  /** Which servers there are, and whether one of them is in trouble. */
  #endpoints() {
    const endpoints = this.store.endpoints.value;
    if (!this.store.started.value) return nothing;
    const away = endpoints.filter(
      ({ state, locked }) =>
        locked || state.status === 'unreachable' || state.status === 'unauthorized',
    ).length;
    const count = endpoints.length === 1 ? endpoints[0]!.name : `${endpoints.length} endpoints`;
    return html`<footer>
      <button
        class="endpoints ${away > 0 ? 'away' : ''}"
        title="Endpoints"
        @click=${() => this.#command('app.endpoints')}
      >
        ${icons.plug}
        <span class="truncate">${endpoints.length === 0 ? 'No endpoints' : count}</span>
        ${away > 0 ? html`<span class="more">${away} not available</span>` : nothing}
        <span class="vh">Endpoints</span>
      </button>
    </footer>`;
  }

  override updated(): void {
    const viewed = this.store.activeSessionId.peek();
    if (viewed === this.#revealed) return;
    this.#revealed = viewed;
    const item = this.#items().find((each) => each.record.id === viewed);
    if (!item) return;
    // Its code may still be on its way.
    void customElements
      .whenDefined('ap-session-item')
      .then(() => item.updateComplete)
      .then(() => this.#reveal(item));
  }

  /** Scrolls the list, and nothing around it, as far as the row needs. */
  #reveal(item: ApSessionItem): void {
    const list = item.parentElement;
    if (!list) return;
    const [row, room] = [item.getBoundingClientRect(), list.getBoundingClientRect()];
    if (row.top < room.top) list.scrollTop -= room.top - row.top;
    else if (row.bottom > room.bottom) list.scrollTop += row.bottom - room.bottom;
  }

  #tool(command: UiCommand, label: string, icon: unknown) {
    return html`<button
      class="icon-button"
      aria-label=${label}
      title=${label}
      @click=${() => this.#command(command)}
    >
      ${icon}
    </button>`;
  }

  #summary(sessions: readonly SessionRecord[]) {
    const { approval, error, done } = attentionCounts(this.store);
    const count = (kind: StatusLook['kind']) =>
      sessions.filter((record) => statusLook(record).kind === kind).length;
    // Behind a broken connection nobody can tell who works.
    const [working, lost] = [count('streaming'), count('reconnecting')];
    const [broken, away] = [count('error'), count('disconnected')];
    const calm =
      [broken > 0 && `${broken} with an error`, away > 0 && `${away} not connected`]
        .filter(Boolean)
        .join(', ') || 'All quiet';
    const parts = [
      approval > 0 &&
        html`<button class="count approval" @click=${() => this.#command('session.attention')}>
          ${approval} ${approval === 1 ? 'needs' : 'need'} you
        </button>`,
      error > 0 && html`<span class="count error">${error} failed</span>`,
      lost > 0 && html`<span class="count lost">${lost} reconnecting</span>`,
      working > 0 && html`<span class="count working">${working} working</span>`,
      done > 0 && html`<span class="count done">${done} done</span>`,
    ].filter(Boolean);
    return html`<div class="summary tnum">
      ${parts.length > 0 ? parts : html`<span class="count">${calm}</span>`}
    </div>`;
  }

  #empty() {
    if (!this.store.started.value) return html`<div class="skeleton" aria-hidden="true"></div>`;
    if (this.narrow) return html`<ap-welcome></ap-welcome>`;
    return html`<p class="none">
      No sessions yet. Start one: an agent, a directory, and it shows up here for as long as it
      lives.
    </p>`;
  }

  #matches(record: SessionRecord): boolean {
    const query = this.query.trim().toLowerCase();
    if (!query) return true;
    // Previews are looked at, not subscribed to: a stream must not render the list.
    const { agentTitle, cwd } = record.summary.value;
    const { name = '', url = '' } = endpointOf(this.store, record) ?? {};
    return `${record.title.value} ${agentTitle} ${cwd} ${name} ${url} ${record.preview.peek()}`
      .toLowerCase()
      .includes(query);
  }

  #command(command: UiCommand, id?: SessionId): void {
    this.dispatchEvent(new CommandEvent(command, id));
  }

  #search = (event: Event): void => {
    this.query = (event.target as HTMLInputElement).value;
  };

  #clear = (): void => {
    this.query = '';
    this.focusSearch();
  };

  #searchKey = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    const first = this.#items()[0];
    if (event.key === 'Escape' && this.query) this.query = '';
    else if (event.key === 'ArrowDown') first?.focus();
    else if (event.key === 'Enter' && first) this.#command('session.open', first.record.id);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  #listKey = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const from = event.composedPath().find((node) => node instanceof HTMLElement) as HTMLElement;
    if (!from.classList.contains('open')) return;
    const items = this.#items();
    const at = items.indexOf(event.target as ApSessionItem);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === 'F2') items[at]?.rename();
    else if (to === undefined) return;
    else if (to < 0) this.focusSearch();
    else items[to]?.focus();
    event.preventDefault();
  };

  #focusIn = (event: Event): void => {
    this.focused = (event.target as ApSessionItem).record?.id;
  };

  #items(): ApSessionItem[] {
    return [...this.renderRoot.querySelectorAll<ApSessionItem>('ap-session-item:not([hidden])')];
  }
}

/** How much of the page's budget of sockets is in use (R1, R4). */
function budget(sessions: readonly SessionRecord[]) {
  const live = sessions.filter(isLive).length;
  return html`<span
    class="live tnum ${live >= MAX_LIVE_SESSIONS ? 'full' : ''}"
    title=${`${live} of ${MAX_LIVE_SESSIONS} live connections in use. Beyond that, the oldest idle one sleeps.`}
    >${live}/${MAX_LIVE_SESSIONS} live</span
  >`;
}

function isLive(record: SessionRecord): boolean {
  const { status } = record.connection.value;
  return status === 'connected' || status === 'connecting' || status === 'reconnecting';
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-sidebar': ApSidebar;
  }
}
