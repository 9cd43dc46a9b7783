import { css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { toErrorInfo } from '../../../core/errors.ts';
import { isBusy } from '../../store/selectors.ts';
import type { SessionRecord } from '../../store/types.ts';
import { endpointOf } from '../endpoint.ts';
import { act } from '../intent.ts';
import { ApDialog } from './dialog.ts';

/**
 * Asks before a session is ended: that cannot be taken back.
 *
 * @property record - the session
 * @fires ap-intent - end
 */
@customElement('ap-confirm-end')
export class ApConfirmEnd extends ApDialog {
  static override styles = [
    ...ApDialog.styles,
    css`
      dialog {
        --dialog-width: 27rem;
      }
      p {
        font-size: var(--ap-size-s);
        line-height: var(--ap-line);
        color: var(--ap-text-muted);
        overflow-wrap: anywhere;
      }
      strong {
        color: var(--ap-text);
      }
      .problem {
        margin-top: 10px;
      }
    `,
  ];

  @property({ attribute: false }) record!: SessionRecord;
  @state() private ending = false;
  @state() private failure = '';
  protected readonly heading = 'End this session?';

  protected override body() {
    const { record } = this;
    const endpoint = endpointOf(this.store, record);
    const elsewhere = endpoint !== undefined && endpoint.protocol !== 'aperture';
    return html`<div class="body">
      <p>
        <strong>${record.title.value}</strong> is stopped and its conversation is deleted,
        ${
          elsewhere
            ? html`here. ${endpoint.name} may keep what it has of it.`
            : `here and on the gateway. ${this.#files()}`
        }
        ${isBusy(record) ? 'It is working right now.' : ''}
      </p>
      ${this.failure ? html`<p class="problem" role="alert">${this.failure}</p>` : nothing}
    </div>`;
  }

  #files(): string {
    const { worktree } = this.record.summary.value;
    if (!worktree || worktree.removed) return 'Files in its directory stay as they are.';
    return `Its git worktree is removed if all of it is committed and on another branch too; else it stays, as ${worktree.branch}.`;
  }

  protected override foot() {
    return html`<div class="foot">
      <button class="button quiet" @click=${this.hide}>Keep it</button>
      <button class="button danger" ?disabled=${this.ending} @click=${this.#end}>
        ${this.ending ? 'Ending…' : 'End session'}
      </button>
    </div>`;
  }

  #end = async (): Promise<void> => {
    this.ending = true;
    this.failure = '';
    try {
      await act(this, (actions) => actions.endSession(this.record.id));
      this.hide();
    } catch (error) {
      this.failure = toErrorInfo(error).message;
    } finally {
      this.ending = false;
    }
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-confirm-end': ApConfirmEnd;
  }
}
