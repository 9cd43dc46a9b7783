import { SignalWatcher } from '@lit-labs/preact-signals';
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { displayStatus, isBusy } from '../../store/selectors.ts';
import type { SessionRecord, Store } from '../../store/types.ts';
import { can } from '../abilities.ts';
import { CommandEvent, type UiCommand } from '../command-event.ts';
import { endpointOf, whereWords } from '../endpoint.ts';
import * as icons from '../icons.ts';
import * as sessionIcons from '../session-icons.ts';
import { act } from '../intent.ts';
import { canRetry, statusLook, troubleOf } from '../status.ts';
import { shortPath } from '../time.ts';
import { baseStyles, buttonStyles } from '../styles/shared.ts';
import type { TitleEvent } from '../shell/title-editor.ts';
import '../shell/elapsed.ts';
import '../shell/title-editor.ts';
import './back-button.ts';

/**
 * The viewed session's name, where it runs and how it does.
 *
 * @property record - the viewed session
 * @property store - for the count on the back button
 * @property narrow - the list is another screen: there is a way back
 * @fires ap-command - `session.list`, `session.menu`, `session.worktree`
 * @fires ap-intent - rename, stop, retry, connect
 */
@customElement('ap-session-header')
export class ApSessionHeader extends SignalWatcher(LitElement) {
  static override styles = [
    baseStyles,
    buttonStyles,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: var(--ap-space-2);
        min-height: 60px;
        padding: 8px 14px 8px 22px;
        background: var(--ap-bg);
        border-bottom: 1px solid var(--ap-border);
      }
      .words {
        flex: 1;
        min-width: 0;
      }
      .heading {
        display: flex;
        align-items: center;
        gap: 4px;
        min-width: 0;
        height: 24px;
      }
      h1 {
        font-size: 1rem;
        font-weight: 650;
        line-height: 24px;
        letter-spacing: -0.008em;
        cursor: text;
      }
      .heading .icon-button {
        width: 24px;
        height: 24px;
        min-width: 0;
        min-height: 0;
        opacity: 0;
      }
      .heading:hover .icon-button,
      .heading .icon-button:focus-visible {
        opacity: 1;
      }
      ap-title-editor {
        flex: 0 1 28rem;
        margin-left: -7px;
      }
      .facts {
        display: flex;
        align-items: center;
        gap: 0 7px;
        min-width: 0;
        height: 20px;
        font-size: 0.78125rem;
        line-height: 20px;
        color: var(--ap-text-muted);
        white-space: nowrap;
      }
      .facts > * + *::before {
        content: '·';
        margin-right: 7px;
        color: var(--ap-text-faint);
      }
      .status {
        display: inline-flex;
        flex: 0 0 auto;
        align-items: center;
        gap: 5px;
        font-weight: 550;
      }
      .status.connected {
        color: var(--ap-green);
      }
      .status.streaming {
        color: var(--ap-blue);
      }
      .status.waiting,
      .status.connecting,
      .status.reconnecting {
        color: var(--ap-amber);
      }
      .status.error {
        color: var(--ap-red);
      }
      .agent {
        flex: 0 1 auto;
      }
      .cwd {
        flex: 0 1 auto;
        color: var(--ap-text-muted);
      }
      .endpoint {
        flex: 0 1 auto;
        max-width: 18rem;
      }
      .now {
        flex: none;
      }
      .tools {
        display: flex;
        flex: none;
        align-items: center;
        gap: 4px;
      }
      .tools ap-elapsed {
        margin-right: 2px;
        font-size: var(--ap-size-s);
        color: var(--ap-blue);
      }
      .stop {
        color: var(--ap-red);
        gap: 4px;
      }
      .tools .paused {
        color: var(--ap-text-faint);
      }
      @media (max-width: 719px) {
        :host {
          gap: 2px;
          padding: max(6px, env(safe-area-inset-top)) 4px 6px 2px;
        }
        .heading .icon-button {
          display: none;
        }
      }
      @media (max-width: 559px) {
        .cwd {
          display: none;
        }
        /* The note above the composer has the same button, and more room. */
        .now {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) record!: SessionRecord;
  @property({ attribute: false }) store!: Store;
  @property({ attribute: false }) narrow = false;
  @state() private renaming: SessionRecord | undefined;

  /** Edits the title in place. */
  rename(): void {
    this.renaming = this.record;
  }

  override render() {
    const { record } = this;
    const title = record.title.value;
    return html`
      ${this.narrow ? html`<ap-back-button .store=${this.store}></ap-back-button>` : nothing}
      <div class="words">
        <div class="heading">
          ${
            this.renaming === record
              ? html`<ap-title-editor .value=${title} @ap-title=${this.#renamed}></ap-title-editor>`
              : html`<h1 class="truncate" title=${title} @dblclick=${this.rename}>${title}</h1>
                  <button
                    class="icon-button"
                    aria-label="Rename session"
                    title="Rename"
                    @click=${this.rename}
                  >
                    ${icons.pencil}
                  </button>`
          }
        </div>
        ${this.#facts()}
      </div>
      <div class="tools">
        ${this.#running()}
        <button
          class="icon-button menu"
          aria-label="Session menu"
          aria-haspopup="menu"
          @click=${this.#menu}
        >
          ${sessionIcons.more}
        </button>
      </div>
    `;
  }

  #facts() {
    const { record } = this;
    const look = statusLook(record);
    // Green is for nothing to do.
    const kind = look.kind === 'connected' && isBusy(record) ? 'waiting' : look.kind;
    const { agentTitle, cwd, worktree } = record.summary.value;
    const endpoint = endpointOf(this.store, record);
    return html`<div class="facts">
      <span class="status ${kind}" title=${troubleOf(record) ?? look.word}>
        ${look.glyph}<span>${look.word}</span>
      </span>
      ${this.#remedy()}
      ${
        agentTitle && agentTitle !== endpoint?.name
          ? html`<span class="agent truncate">${agentTitle}</span>`
          : nothing
      }
      ${
        endpoint
          ? html`<span class="endpoint truncate" title=${whereWords(endpoint)}
              ><span class="vh">Endpoint: </span>${endpoint.name}</span
            >`
          : nothing
      }
      ${
        worktree
          ? html`<button
              class="cwd truncate link-button"
              title="Git worktree"
              @click=${() => this.#command('session.worktree')}
            >
              ${worktree.branch}
            </button>`
          : nothing
      }
      ${
        cwd && !worktree
          ? html`<span class="cwd truncate mono" title=${cwd}>${shortPath(cwd, 3)}</span>`
          : nothing
      }
    </div>`;
  }

  #remedy() {
    const { record } = this;
    const status = displayStatus(record);
    const { id } = record;
    if (status === 'reconnecting') {
      const retry = () => act(this, (actions) => actions.retryNow(id));
      return html`<span class="now"
        ><button class="link-button" @click=${retry}>Retry now</button></span
      >`;
    }
    if (status === 'disconnected' || record.connection.value.status === 'error') {
      const connect = () => act(this, (actions) => actions.connect(id));
      return html`<span class="now"
        ><button class="link-button" @click=${connect}>
          ${canRetry(record) ? 'Retry' : 'Connect'}
        </button></span
      >`;
    }
    return nothing;
  }

  #running() {
    const { record } = this;
    if (!isBusy(record)) return nothing;
    const { startedAt } = record.turn.value;
    // Behind a broken connection nobody can tell how it goes on.
    const paused = record.connection.value.status !== 'connected';
    return html`
      ${
        startedAt === undefined
          ? nothing
          : html`<ap-elapsed
              class=${paused ? 'paused' : ''}
              title=${paused ? 'Running time when the connection was lost' : 'Running time'}
              .since=${startedAt}
              .paused=${paused}
            ></ap-elapsed>`
      }
      ${
        can(record, 'cancel')
          ? html`<button
              class="icon-button stop ${paused ? 'paused' : ''}"
              aria-label="Cancel turn"
              title=${paused ? 'Stops when it is connected again' : "Stop this session's turn"}
              @click=${this.#stop}
            >
              ${sessionIcons.stop}
            </button>`
          : nothing
      }
    `;
  }

  #menu = (event: Event): void => {
    this.#command('session.menu', event.currentTarget as HTMLElement);
  };

  #stop = (): void => {
    act(this, (actions) => actions.cancelTurn(this.record.id));
  };

  #renamed = (event: TitleEvent): void => {
    const { title } = event;
    const record = this.renaming;
    this.renaming = undefined;
    if (record && title !== undefined) {
      act(this, (actions) => actions.renameSession(record.id, title));
    }
  };

  #command(command: UiCommand, from?: HTMLElement): void {
    this.dispatchEvent(new CommandEvent(command, this.record.id, from));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-session-header': ApSessionHeader;
  }
}
