import { SignalWatcher } from '@lit-labs/preact-signals';
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ApprovalItem } from '../../../core/session/transcript.ts';
import { oneLine } from '../../../core/text/sanitise.ts';
import type { SessionRecord } from '../../store/types.ts';
import { can } from '../abilities.ts';
import { CommandEvent } from '../command-event.ts';
import {
  commandOf,
  isDestructive,
  revealHidden,
  toolParts,
} from '../conversation/items/content.ts';
import { act } from '../intent.ts';
import { baseStyles, buttonStyles } from '../styles/shared.ts';

/** More than this many characters or lines scroll, and say so. */
const MAX_SHOWN = { characters: 190, lines: 6 };

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
      .card.destructive {
        border-color: color-mix(in srgb, var(--ap-red) 45%, var(--ap-border));
      }
      pre {
        margin: 0;
        padding: 6px 8px;
        max-height: 9.4rem;
        overflow: auto;
        font: 0.75rem/1.5 var(--ap-mono);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
        background: var(--ap-code-bg);
        border: 1px solid var(--ap-border);
        border-radius: var(--ap-radius-s);
        outline-offset: -2px;
      }
      .note {
        font-size: 0.75rem;
        line-height: 1.4;
        color: var(--ap-text-muted);
      }
      .options {
        display: flex;
        flex-wrap: wrap;
        gap: 5px;
      }
      .options .button {
        padding: 4px 7px;
        text-align: left;
        overflow-wrap: anywhere;
      }
      .what p {
        flex: 1;
        min-width: 0;
        max-height: 8.1em;
        overflow: auto;
        font-weight: 550;
        white-space: pre-wrap;
      }
      .destructive .what p.warning {
        color: var(--ap-red);
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
    if (approval.ask) return this.#question(approval, transcript.pending.size - 1);
    const answer = record.answers.value.get(approval.requestId);
    const more = transcript.pending.size - 1;
    const { tool } = approval;
    const command = commandOf(tool);
    // Many agents make the command the title.
    const title = tool.title?.replaceAll('`', '') === command ? undefined : tool.title;
    const text = command ?? tool.locations?.map(({ path }) => path).join('\n');
    const parts = toolParts(tool).filter((part) => part.type !== 'terminal');
    // The same rule as in the conversation: what cannot be read can only be denied.
    const readable =
      (title ?? text ?? tool.rawInput) !== undefined &&
      parts.every((part) => part.type === 'text' || part.type === 'diff');
    const destructive = isDestructive(tool);
    const heading = title ?? (destructive ? 'Run a destructive command?' : 'Run this command?');
    return html`<div
      class="card ${destructive ? 'destructive' : ''}"
      role="group"
      aria-label=${`Permission request: ${oneLine(title ?? text ?? heading, 160)}`}
      data-request-id=${approval.requestId}
    >
      <div class="what">
        <p class=${destructive ? 'warning' : ''}>${revealHidden(heading)}</p>
        <button class="link-button" @click=${this.#open}>
          ${more > 0 ? `Open (+${more})` : 'Open'}
        </button>
      </div>
      ${text && text !== title ? this.#whole(text) : nothing}
      ${
        readable
          ? parts.length > 0 || (text === undefined && tool.rawInput !== undefined)
            ? html`<p class="note">There is more to it: open it to read all.</p>`
            : nothing
          : html`<p class="note">A part of it cannot be shown here: open it, or deny it.</p>`
      }
      ${
        answer?.state === 'failed'
          ? html`<p class="problem" role="alert">${answer.error.message}</p>`
          : nothing
      }
      ${
        can(record, 'approve')
          ? nothing
          : html`<p class="note">Answer it where its server runs: this connection cannot.</p>`
      }
      <div class="options" ?hidden=${!can(record, 'approve')}>
        ${approval.options.map((option) => {
          const allows = String(option.kind).startsWith('allow');
          return html`<button
            class="button small ${allows === destructive ? 'danger' : ''}"
            ?disabled=${answer?.state === 'sending' || (allows && !readable)}
            @click=${() => this.#answer(approval, option.optionId)}
          >
            ${revealHidden(option.name)}
          </button>`;
        })}
        ${
          approval.options.some((option) => String(option.kind).startsWith('reject'))
            ? nothing
            : html`<button
                class="button small"
                ?disabled=${answer?.state === 'sending'}
                @click=${() => this.#answer(approval, undefined)}
              >
                Deny
              </button>`
        }
      </div>
    </div>`;
  }

  /** What has to be filled in, opened or chosen has no room here. */
  #question(approval: ApprovalItem, more: number) {
    const { title = 'The agent asks you something.' } = approval.tool;
    return html`<div
      class="card"
      role="group"
      aria-label=${`Question: ${oneLine(title, 160)}`}
      data-request-id=${approval.requestId}
    >
      <div class="what"><p>${revealHidden(title)}</p></div>
      <div class="options">
        <button class="button small" @click=${this.#open}>
          ${more > 0 ? `Open to answer (+${more})` : 'Open to answer'}
        </button>
      </div>
    </div>`;
  }

  /** Nothing of it is cut: who answers here has not seen it elsewhere. */
  #whole(text: string) {
    const { characters, lines } = MAX_SHOWN;
    const long = text.length > characters || text.split('\n').length > lines;
    return html`<pre tabindex="0">${revealHidden(text)}</pre>
      ${long ? html`<p class="note">It is long: scroll to read all of it.</p>` : nothing}`;
  }

  #answer(approval: ApprovalItem, optionId: string | undefined): void {
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
