import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { toErrorInfo } from '../../../core/errors.ts';
import type { AgentAbilities, NewSessionRequest } from '../../../core/wire/rest.ts';
import type { EndpointId } from '../../store/endpoint-types.ts';
import { recall, remember } from '../controllers/remembered.ts';
import * as icons from '../icons.ts';
import { act } from '../intent.ts';
import './sign-out.ts';
import { baseStyles, buttonStyles, fieldStyles } from '../styles/shared.ts';
import type { DirectoryEvent } from './directory-field.ts';
import './directory-field.ts';
import { EMPTY_SERVER, mcpServer, problemOf, withoutValues, type McpDraft } from './mcp-server.ts';
import type { McpEvent } from './mcp-server-field.ts';
import './mcp-server-field.ts';

/** What the gateway takes of each. */
const MAX = 32;

export type SessionExtras = Pick<NewSessionRequest, 'mcpServers' | 'additionalDirectories'>;

interface Remembered {
  servers: McpDraft[];
  directories: string[];
}

/** Where an agent's are remembered; the main gateway's and others' agents may have the same name. */
export const extrasKey = (agent: string, endpoint: EndpointId | undefined): string =>
  `extras:${endpoint ?? ''}:${agent}`;

/**
 * What a session may be given beside its directory: MCP servers, as far as the agent takes them, and more
 * directories. What they are is remembered for the agent if the reader wants; the values of variables and headers
 * never are.
 *
 * @property agent - its name
 * @property agentTitle - what it is called
 * @property endpoint - the gateway; the main one unless given
 * @fires ap-intent - asks what the agent takes, and for directories
 */
@customElement('ap-session-extras')
export class ApSessionExtras extends LitElement {
  static override styles = [
    baseStyles,
    buttonStyles,
    fieldStyles,
    css`
      :host {
        display: grid;
        gap: var(--ap-space-4);
        padding: 8px 0 0 4px;
      }
      section {
        display: grid;
        gap: 8px;
        min-width: 0;
        padding: 0;
        margin: 0;
        border: 0;
      }
      h3 {
        margin: 0;
        font-size: var(--ap-size-s);
        font-weight: 600;
      }
      ul {
        display: grid;
        gap: 4px;
        padding: 0;
        margin: 0;
        list-style: none;
      }
      li {
        display: flex;
        gap: 6px;
        align-items: center;
        font-family: var(--ap-mono);
        font-size: 0.78125rem;
      }
      li span {
        flex: 1;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .remember {
        display: flex;
        gap: 8px;
        align-items: center;
        min-height: 24px;
        font-size: var(--ap-size-s);
      }
      .button {
        justify-self: start;
      }
    `,
  ];

  @property({ attribute: false }) agent = '';
  @property({ attribute: false }) agentTitle = '';
  @property({ attribute: false }) endpoint: EndpointId | undefined;
  @state() private servers: readonly McpDraft[] = [];
  @state() private directories: readonly string[] = [];
  @state() private path = '';
  @state() private kept = false;
  @state() private abilities: AgentAbilities | undefined;
  /** Why it is not known what the agent takes. */
  @state() private unknown = '';
  @state() private problem = '';
  @state() private pathProblem = '';

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('agent') || changed.has('endpoint')) this.#begin();
  }

  /**
   * What is to be given; undefined, with the problem shown, if something is wrong with it. Remembers it, or forgets it,
   * as the reader wants.
   */
  async take(): Promise<SessionExtras | undefined> {
    if (this.path.trim() !== '' && !(await this.#add())) return undefined;
    const { servers, directories } = this;
    for (const server of servers) {
      const others = servers.filter((other) => other !== server);
      const problem = problemOf(server, others);
      if (problem === undefined) continue;
      this.problem = problem;
      await this.updateComplete;
      this.renderRoot.querySelector<HTMLElement>('.problem')?.scrollIntoView({ block: 'nearest' });
      return undefined;
    }
    this.problem = '';
    const kept: Remembered = {
      servers: servers.map(withoutValues),
      directories: [...directories],
    };
    const some = servers.length + directories.length > 0;
    remember(extrasKey(this.agent, this.endpoint), this.kept && some ? kept : undefined);
    return {
      ...(servers.length > 0 && { mcpServers: servers.map(mcpServer) }),
      ...(directories.length > 0 && { additionalDirectories: [...directories] }),
    };
  }

  /** Another agent: what is remembered for it, and what it takes. */
  #begin(): void {
    const key = extrasKey(this.agent, this.endpoint);
    const kept = recall<Partial<Remembered> | undefined>(key, undefined);
    this.servers = (kept?.servers ?? []).map((server) => ({ ...EMPTY_SERVER, ...server }));
    this.directories = kept?.directories ?? [];
    this.kept = kept !== undefined;
    this.path = '';
    this.problem = '';
    this.pathProblem = '';
    void this.#learn();
  }

  async #learn(): Promise<void> {
    const { agent, endpoint } = this;
    this.abilities = undefined;
    this.unknown = '';
    if (agent === '') return;
    // In the breath after: a request may not be asked for while it is being drawn.
    await Promise.resolve();
    try {
      const gateway = await act(this, (actions) => actions.atGateway());
      const abilities = await gateway.agentAbilities(agent, endpoint);
      if (this.agent === agent && this.endpoint === endpoint) this.abilities = abilities;
    } catch (error) {
      if (this.agent === agent && this.endpoint === endpoint) {
        this.unknown = toErrorInfo(error).message;
      }
    }
  }

  override render() {
    const { servers, problem, abilities } = this;
    return html`<section aria-labelledby="mcp">
        <h3 id="mcp">MCP servers</h3>
        <p class="hint" role="status">${this.#takes()}</p>
        ${servers.map(
          (server, index) =>
            html`<ap-mcp-server
              .server=${server}
              .number=${index + 1}
              .takes=${abilities?.mcp}
              @ap-mcp=${({ server: next }: McpEvent) => this.#write(index, next)}
            ></ap-mcp-server>`,
        )}
        ${problem ? html`<p class="problem" role="alert">${problem}</p>` : nothing}
        ${
          servers.length < MAX
            ? html`<button type="button" class="button" @click=${this.#addServer}>
                ${icons.plus} Add an MCP server
              </button>`
            : nothing
        }
      </section>
      ${this.#directoriesPart()}
      ${
        abilities?.logout
          ? html`<ap-sign-out
              .agent=${this.agent}
              .agentTitle=${this.agentTitle}
              .endpoint=${this.endpoint}
            ></ap-sign-out>`
          : nothing
      }
      <label class="remember">
        <input
          type="checkbox"
          .checked=${this.kept}
          @change=${(event: Event) => (this.kept = (event.target as HTMLInputElement).checked)}
        />
        Remember this for ${this.agentTitle}, without the values of variables and headers
      </label>`;
  }

  #takes(): string {
    const { abilities, unknown, agentTitle } = this;
    if (unknown) return `It could not be found out what ${agentTitle} takes: ${unknown}`;
    if (!abilities) return `Asking ${agentTitle} what it takes…`;
    const kinds = (['http', 'sse'] as const).filter((kind) => abilities.mcp[kind]);
    return kinds.length === 0
      ? `${agentTitle} takes servers that it starts by itself.`
      : `${agentTitle} takes servers that it starts by itself, and by ${kinds.join(' and ')}.`;
  }

  #directoriesPart() {
    const { abilities, directories, agentTitle } = this;
    const refuses = abilities?.additionalDirectories === false;
    return html`<section aria-labelledby="more-directories">
      <h3 id="more-directories">Additional directories</h3>
      ${
        directories.length > 0
          ? html`<ul>
              ${directories.map(
                (path) =>
                  html`<li>
                    <span>${path}</span>
                    <button
                      type="button"
                      class="icon-button"
                      aria-label=${`Remove ${path}`}
                      @click=${() => (this.directories = directories.filter((each) => each !== path))}
                    >
                      ${icons.close}
                    </button>
                  </li>`,
              )}
            </ul>`
          : nothing
      }
      ${
        refuses
          ? html`<p class="hint">
              ${agentTitle} takes no more directories than the one that it works in.
            </p>`
          : directories.length < MAX
            ? html`<ap-directory-field
                  .label=${'Another directory'}
                  .value=${this.path}
                  .endpoint=${this.endpoint}
                  .problem=${this.pathProblem}
                  @ap-directory=${(event: DirectoryEvent) => {
                    this.path = event.path;
                    this.pathProblem = '';
                  }}
                ></ap-directory-field>
                <button
                  type="button"
                  class="button"
                  ?disabled=${this.path.trim() === ''}
                  @click=${this.#add}
                >
                  ${icons.plus} Add this directory
                </button>`
            : nothing
      }
    </section>`;
  }

  /** @param next undefined removes it. */
  #write(index: number, next: McpDraft | undefined): void {
    this.servers = next ? this.servers.with(index, next) : this.servers.toSpliced(index, 1);
    this.problem = '';
  }

  #addServer = (): void => {
    this.servers = [...this.servers, EMPTY_SERVER];
    void this.updateComplete.then(() =>
      [...this.renderRoot.querySelectorAll('ap-mcp-server')].at(-1)?.focus(),
    );
  };

  /** Adds what is typed, as the gateway knows it. @returns false, with the problem shown, if it may not be one. */
  #add = async (): Promise<boolean> => {
    const path = this.path.trim();
    try {
      const found = await act(this, (actions) => actions.directories(path, this.endpoint));
      this.directories = [...new Set([...this.directories, found.path])];
      this.path = '';
      return true;
    } catch (error) {
      this.pathProblem = toErrorInfo(error).message;
      return false;
    }
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-session-extras': ApSessionExtras;
  }
}
