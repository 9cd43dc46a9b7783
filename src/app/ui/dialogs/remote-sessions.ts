import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { toErrorInfo } from '../../../core/errors.ts';
import type { SessionId } from '../../../core/ids.ts';
import { oneLine } from '../../../core/text/sanitise.ts';
import type { EndpointId, RemoteSessionView } from '../../store/endpoint-types.ts';
import * as icons from '../icons.ts';
import * as more from '../more-icons.ts';
import { act } from '../intent.ts';
import { shortPath } from '../time.ts';
import { baseStyles, buttonStyles, fieldStyles } from '../styles/shared.ts';
import { newSessionStyles } from './new-session.styles.ts';

/** Shown at a time; the search finds the others. */
const SHOWN = 50;

/** A conversation that can be taken up. */
export interface ListedSession extends RemoteSessionView {
  /** Of an agent's own: its id there. */
  readonly sessionId?: string;
  /** The session of this page that goes on with it already. */
  readonly here?: SessionId;
}

/** The reader chose a conversation that is on the server already; undefined when the choice is gone. */
export class RemoteEvent extends Event {
  static readonly type = 'ap-remote';

  constructor(readonly session: ListedSession | undefined) {
    super(RemoteEvent.type);
  }
}

/**
 * The conversations that an endpoint has and this page does not, newest first, with a search; or, of a gateway's
 * agent, those that it keeps by itself, page by page, where it lets them be deleted.
 *
 * @property endpoint - whose
 * @property agent - the name of the gateway's agent that is meant; undefined for another kind of endpoint
 * @property agentTitle - what it is called
 * @fires ap-remote - with every choice ({@link RemoteEvent})
 * @fires ap-intent - asks for the list, deletes
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
      .row {
        display: flex;
        gap: 4px;
        align-items: center;
      }
      .row .card {
        flex: 1;
        min-width: 0;
      }
      .asks {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        align-items: center;
        padding: 8px 12px;
        font-size: var(--ap-size-s);
        background: var(--ap-red-soft);
        border-radius: var(--ap-radius-m);
      }
      .asks span {
        flex: 1;
        min-width: 12rem;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) endpoint: EndpointId | undefined = '';
  @property({ attribute: false }) agent: string | undefined;
  @property({ attribute: false }) agentTitle = '';
  @state() private sessions: readonly ListedSession[] | undefined;
  @state() private query = '';
  @state() private chosen: ListedSession | undefined;
  @state() private failure = '';
  /** The agent has more of them. */
  @state() private cursor: string | undefined;
  @state() private more = false;
  @state() private deletes = false;
  /** The one whose deletion is asked about, and what became of that. */
  @state() private asked: ListedSession | undefined;
  @state() private refused = '';
  #generation = 0;

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('endpoint') || changed.has('agent')) void this.#load();
  }

  override render() {
    const { sessions, failure } = this;
    if (failure) {
      return html`<p class="problem" role="alert">
        ${failure}
        <button type="button" class="link-button" @click=${this.#load}>Try again</button>
      </p>`;
    }
    const whom = this.agent ? this.agentTitle : 'the server';
    if (!sessions) return html`<p class="hint" role="status">Asking ${whom} what it has…</p>`;
    if (sessions.length === 0 && this.cursor === undefined) {
      return html`<p class="hint" role="status">
        ${
          this.agent
            ? `${whom} keeps no sessions that could be taken up.`
            : 'There is nothing on this server that is not here already.'
        }
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
        ${found.slice(0, SHOWN).map((session) => this.#row(session))}
      </div>
      ${this.#rest(found.length)}`;
  }

  #rest(found: number) {
    const hint =
      found === 0
        ? html`<p class="hint" role="status">Nothing is called “${this.query}”.</p>`
        : found > SHOWN
          ? html`<p class="hint">${found - SHOWN} more: search for them.</p>`
          : nothing;
    if (this.cursor === undefined) return hint;
    return html`${hint}
      <button type="button" class="button quiet" ?disabled=${this.more} @click=${this.#further}>
        ${this.more ? 'Asking…' : 'Show older ones'}
      </button>`;
  }

  #row(session: ListedSession) {
    if (session === this.asked) return this.#asks(session);
    const removable = this.deletes && session.here === undefined;
    return html`<div class="row">
      ${this.#card(session)}
      ${
        removable
          ? html`<button
              type="button"
              class="icon-button"
              aria-label=${`Delete ${nameOf(session)}`}
              title="Delete it at the agent"
              @click=${() => this.#ask(session)}
            >
              ${more.trash}
            </button>`
          : nothing
      }
    </div>`;
  }

  #card(session: ListedSession) {
    const { cwd, updatedAt, here } = session;
    const when = updatedAt === undefined ? '' : new Date(updatedAt).toLocaleString();
    const where = cwd && shortPath(cwd, 3);
    const mark = here === undefined ? '' : 'in the sidebar already';
    return html`<label class="card">
      <input
        type="radio"
        name="remote"
        .checked=${session === this.chosen}
        @change=${() => this.#choose(session)}
      />
      <span class="dot" aria-hidden="true"></span>
      <span class="words">
        <span class="name">${nameOf(session)}</span>
        <span class="hint" title=${cwd ?? nothing}
          >${[where, when, mark].filter(Boolean).join(' · ')}</span
        >
      </span>
    </label>`;
  }

  #asks(session: ListedSession) {
    return html`<div class="asks" role="alertdialog" aria-label="Delete this session?">
      <span
        >${this.refused || `Delete “${nameOf(session)}” at ${this.agentTitle}? It is lost for good.`}</span
      >
      <button type="button" class="button quiet keep" @click=${() => this.#ask(undefined)}>
        Keep it
      </button>
      <button type="button" class="button danger" @click=${() => this.#delete(session)}>
        Delete
      </button>
    </div>`;
  }

  #ask(session: ListedSession | undefined): void {
    this.asked = session;
    this.refused = '';
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector<HTMLElement>(session ? '.keep' : 'input')?.focus(),
    );
  }

  async #delete(session: ListedSession): Promise<void> {
    const { agent, endpoint } = this;
    if (!agent || session.sessionId === undefined) return;
    try {
      const gateway = await act(this, (actions) => actions.atGateway());
      await gateway.deleteAgentSession(agent, session.sessionId, endpoint || undefined);
    } catch (error) {
      this.refused = toErrorInfo(error).message;
      return;
    }
    this.sessions = this.sessions?.filter((each) => each !== session);
    if (this.chosen === session) this.#choose(undefined);
    this.#ask(undefined);
  }

  #found(sessions: readonly ListedSession[]): ListedSession[] {
    const query = this.query.trim().toLowerCase();
    return sessions
      .filter(({ title, cwd = '' }) => `${title} ${cwd}`.toLowerCase().includes(query))
      .toSorted((a, b) => (b.updatedAt ?? 0) - (a.updatedAt ?? 0));
  }

  #choose(session: ListedSession | undefined): void {
    this.chosen = session;
    this.dispatchEvent(new RemoteEvent(session));
  }

  #load = async (): Promise<void> => {
    const generation = ++this.#generation;
    this.sessions = undefined;
    this.cursor = undefined;
    this.failure = '';
    this.asked = undefined;
    if (this.chosen) this.#choose(undefined);
    try {
      // In the breath after: a request may not be asked for while it is being drawn.
      await Promise.resolve();
      const sessions = await this.#page();
      if (generation === this.#generation) this.sessions = sessions;
    } catch (error) {
      if (generation === this.#generation) this.failure = toErrorInfo(error).message;
    }
  };

  #further = async (): Promise<void> => {
    const generation = this.#generation;
    this.more = true;
    try {
      const next = await this.#page();
      // A page that moved between two questions is not shown twice.
      const known = new Set(this.sessions?.map(({ sessionId }) => sessionId));
      const news = next.filter(({ sessionId }) => !known.has(sessionId));
      if (generation === this.#generation) this.sessions = [...(this.sessions ?? []), ...news];
    } catch (error) {
      if (generation === this.#generation) this.failure = toErrorInfo(error).message;
    } finally {
      this.more = false;
    }
  };

  async #page(): Promise<readonly ListedSession[]> {
    const { agent, endpoint, cursor } = this;
    const generation = this.#generation;
    if (!agent) return act(this, (actions) => actions.remoteSessions(endpoint ?? ''));
    const gateway = await act(this, (actions) => actions.atGateway());
    const page = await gateway.agentSessions(agent, cursor, endpoint || undefined);
    if (generation === this.#generation) {
      this.cursor = page.nextCursor;
      this.deletes = page.can.delete;
    }
    return page.sessions.map(({ sessionId, title, cwd, updatedAt, here }): ListedSession => ({
      sessionId,
      title,
      cwd,
      updatedAt,
      remote: {},
      ...(here !== undefined && { here }),
    }));
  }
}

const nameOf = ({ title }: ListedSession): string => oneLine(title, 200) || 'Without a title';

declare global {
  interface HTMLElementTagNameMap {
    'ap-remote-sessions': ApRemoteSessions;
  }
  interface HTMLElementEventMap {
    'ap-remote': RemoteEvent;
  }
}
