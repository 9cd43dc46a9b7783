import { html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { toErrorInfo, type ErrorInfo } from '../../../core/errors.ts';
import type { AgentInfo } from '../../../core/wire/rest.ts';
import { CommandEvent } from '../command-event.ts';
import { recall, remember } from '../controllers/remembered.ts';
import * as icons from '../icons.ts';
import { act } from '../intent.ts';
import { shortPath } from '../time.ts';
import { ApDialog } from './dialog.ts';
import type { ApDirectoryField, DirectoryEvent } from './directory-field.ts';
import './directory-field.ts';
import { newSessionStyles } from './new-session.styles.ts';

const RECENT = 6;

type Place = 'agent' | 'cwd' | 'form';

/** Which field an error of `createSession` is about. */
function placeOf(code: string): Place {
  if (/agent/.test(code)) return 'agent';
  return /cwd|director/.test(code) ? 'cwd' : 'form';
}

/**
 * Starts a session: agent, directory, title. A refusal is shown beside the field that it is about, and
 * nothing that was entered is lost.
 *
 * @fires ap-intent - listings, the new session
 * @fires ap-command - `session.open`, once it is there
 */
@customElement('ap-new-session')
export class ApNewSession extends ApDialog {
  static override styles = [...ApDialog.styles, newSessionStyles];

  protected readonly heading = 'New session';
  @state() private agent = recall('agent', '');
  @state() private cwd = recall('cwd', '');
  @state() private sessionTitle = '';
  @state() private starting = false;
  @state() private copied = '';
  @state() private failure: (ErrorInfo & { place: Place }) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    void act(this, (actions) => actions.refreshAgents()).catch((error: unknown) => {
      // With a list from before there is still something to choose from.
      if (!this.store.agents.peek()) this.#fail(error, 'agent');
    });
  }

  override firstUpdated(): void {
    super.firstUpdated();
    this.renderRoot.querySelector<HTMLElement>('[name="agent"]:checked')?.focus();
  }

  protected override body() {
    const response = this.store.agents.value;
    const agents = response?.agents ?? [];
    const ready = agents.filter((agent) => agent.available);
    const missing = agents.filter((agent) => !agent.available);
    const chosen = this.#chosen(ready);
    const cwd = this.cwd || (response?.defaultCwd ?? '');
    return html`<form id="form" @submit=${this.#submit}>
      <div class="body stack">
        <div class="field">
          <span class="label" id="agent-label">Agent</span>
          ${
            ready.length > 0
              ? html`<div class="cards" role="radiogroup" aria-labelledby="agent-label">
                  ${ready.map((agent) => this.#card(agent, chosen))}
                </div>`
              : html`<p class="hint" role="status">
                  ${response ? 'The gateway has no agent that it can start.' : 'Asking the gateway…'}
                </p>`
          }
          ${this.#problem('agent')} ${missing.length > 0 ? this.#missing(missing) : nothing}
        </div>
        <div class="field">
          <ap-directory-field
            .value=${cwd}
            .problem=${this.failure?.place === 'cwd' ? this.failure.message : ''}
            @ap-directory=${this.#moved}
          ></ap-directory-field>
          ${this.#recent(cwd)}
        </div>
        <div class="field">
          <label class="label" for="title"
            >Title <span class="optional" aria-hidden="true">optional</span></label
          >
          <input
            id="title"
            class="input"
            aria-label="Title"
            maxlength="200"
            autocomplete="off"
            placeholder="Named after its first message otherwise"
            .value=${this.sessionTitle}
            @input=${(event: Event) => {
              this.sessionTitle = (event.target as HTMLInputElement).value;
            }}
          />
        </div>
      </div>
      <div class="foot">
        ${this.#problem('form')}
        <button type="button" class="button quiet" @click=${this.hide}>Cancel</button>
        <button class="button primary" ?disabled=${this.starting}>
          ${this.starting ? 'Starting…' : 'Start session'}
        </button>
      </div>
    </form>`;
  }

  #card(agent: AgentInfo, chosen: string | undefined) {
    return html`<label class="card">
      <input
        type="radio"
        name="agent"
        value=${agent.name}
        .checked=${agent.name === chosen}
        @change=${() => {
          this.agent = agent.name;
          if (this.failure?.place === 'agent') this.failure = undefined;
        }}
      />
      <span class="dot" aria-hidden="true"></span>
      <span class="words">
        <span class="name">${agent.title}</span>
        ${agent.description ? html`<span class="hint">${agent.description}</span>` : nothing}
      </span>
    </label>`;
  }

  #missing(agents: readonly AgentInfo[]) {
    return html`<details>
      <summary>
        ${icons.chevron} More agents <span class="optional">${agents.length} not installed</span>
      </summary>
      <ul>
        ${agents.map(
          (agent) =>
            html`<li>
              <span class="name">${agent.title}</span>
              ${agent.description ? html`<span class="hint">${agent.description}</span>` : nothing}
              ${
                agent.install
                  ? html`<span class="install">
                      <code>${agent.install}</code>
                      <button
                        type="button"
                        class="icon-button"
                        aria-label=${`Copy how to install ${agent.title}`}
                        @click=${() => this.#copy(agent)}
                      >
                        ${this.copied === agent.name ? icons.check : icons.copy}
                      </button>
                    </span>`
                  : nothing
              }
            </li>`,
        )}
      </ul>
    </details>`;
  }

  #recent(cwd: string) {
    const used = this.store.sessions.value.map((record) => record.summary.value.cwd);
    const recent = [...new Set([...recall<string[]>('recent', []), ...used])]
      .filter((path) => path !== cwd)
      .slice(0, RECENT);
    if (recent.length === 0) return nothing;
    return html`<div class="chips" role="group" aria-label="Recent directories">
      ${recent.map(
        (path) =>
          html`<button
            type="button"
            class="chip"
            title=${path}
            @click=${() => {
              this.cwd = path;
              this.#forgive();
            }}
          >
            ${shortPath(path)}
          </button>`,
      )}
    </div>`;
  }

  #problem(place: Place) {
    return this.failure?.place === place
      ? html`<p class="problem" role="alert">${this.failure.message}</p>`
      : nothing;
  }

  #chosen(ready: readonly AgentInfo[]): string | undefined {
    return (ready.find((agent) => agent.name === this.agent) ?? ready[0])?.name;
  }

  #moved = (event: DirectoryEvent): void => {
    this.cwd = event.path;
    this.#forgive();
  };

  #forgive(): void {
    if (this.failure?.place === 'cwd') this.failure = undefined;
  }

  #fail(error: unknown, where?: Place): Place {
    const info = toErrorInfo(error);
    const place = where ?? placeOf(info.code);
    this.failure = { ...info, place };
    return place;
  }

  async #copy(agent: AgentInfo): Promise<void> {
    await navigator.clipboard?.writeText(agent.install ?? '');
    this.copied = agent.name;
  }

  #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (this.starting) return;
    const response = this.store.agents.peek();
    const agent = this.#chosen((response?.agents ?? []).filter((each) => each.available));
    const typed = this.cwd.trim() || response?.defaultCwd || '';
    const cwd = typed.length > 1 ? typed.replace(/\/+$/, '') : typed;
    if (agent === undefined) {
      this.failure = {
        code: 'no_agent',
        message: 'Choose an agent. If none is listed, install one, then open this dialog again.',
        retryable: false,
        place: 'agent',
      };
      return;
    }
    this.failure = undefined;
    this.starting = true;
    const title = this.sessionTitle.trim();
    try {
      const id = await act(this, (actions) =>
        actions.createSession({ agent, cwd, ...(title && { title }) }),
      );
      remember('agent', agent);
      remember('cwd', cwd);
      remember(
        'recent',
        [...new Set([cwd, ...recall<string[]>('recent', [])])].slice(0, RECENT + 2),
      );
      this.hide();
      this.dispatchEvent(new CommandEvent('session.open', id));
      // Whoever starts a session has something to say.
      this.dispatchEvent(new CommandEvent('session.compose', id));
    } catch (error) {
      const place = this.#fail(error);
      await this.updateComplete;
      if (place === 'cwd') {
        this.renderRoot.querySelector<ApDirectoryField>('ap-directory-field')?.focus();
      }
    } finally {
      this.starting = false;
    }
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-new-session': ApNewSession;
  }
}
