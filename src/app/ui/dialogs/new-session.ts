import { html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { SESSION_FIELDS, type SessionField } from '../../../core/endpoint/session-fields.ts';
import { toErrorInfo, type ErrorInfo } from '../../../core/errors.ts';
import type { AgentsResponse } from '../../../core/wire/rest.ts';
import type { EndpointId, EndpointView, NewSessionAt } from '../../store/endpoint-types.ts';
import { CommandEvent } from '../command-event.ts';
import { recall, remember } from '../controllers/remembered.ts';
import { PROTOCOL_NAME } from '../endpoint.ts';
import { endpointStyles } from '../endpoints/endpoint.styles.ts';
import { chevron } from '../more-icons.ts';
import { act } from '../intent.ts';
import { segmentStyles } from '../styles/segments.ts';
import { shortPath } from '../time.ts';
import type { AgentEvent, ApAgentField } from './agent-field.ts';
import './agent-field.ts';
import { ApDialog } from './dialog.ts';
import type { ApDirectoryField, DirectoryEvent } from './directory-field.ts';
import './directory-field.ts';
import type { SessionExtras } from './session-extras.ts';
import { newSessionStyles } from './new-session.styles.ts';
import type { ListedSession, RemoteEvent } from './remote-sessions.ts';
import type { WorktreeEvent } from '../worktree/worktree-field.ts';
import '../worktree/worktree-field.ts';

const RECENT = 6;

type Place = 'agent' | 'cwd' | 'form';

/** Which field an error of `createSession` is about. */
function placeOf(code: string): Place {
  if (/agent/.test(code)) return 'agent';
  return /cwd|director/.test(code) ? 'cwd' : 'form';
}

/** Fields that are one line of text, and what is said of them. */
const LINES: Readonly<Record<SessionField, { label: string; about: string }>> = {
  agent: { label: 'Agent', about: 'By the name that the server knows it by.' },
  cwd: { label: 'Directory', about: 'On the server’s machine, from the root.' },
  title: { label: 'Title', about: '' },
  chat: {
    label: 'Chat',
    about: 'The id of one that exists on the server already; else a new one.',
  },
  world: { label: 'World', about: 'The id of the world whose chats these are.' },
  identity: { label: 'Identity', about: 'What the greeting says of you.' },
};

/**
 * Starts a session at an endpoint, with what its protocol asks for, or takes up one that the server has already. A
 * refusal is shown beside the field that it is about, and nothing that was entered is lost.
 *
 * @fires ap-intent - listings, the new session
 * @fires ap-command - `session.open`, once it is there
 */
@customElement('ap-new-session')
export class ApNewSession extends ApDialog {
  static override styles = [...ApDialog.styles, endpointStyles, segmentStyles, newSessionStyles];

  protected readonly heading = 'New session';
  @state() private at = recall('endpoint', '');
  @state() private agent = recall('agent', '');
  /** The chosen gateway's agents, when it is not the main one. */
  @state() private others: AgentsResponse | undefined;
  /** What was entered, by field; empty for what was not. */
  @state() private entered: Partial<Record<SessionField, string>> = { cwd: recall('cwd', '') };
  /** An existing one is taken up instead. */
  @state() private existing = false;
  @state() private remote: ListedSession | undefined;
  private worktree = false;
  /** “More” was opened. */
  @state() private unfolded = false;
  @state() private starting = false;
  @state() private failure: (ErrorInfo & { place: Place }) | undefined;

  override firstUpdated(): void {
    super.firstUpdated();
    const first = this.renderRoot.querySelector<ApAgentField>('ap-agent-field');
    void first?.updateComplete.then(() => first.focus());
    void this.#refresh();
  }

  async #refresh(): Promise<void> {
    const endpoint = this.#endpoint();
    this.others = undefined;
    if (!isGateway(endpoint)) return;
    try {
      if (this.#isMain(endpoint)) return await act(this, (actions) => actions.refreshAgents());
      const found = await act(this, (actions) => actions.agentsAt(endpoint!.id));
      if (this.#endpoint()?.id === endpoint!.id) this.others = found;
    } catch (error) {
      if (this.#endpoint()?.id !== endpoint?.id) return;
      // With a list from before there is still something to choose from.
      if (!this.#agentList()) this.#fail(error, 'agent');
    }
  }

  #agentList(): AgentsResponse | undefined {
    return this.#isMain(this.#endpoint()) ? this.store.agents.value : this.others;
  }

  /** Undefined before the page knows any: then it is the main gateway's affair. */
  #endpoint(): EndpointView | undefined {
    const endpoints = this.store.endpoints.value;
    const main = endpoints.find((each) => this.#isMain(each));
    return endpoints.find(({ id }) => id === this.at) ?? main ?? endpoints[0];
  }

  /** Its agents are in the store. */
  #isMain(endpoint: EndpointView | undefined): boolean {
    if (!endpoint) return true;
    return isGateway(endpoint) && endpoint.url === this.store.endpoint.value.url;
  }

  protected override body() {
    const endpoint = this.#endpoint();
    const existing = this.#existing(endpoint);
    return html`<form id="form" @submit=${this.#submit}>
      <div class="body stack">
        ${this.#where(endpoint)} ${takesUp(endpoint) ? this.#modes(existing) : nothing}
        ${existing ? this.#remote(endpoint!) : this.#fields(endpoint)}
      </div>
      <div class="foot">
        ${this.#problem('form')}
        <button type="button" class="button quiet" @click=${this.hide}>Cancel</button>
        <button class="button primary" ?disabled=${this.starting || (existing && !this.remote)}>
          ${this.starting ? 'Starting…' : this.remote?.here ? 'Show it' : existing ? 'Take it up' : 'Start session'}
        </button>
      </div>
    </form>`;
  }

  /** Only a question where there is a choice. */
  #where(chosen: EndpointView | undefined) {
    const endpoints = this.store.endpoints.value;
    if (endpoints.length < 2) return nothing;
    return html`<div class="field">
      <label class="label" for="endpoint">Endpoint</label>
      <select id="endpoint" class="input" @change=${this.#moved}>
        ${endpoints.map(
          (endpoint) =>
            html`<option value=${endpoint.id} ?selected=${endpoint === chosen}>
              ${endpoint.name} ·
              ${PROTOCOL_NAME[endpoint.protocol]}${endpoint.locked ? ' (locked)' : ''}
            </option>`,
        )}
      </select>
    </div>`;
  }

  #modes(existing: boolean) {
    const mode = (value: boolean, label: string) =>
      html`<label>
        <input
          type="radio"
          name="mode"
          .checked=${existing === value}
          @change=${() => {
            if (value) void import('./remote-sessions.ts').catch(() => {});
            this.existing = value;
            this.remote = undefined;
            this.failure = undefined;
          }}
        />
        <span>${label}</span>
      </label>`;
    return html`<div class="segments" role="radiogroup" aria-label="What to do">
      ${mode(false, 'Start a new one')} ${mode(true, 'Take up an existing one')}
    </div>`;
  }

  #existing(endpoint: EndpointView | undefined): boolean {
    return this.existing && takesUp(endpoint);
  }

  /** A gateway's sessions are all here; what its agents keep by themselves is not. */
  #remote(endpoint: EndpointView) {
    const agents = isGateway(endpoint);
    return html`${agents ? this.#agents() : nothing}
      <ap-remote-sessions
        .endpoint=${agents ? this.#otherGateway(endpoint) : endpoint.id}
        .agent=${agents ? (this.#chosenAgent() ?? '') : undefined}
        .agentTitle=${this.#agentTitle()}
        @ap-remote=${(event: RemoteEvent) => (this.remote = event.session)}
      ></ap-remote-sessions>
      ${this.#problem('cwd')}`;
  }

  #otherGateway(endpoint: EndpointView | undefined): EndpointId | undefined {
    return this.#isMain(endpoint) ? undefined : endpoint!.id;
  }

  #agentTitle(): string {
    const name = this.#chosenAgent();
    return this.#agentList()?.agents.find((agent) => agent.name === name)?.title ?? '';
  }

  /** Folded; what is in it is fetched, and the agent asked, when it is unfolded: by the reader, or for what is remembered. */
  #more(endpoint: EndpointView | undefined) {
    const agent = this.#chosenAgent();
    if (agent === undefined) return nothing;
    const at = this.#otherGateway(endpoint);
    const kept = recall<unknown>(`extras:${at ?? ''}:${agent}`, undefined) !== undefined;
    const shown = kept || this.unfolded;
    if (shown) void import('./session-extras.ts').catch(() => {});
    return html`<details
      class="more"
      ?open=${kept}
      @toggle=${(event: Event) => (this.unfolded ||= (event.target as HTMLDetailsElement).open)}
    >
      <summary>
        ${chevron} More <span class="optional">MCP servers, additional directories</span>
      </summary>
      ${
        shown
          ? html`<ap-session-extras
              .agent=${agent}
              .agentTitle=${this.#agentTitle()}
              .endpoint=${at}
            ></ap-session-extras>`
          : nothing
      }
    </details>`;
  }

  /** What stands under “More”; undefined where something is wrong with it. */
  async #extras(): Promise<SessionExtras | undefined> {
    const extras = this.renderRoot.querySelector('ap-session-extras');
    if (!extras) return {};
    await import('./session-extras.ts');
    return extras.take();
  }

  #fields(endpoint: EndpointView | undefined) {
    const { required, optional } = SESSION_FIELDS[endpoint?.protocol ?? 'aperture'];
    const lists = isGateway(endpoint);
    const fields = [...required, ...optional].map((field) => {
      if (lists && field === 'agent') return this.#agents();
      if (lists && field === 'cwd') return [this.#directory(endpoint), this.#worktree(endpoint)];
      return this.#line(field, required.includes(field), endpoint);
    });
    return lists ? [...fields, this.#more(endpoint)] : fields;
  }

  #agents() {
    return html`<ap-agent-field
      .response=${this.#agentList()}
      .chosen=${this.#chosenAgent()}
      .endpoint=${this.#otherGateway(this.#endpoint())}
      .problem=${this.failure?.place === 'agent' ? this.failure.message : ''}
      @ap-agent=${(event: AgentEvent) => {
        this.agent = event.agent;
        this.#forgive('agent');
      }}
    ></ap-agent-field>`;
  }

  #directory(endpoint: EndpointView | undefined) {
    const cwd = this.entered.cwd || (this.#agentList()?.defaultCwd ?? '');
    return html`<div class="field">
      <ap-directory-field
        .value=${cwd}
        .endpoint=${this.#isMain(endpoint) ? undefined : endpoint!.id}
        .problem=${this.failure?.place === 'cwd' ? this.failure.message : ''}
        @ap-directory=${(event: DirectoryEvent) => this.#enter('cwd', event.path)}
      ></ap-directory-field>
      ${this.#recent(cwd)}
    </div>`;
  }

  #worktree(endpoint: EndpointView | undefined) {
    return html`<ap-worktree-field
      .cwd=${this.#value('cwd')}
      .endpoint=${this.#isMain(endpoint) ? undefined : endpoint!.id}
      @ap-worktree-wanted=${(event: WorktreeEvent) => (this.worktree = event.wanted)}
    ></ap-worktree-field>`;
  }

  #line(field: SessionField, required: boolean, endpoint: EndpointView | undefined) {
    const { label, about } = LINES[field];
    return html`<div class="field">
      <label class="label" for=${field}
        >${label}
        ${required ? nothing : html`<span class="optional" aria-hidden="true">optional</span>`}</label
      >
      <input
        id=${field}
        class="input"
        aria-label=${label}
        aria-describedby=${about ? `${field}-about` : nothing}
        maxlength=${field === 'title' ? 200 : 1000}
        autocomplete="off"
        autocapitalize=${field === 'title' ? nothing : 'off'}
        spellcheck=${field === 'title' ? nothing : 'false'}
        placeholder=${field === 'title' ? 'Named after its first message otherwise' : nothing}
        ?required=${required}
        .value=${this.entered[field] ?? ''}
        @input=${(event: Event) => this.#enter(field, (event.target as HTMLInputElement).value)}
      />
      ${about ? html`<span class="hint" id=${`${field}-about`}>${about}</span>` : nothing}
      ${field === 'agent' || field === 'cwd' ? this.#problem(field) : nothing}
      ${field === 'cwd' && endpoint ? this.#recent(this.entered.cwd ?? '') : nothing}
    </div>`;
  }

  #recent(cwd: string) {
    const at = this.#endpoint();
    const several = this.store.endpoints.value.length > 1;
    const used = this.store.sessions.value
      .filter((record) => !several || record.endpoint.value === at?.id)
      .map(({ summary: { value } }) => value.worktree?.from ?? value.cwd);
    const known = this.#isMain(at) ? recall<string[]>('recent', []) : [];
    const recent = [...new Set([...known, ...used])]
      .filter((path) => path && path !== cwd)
      .slice(0, RECENT);
    if (recent.length === 0) return nothing;
    return html`<div class="chips" role="group" aria-label="Recent directories">
      ${recent.map(
        (path) =>
          html`<button
            type="button"
            class="chip"
            title=${path}
            @click=${() => this.#enter('cwd', path)}
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

  #chosenAgent(): string | undefined {
    const ready = (this.#agentList()?.agents ?? []).filter((agent) => agent.available);
    return (ready.find((agent) => agent.name === this.agent) ?? ready[0])?.name;
  }

  #moved = (event: Event): void => {
    this.at = (event.target as HTMLSelectElement).value;
    this.existing = false;
    this.remote = undefined;
    this.failure = undefined;
    // A path of one machine says nothing on another.
    this.entered = {
      ...this.entered,
      cwd: this.#isMain(this.#endpoint()) ? recall('cwd', '') : '',
    };
    void this.#refresh();
  };

  #enter(field: SessionField, value: string): void {
    this.entered = { ...this.entered, [field]: value };
    if (field === 'cwd' || field === 'agent') this.#forgive(field);
  }

  #forgive(place: Place): void {
    if (this.failure?.place === place) this.failure = undefined;
  }

  #fail(error: unknown, where?: Place): Place {
    const info = toErrorInfo(error);
    const place = where ?? placeOf(info.code);
    this.failure = { ...info, place };
    return place;
  }

  /** What is asked for; undefined, with the problem shown, when something is missing. */
  #request(endpoint: EndpointView | undefined): NewSessionAt | undefined {
    const at = this.store.endpoints.value.length > 1 && endpoint ? { endpoint: endpoint.id } : {};
    if (this.#existing(endpoint)) {
      const { remote } = this;
      if (!remote) return undefined;
      const { title, cwd, sessionId: resume } = remote;
      if (resume !== undefined) {
        return { ...at, agent: this.#chosenAgent() ?? '', resume, ...(cwd && { cwd }), title };
      }
      return { ...at, remote: remote.remote, ...(title && { title }), ...(cwd && { cwd }) };
    }
    const chooses = isGateway(endpoint);
    const { required, optional } = SESSION_FIELDS[endpoint?.protocol ?? 'aperture'];
    const request: NewSessionAt = { ...at };
    for (const field of [...required, ...optional]) {
      const value = chooses && field === 'agent' ? (this.#chosenAgent() ?? '') : this.#value(field);
      if (value) request[field] = value;
    }
    if (chooses && this.worktree) request.worktree = true;
    if (chooses && request.agent === undefined) {
      this.#fail(
        new Error('Choose an agent. If none is listed, install one, then open this dialog again.'),
        'agent',
      );
      return undefined;
    }
    return request;
  }

  #value(field: SessionField): string {
    const typed = (this.entered[field] ?? '').trim();
    if (field !== 'cwd') return typed;
    const cwd = typed || (isGateway(this.#endpoint()) ? (this.#agentList()?.defaultCwd ?? '') : '');
    return cwd.length > 1 ? cwd.replace(/\/+$/, '') : cwd;
  }

  #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (this.starting) return;
    const endpoint = this.#endpoint();
    const request = this.#request(endpoint);
    if (!request) return;
    this.failure = undefined;
    this.starting = true;
    try {
      const extras = await this.#extras();
      if (!extras) return;
      Object.assign(request, extras);
      const here = this.#existing(endpoint) ? this.remote?.here : undefined;
      const id = here ?? (await act(this, (actions) => actions.createSession(request)));
      this.#remember(endpoint, request);
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

  #remember(
    endpoint: EndpointView | undefined,
    { agent, cwd, remote, resume }: NewSessionAt,
  ): void {
    if (endpoint) remember('endpoint', endpoint.id);
    if (remote || resume !== undefined || !this.#isMain(endpoint) || !agent || !cwd) return;
    remember('agent', agent);
    remember('cwd', cwd);
    const recent = [...new Set([cwd, ...recall<string[]>('recent', [])])];
    remember('recent', recent.slice(0, RECENT + 2));
  }
}

/** It, or its agents, may have conversations that are not here. */
const takesUp = (endpoint: EndpointView | undefined): boolean =>
  endpoint !== undefined && (endpoint.lists || isGateway(endpoint));

/** Without any endpoint it is the main gateway's affair, which says so. */
const isGateway = (endpoint: EndpointView | undefined): boolean =>
  endpoint === undefined || endpoint.protocol === 'aperture';

declare global {
  interface HTMLElementTagNameMap {
    'ap-new-session': ApNewSession;
  }
}
