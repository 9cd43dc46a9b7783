import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { toErrorInfo } from '../../../core/errors.ts';
import { oneLine } from '../../../core/text/sanitise.ts';
import type { EndpointId, RemoteSessionView } from '../../store/endpoint-types.ts';
import * as icons from '../icons.ts';
import { act } from '../intent.ts';
import { shortPath } from '../time.ts';
import { baseStyles, buttonStyles, fieldStyles } from '../styles/shared.ts';
import { newSessionStyles } from './new-session.styles.ts';

/** Shown at a time; the search finds the others. */
const SHOWN = 50;

/** The reader chose a conversation that is on the server already; undefined when the choice is gone. */
export class RemoteEvent extends Event {
  static readonly type = 'ap-remote';

  constructor(readonly session: RemoteSessionView | undefined) {
    super(RemoteEvent.type);
  }
}

/**
 * The conversations that an endpoint has and this page does not, newest first, with a search.
 *
 * @property endpoint - whose
 * @fires ap-remote - with every choice ({@link RemoteEvent})
 * @fires ap-intent - asks for the list
 */
@customElement('ap-remote-sessions')
export class ApRemoteSessions extends LitElement {
  static override styles = [
    baseStyles,
    buttonStyles,
    fieldStyles,
    newSessionStyles,
    css`
      :host {
        display: grid;
        gap: 8px;
      }
      .search {
        position: relative;
        display: block;
        color: var(--ap-text-faint);
      }
      .search svg {
        position: absolute;
        top: 50%;
        left: 10px;
        transform: translateY(-50%);
        pointer-events: none;
      }
      .search .input {
        padding-left: 32px;
      }
      .found {
        display: grid;
        gap: 6px;
        max-height: 22rem;
        padding: 2px;
        margin: -2px;
        overflow-y: auto;
      }
      .name {
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) endpoint: EndpointId = '';
  @state() private sessions: readonly RemoteSessionView[] | undefined;
  @state() private query = '';
  @state() private chosen: RemoteSessionView | undefined;
  @state() private failure = '';

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('endpoint')) void this.#load();
  }

  override render() {
    const { sessions, failure } = this;
    if (failure) {
      return html`<p class="problem" role="alert">
        ${failure}
        <button type="button" class="link-button" @click=${this.#load}>Try again</button>
      </p>`;
    }
    if (!sessions) return html`<p class="hint" role="status">Asking the server what it has…</p>`;
    if (sessions.length === 0) {
      return html`<p class="hint" role="status">
        There is nothing on this server that is not here already.
      </p>`;
    }
    const found = this.#found(sessions);
    return html`<label class="search">
        ${icons.search}
        <input
          class="input"
          type="search"
          placeholder="Search titles and directories"
          aria-label="Search existing sessions"
          autocomplete="off"
          spellcheck="false"
          .value=${this.query}
          @input=${(event: Event) => (this.query = (event.target as HTMLInputElement).value)}
        />
      </label>
      <div class="found" role="radiogroup" aria-label="Existing sessions">
        ${found.slice(0, SHOWN).map((session) => this.#card(session))}
      </div>
      ${
        found.length === 0
          ? html`<p class="hint" role="status">Nothing is called “${this.query}”.</p>`
          : found.length > SHOWN
            ? html`<p class="hint">${found.length - SHOWN} more: search for them.</p>`
            : nothing
      }`;
  }

  #card(session: RemoteSessionView) {
    const { title, cwd, updatedAt } = session;
    const when = updatedAt === undefined ? '' : new Date(updatedAt).toLocaleString();
    return html`<label class="card">
      <input
        type="radio"
        name="remote"
        .checked=${session === this.chosen}
        @change=${() => this.#choose(session)}
      />
      <span class="dot" aria-hidden="true"></span>
      <span class="words">
        <span class="name">${oneLine(title, 200) || 'Without a title'}</span>
        <span class="hint">${[cwd && shortPath(cwd, 3), when].filter(Boolean).join(' · ')}</span>
      </span>
    </label>`;
  }

  #found(sessions: readonly RemoteSessionView[]): RemoteSessionView[] {
    const query = this.query.trim().toLowerCase();
    return sessions
      .filter(({ title, cwd = '' }) => `${title} ${cwd}`.toLowerCase().includes(query))
      .toSorted((a, b) => (b.updatedAt ?? 0) - (a.updatedAt ?? 0));
  }

  #choose(session: RemoteSessionView | undefined): void {
    this.chosen = session;
    this.dispatchEvent(new RemoteEvent(session));
  }

  #load = async (): Promise<void> => {
    const { endpoint } = this;
    this.sessions = undefined;
    this.failure = '';
    if (this.chosen) this.#choose(undefined);
    try {
      // In the breath after: a request may not be asked for while it is being drawn.
      await Promise.resolve();
      const sessions = await act(this, (actions) => actions.remoteSessions(endpoint));
      if (this.endpoint === endpoint) this.sessions = sessions;
    } catch (error) {
      if (this.endpoint === endpoint) this.failure = toErrorInfo(error).message;
    }
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-remote-sessions': ApRemoteSessions;
  }
  interface HTMLElementEventMap {
    'ap-remote': RemoteEvent;
  }
}
