import { html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { AgentInfo, AgentsResponse } from '../../../core/wire/rest.ts';
import type { EndpointId } from '../../store/endpoint-types.ts';
import * as more from '../more-icons.ts';
import { baseStyles, buttonStyles, fieldStyles } from '../styles/shared.ts';
import './agent-facts.ts';
import { agentIcon } from './agent-icons.ts';
import { newSessionStyles } from './new-session.styles.ts';

/** The reader chose an agent. */
export class AgentEvent extends Event {
  static readonly type = 'ap-agent';

  constructor(readonly agent: string) {
    super(AgentEvent.type);
  }
}

/**
 * The agents that a gateway can start, as cards, with what should be known of the chosen one; those that it could
 * start if they were installed, folded away.
 *
 * @property response - what the gateway said; undefined while it is asked
 * @property chosen - the name of the chosen one
 * @property endpoint - the gateway; undefined: the main one
 * @property problem - why it was refused, shown below; empty when it was not
 * @fires ap-agent - {@link AgentEvent}
 */
@customElement('ap-agent-field')
export class ApAgentField extends LitElement {
  static override styles = [baseStyles, buttonStyles, fieldStyles, newSessionStyles];

  @property({ attribute: false }) response: AgentsResponse | undefined;
  @property({ attribute: false }) chosen: string | undefined;
  @property({ attribute: false }) endpoint: EndpointId | undefined;
  @property({ attribute: false }) problem = '';
  @state() private copied = '';

  /** Puts the focus on the chosen one. */
  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>(':checked')?.focus();
  }

  override render() {
    const agents = this.response?.agents ?? [];
    const ready = agents.filter((agent) => agent.available);
    const missing = agents.filter((agent) => !agent.available);
    return html`<div class="field">
      <span class="label" id="agent-label">Agent</span>
      ${
        ready.length > 0
          ? html`<div class="cards" role="radiogroup" aria-labelledby="agent-label">
              ${ready.map((agent) => this.#card(agent))}
            </div>`
          : html`<p class="hint" role="status">
              ${
                this.response
                  ? 'The gateway has no agent that it can start.'
                  : 'Asking the gateway…'
              }
            </p>`
      }
      <ap-agent-facts
        .agent=${ready.find(({ name }) => name === this.chosen)}
        .endpoint=${this.endpoint}
      ></ap-agent-facts>
      ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
      ${missing.length > 0 ? this.#missing(missing) : nothing}
    </div>`;
  }

  #card(agent: AgentInfo) {
    return html`<label class="card">
      <input
        type="radio"
        name="agent"
        value=${agent.name}
        .checked=${agent.name === this.chosen}
        @change=${() => this.dispatchEvent(new AgentEvent(agent.name))}
      />
      <span class="tile">${agentIcon(agent)}</span>
      <span class="words">
        <span class="name">${agent.title}</span>
        ${agent.description ? html`<span class="hint">${agent.description}</span>` : nothing}
      </span>
      <span class="dot" aria-hidden="true"></span>
    </label>`;
  }

  #missing(agents: readonly AgentInfo[]) {
    return html`<details>
      <summary>
        ${more.chevron} More agents <span class="optional">${agents.length} not installed</span>
      </summary>
      <ul>
        ${agents.map(
          (agent) =>
            html`<li>
              <span class="tile">${agentIcon(agent)}</span>
              <span class="name">${agent.title}</span>
              ${agent.description ? html`<span class="hint">${agent.description}</span>` : nothing}
              ${agent.needs ? html`<span class="hint">Needs: ${agent.needs}</span>` : nothing}
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
                        ${this.copied === agent.name ? more.check : more.copy}
                      </button>
                    </span>`
                  : nothing
              }
            </li>`,
        )}
      </ul>
    </details>`;
  }

  async #copy(agent: AgentInfo): Promise<void> {
    await navigator.clipboard?.writeText(agent.install ?? '');
    this.copied = agent.name;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-agent-field': ApAgentField;
  }
  interface HTMLElementEventMap {
    'ap-agent': AgentEvent;
  }
}
