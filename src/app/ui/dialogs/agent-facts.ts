import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { AgentInfo } from '../../../core/wire/rest.ts';
import type { EndpointId } from '../../store/endpoint-types.ts';
import { act } from '../intent.ts';
import { baseStyles } from '../styles/shared.ts';

/**
 * What should be known of an agent before it is started: whose account it uses, what it needs if that is not to be
 * seen, and its version.
 *
 * @property agent - as the gateway listed it
 * @property endpoint - the gateway; undefined: the main one
 * @fires ap-intent - its version is asked for
 */
@customElement('ap-agent-facts')
export class ApAgentFacts extends LitElement {
  static override styles = [
    baseStyles,
    css`
      dl {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 2px 10px;
        margin: 0;
        font-size: var(--ap-size-s);
        line-height: 20px;
      }
      dt {
        color: var(--ap-text-muted);
      }
      dd {
        margin: 0;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) agent: AgentInfo | undefined;
  @property({ attribute: false }) endpoint: EndpointId | undefined;
  @state() private version: string | undefined;

  override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('agent');
    const same = changed.has('agent') ? before?.name === this.agent?.name : true;
    if (same && !changed.has('endpoint')) return;
    this.version = undefined;
    void this.#ask();
  }

  async #ask(): Promise<void> {
    const { agent, endpoint } = this;
    // Only programs whose ways are known say one.
    if (agent?.source !== 'path') return;
    // In the breath after: a request may not be asked for while it is being drawn.
    await Promise.resolve();
    try {
      const gateway = await act(this, (actions) => actions.atGateway());
      const { version } = await gateway.agentVersion(agent.name, endpoint);
      if (this.agent?.name === agent.name && this.endpoint === endpoint) this.version = version;
    } catch {
      // An older gateway has no such answer; nothing depends on it.
    }
  }

  override render() {
    const { agent, version } = this;
    if (!agent?.account && version === undefined) return nothing;
    const { account, needs } = agent ?? {};
    return html`<dl aria-live="polite">
      ${row('Account', account?.text)} ${row('Needs', account?.from === 'unknown' ? needs : '')}
      ${row('Version', version)}
    </dl>`;
  }
}

const row = (name: string, what: string | undefined) =>
  what
    ? html`<dt>${name}</dt>
        <dd>${what}</dd>`
    : nothing;

declare global {
  interface HTMLElementTagNameMap {
    'ap-agent-facts': ApAgentFacts;
  }
}
