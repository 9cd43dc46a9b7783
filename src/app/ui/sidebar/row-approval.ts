import { SignalWatcher } from '@lit-labs/preact-signals';
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ApprovalItem } from '../../../core/session/transcript.ts';
import { oneLine } from '../../../core/text/sanitise.ts';
import type { SessionRecord } from '../../store/types.ts';
import { CommandEvent } from '../command-event.ts';
import { act } from '../intent.ts';
import { baseStyles, buttonStyles } from '../styles/shared.ts';

/** What the agent wants to do, as text: a command if the tool has one, else where it works. */
export function subjectOf(approval: ApprovalItem): string | undefined {
  const { rawInput, locations } = approval.tool;
  if (typeof rawInput === 'object' && rawInput !== null) {
    const { command } = rawInput as { command?: unknown };
    if (typeof command === 'string') return command;
    if (Array.isArray(command)) return command.map(String).join(' ');
  }
  return locations?.map((location) => location.path).join(', ') || undefined;
}

/**
 * The oldest permission request of a session, answered without entering it. The answer goes to the
 * session that asked (R55) and is shown as sent only once the gateway settled it (R56).
 *
 * @property record - the session that asks
 * @fires ap-intent - an answer
 * @fires ap-command - `session.open`
 */
@customElement('ap-row-approval')
export class ApRowApproval extends SignalWatcher(LitElement) {
  static override styles = [
    baseStyles,
    buttonStyles,
    css`
      :host {
        display: block;
      }
      .card {
        display: grid;
        gap: 7px;
        padding: 8px 8px 8px 10px;
        background: var(--ap-bg-raised);
        border: 1px solid color-mix(in srgb, var(--ap-amber) 38%, var(--ap-border));
        border-radius: var(--ap-radius-m);
      }
      .what {
        display: flex;
        gap: 10px;
        align-items: baseline;
        font-size: var(--ap-size-s);
        line-height: 1.35;
        overflow-wrap: anywhere;
      }
      code {
        display: -webkit-box;
        max-height: 3.1em;
        overflow: hidden;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 2;
        font-family: var(--ap-mono);
        font-size: 0.75rem;
        line-height: 1.5;
        color: var(--ap-text-muted);
        overflow-wrap: anywhere;
      }
      .options {
        display: flex;
        flex-wrap: wrap;
        gap: 5px;
      }
      .options .button {
        padding: 0 7px;
      }
      .what p {
        flex: 1;
        min-width: 0;
        font-weight: 550;
      }
      .link-button {
        flex: none;
        font-size: 0.75rem;
      }
      .problem {
        font-size: 0.75rem;
        color: var(--ap-red);
      }
    `,
  ];

  @property({ attribute: false }) record!: SessionRecord;

  override render() {
    const { record } = this;
    void record.structure.value;
    void record.touched.value;
    const transcript = record.transcript();
    const [requestId] = transcript.pending;
    const approval = requestId === undefined ? undefined : transcript.approvals.get(requestId);
    if (!approval) return nothing;
    const answer = record.answers.value.get(approval.requestId);
    const more = transcript.pending.size - 1;
    const subject = subjectOf(approval);
    const title = oneLine(approval.tool.title ?? 'Asks for your permission', 160);
    return html`<div
      class="card"
      role="group"
      aria-label=${`Permission request: ${title}`}
      data-request-id=${approval.requestId}
    >
      <div class="what">
        <p>${title}</p>
        <button class="link-button" @click=${this.#open}>
          ${more > 0 ? `Open (+${more})` : 'Open'}
        </button>
      </div>
      ${
        subject && subject !== approval.tool.title
          ? html`<code title=${subject}>${oneLine(subject, 400)}</code>`
          : nothing
      }
      ${
        answer?.state === 'failed'
          ? html`<p class="problem" role="alert">${answer.error.message}</p>`
          : nothing
      }
      <div class="options">
        ${approval.options.map(
          (option) =>
            html`<button
              class="button small ${option.kind.startsWith('allow') ? '' : 'danger'}"
              ?disabled=${answer?.state === 'sending'}
              @click=${() => this.#answer(approval, option.optionId)}
            >
              ${oneLine(option.name, 60)}
            </button>`,
        )}
      </div>
    </div>`;
  }

  #answer(approval: ApprovalItem, optionId: string): void {
    act(this, (actions) => actions.answer(this.record.id, approval.requestId, optionId));
  }

  #open = (): void => {
    this.dispatchEvent(new CommandEvent('session.open', this.record.id));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-row-approval': ApRowApproval;
  }
}
