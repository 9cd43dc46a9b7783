import { SignalWatcher } from '@lit-labs/preact-signals';
import { computed, type ReadonlySignal } from '@preact/signals-core';
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import type { AvailableCommand } from '../../../core/acp.ts';
import { cleanText, oneLine } from '../../../core/text/sanitise.ts';
import type { SessionRecord } from '../../store/types.ts';
import { folder } from '../icons.ts';
import { refresh } from '../session-icons.ts';
import { act } from '../intent.ts';
import { baseStyles, buttonStyles } from '../styles/shared.ts';
import type { ApComposer } from './composer/composer.ts';
import { commandText } from './composer/slash-menu.ts';
import { emptyStyles } from './styles/empty.ts';
import { sendableAgain, type Asked } from './send-again.ts';
import type { ApTranscript } from './transcript.ts';
import './composer/composer.ts';
import './outbox.ts';
import './transcript.ts';

/** Commands offered in an empty conversation. */
const MAX_SUGGESTED = 6;

/**
 * One session's conversation: transcript, what is on its way, composer. Mounted once for a session; while
 * it is not `active` its transcript does nothing at all but to `prepare()`.
 *
 * @property record - the session
 * @property active - whether it is being viewed
 */
@customElement('ap-conversation')
export class ApConversation extends SignalWatcher(LitElement) {
  static override styles = [
    baseStyles,
    buttonStyles,
    emptyStyles,
    css`
      :host {
        display: grid;
        grid-template-rows: minmax(0, 1fr) auto;
        grid-template-columns: minmax(0, 1fr);
        height: 100%;
        min-height: 0;
        background: var(--ap-bg);
        color: var(--ap-text);
        font-family: var(--ap-font);
      }
      .again {
        margin-top: var(--ap-space-3);
      }
    `,
  ];

  @property({ attribute: false }) record!: SessionRecord;
  @property({ attribute: false }) active = true;
  @query('ap-transcript') private readonly transcript!: ApTranscript;
  @query('ap-composer') private readonly composer!: ApComposer;
  /** Whether there is nothing to show; apart, so that growing costs this element nothing. */
  #blank: ReadonlySignal<boolean> | undefined;
  /** The prompt of a last turn that failed or was cut; apart for the same reason. */
  #failed: ReadonlySignal<Asked | undefined> | undefined;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('record')) return;
    const { record } = this;
    this.#blank = computed(() => {
      void record.structure.value;
      return record.transcript().items.length === 0 && record.outbox.value.length === 0;
    });
    this.#failed = computed(() => sendableAgain(record));
  }

  override render() {
    const { record, active } = this;
    return html`
      <ap-transcript .record=${record} .active=${active}>
        ${this.#blank?.value ? (record.loading.value ? skeleton() : this.#empty()) : nothing}
        ${this.#failed?.value === undefined ? nothing : this.#again(this.#failed.value)}
        <ap-outbox .record=${record}></ap-outbox>
      </ap-transcript>
      <ap-composer .record=${record} @ap-sent=${() => this.transcript.toEnd()}></ap-composer>
    `;
  }

  /** Brings it up to date while it is not viewed, once. */
  async prepare(): Promise<void> {
    await this.updateComplete;
    await this.transcript.updateComplete;
    this.transcript.prepare();
  }

  /** Puts the caret into the composer; not on touch, where that would open the keyboard. */
  focusComposer(): void {
    if (matchMedia('(hover: none) and (pointer: coarse)').matches) return;
    if (this.hasUpdated) this.composer.focus();
    else void this.updateComplete.then(() => this.composer.focus());
  }

  /** Focuses the first request that waits for an answer, so that its keys act; false if there is none. */
  async focusApproval(): Promise<boolean> {
    await this.updateComplete;
    await this.transcript.updateComplete;
    return this.transcript.focusApproval();
  }

  #again(prompt: Asked): TemplateResult {
    return html`<button type="button" class="button again" @click=${() => this.#sendAgain(prompt)}>
      ${refresh} Send again
    </button>`;
  }

  #sendAgain({ text, blocks }: Asked): void {
    const { id, draft } = this.record;
    const written = draft.peek();
    act(this, (actions) => {
      actions.sendPrompt(id, text, blocks);
      // Sending empties the composer, but these are not the words in it.
      if (written !== '') actions.setDraft(id, written);
    });
    this.transcript.toEnd();
    // The button that had the focus is gone.
    this.focusComposer();
  }

  #empty(): TemplateResult {
    const { record } = this;
    void record.details.value;
    const { agentTitle, cwd } = record.summary.value;
    const { commands } = record.transcript();
    return html`<div class="empty">
      <h2>${cleanText(agentTitle || record.title.value)}</h2>
      ${
        cwd
          ? html`<p class="where" title=${cwd}>${folder}<span>${cleanText(cwd)}</span></p>`
          : nothing
      }
      ${
        commands.length === 0
          ? html`<p class="word">
              Write what you want done.${cwd ? ' The agent works in this directory.' : ''}
            </p>`
          : html`<p class="word">Write what you want done, or begin with a command:</p>
              <ul>
                ${commands.slice(0, MAX_SUGGESTED).map((command) => this.#suggestion(command))}
              </ul>`
      }
    </div>`;
  }

  #suggestion(command: AvailableCommand): TemplateResult {
    return html`<li>
      <button type="button" @click=${() => this.#begin(command)}>
        <span class="mono">/${cleanText(command.name)}</span>
        <span class="about">${oneLine(command.description ?? '', 120)}</span>
      </button>
    </li>`;
  }

  #begin(command: AvailableCommand): void {
    const { id } = this.record;
    act(this, (actions) => actions.setDraft(id, commandText(command)));
    this.composer.focus();
  }
}

const skeleton = (): TemplateResult =>
  html`<div class="skeleton" role="status" aria-label="Loading the conversation">
    <span class="own"></span><span></span><span></span><span class="short"></span
    ><span class="own"></span><span></span><span class="short"></span>
  </div>`;

declare global {
  interface HTMLElementTagNameMap {
    'ap-conversation': ApConversation;
  }
}
