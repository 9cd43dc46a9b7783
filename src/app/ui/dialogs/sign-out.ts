import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { toErrorInfo } from '../../../core/errors.ts';
import type { EndpointId } from '../../store/endpoint-types.ts';
import { act } from '../intent.ts';
import { baseStyles, buttonStyles, fieldStyles } from '../styles/shared.ts';

type State = { at: 'ready' | 'asking' | 'done' } | { at: 'failed'; why: string };

/**
 * Signs out of an agent, for those that offer it.
 *
 * @property agent - its name
 * @property agentTitle - what it is called
 * @property endpoint - the gateway; undefined: the main one
 * @fires ap-intent - tells the gateway
 */
@customElement('ap-sign-out')
export class ApSignOut extends LitElement {
  static override styles = [
    baseStyles,
    buttonStyles,
    fieldStyles,
    css`
      :host {
        display: grid;
        gap: 6px;
        justify-items: start;
      }
    `,
  ];

  @property({ attribute: false }) agent = '';
  @property({ attribute: false }) agentTitle = '';
  @property({ attribute: false }) endpoint: EndpointId | undefined;
  @state() private state: State = { at: 'ready' };

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('agent') || changed.has('endpoint')) this.state = { at: 'ready' };
  }

  override render() {
    const { state: now, agentTitle } = this;
    if (now.at === 'done') {
      return html`<p class="hint" role="status">
        You are signed out of ${agentTitle}. Its next session asks you to sign in.
      </p>`;
    }
    return html`<button
        type="button"
        class="button"
        ?disabled=${now.at === 'asking'}
        @click=${this.#signOut}
      >
        ${now.at === 'asking' ? 'Signing out…' : `Sign out of ${agentTitle}`}
      </button>
      ${now.at === 'failed' ? html`<p class="problem" role="alert">${now.why}</p>` : nothing}`;
  }

  #signOut = async (): Promise<void> => {
    const { agent, endpoint } = this;
    const tell = (now: State): void => {
      if (this.agent === agent && this.endpoint === endpoint) this.state = now;
    };
    tell({ at: 'asking' });
    try {
      const gateway = await act(this, (actions) => actions.atGateway());
      await gateway.signOut(agent, endpoint);
      tell({ at: 'done' });
    } catch (error) {
      tell({ at: 'failed', why: toErrorInfo(error).message });
    }
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-sign-out': ApSignOut;
  }
}
