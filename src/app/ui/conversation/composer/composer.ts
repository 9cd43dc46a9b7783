import { SignalWatcher } from '@lit-labs/preact-signals';
import { effect } from '@preact/signals-core';
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { AvailableCommand } from '../../../../core/acp.ts';
import { cleanText, oneLine } from '../../../../core/text/sanitise.ts';
import type { SessionRecord } from '../../../store/types.ts';
import { can, cannotPromise } from '../../abilities.ts';
import { recall } from '../../controllers/remembered.ts';
import { plus } from '../../icons.ts';
import { send, stop } from '../../session-icons.ts';
import { act } from '../../intent.ts';
import { baseStyles, buttonStyles } from '../../styles/shared.ts';
import { composerStyles } from '../styles/composer.ts';
import { attachedTo, KEPT } from './attached.ts';
import type { DetachEvent } from './attachments.ts';
import { connectionNote } from './connection-note.ts';
import { commandText, matchCommands } from './slash-menu.ts';
import { usageMeter } from './usage.ts';

/** Two presses of Escape within this time stop the turn, ms. */
const DOUBLE_ESCAPE_MS = 600;

/** A message was sent; the transcript shows its end. */
export class SentEvent extends Event {
  static readonly type = 'ap-sent';
  constructor() {
    super(SentEvent.type, { bubbles: true, composed: true });
  }
}

/**
 * Where the user writes. Keys: Enter sends, Shift+Enter breaks the line (on touch Enter breaks it); Esc Esc
 * stops the turn; `/` at the beginning lists the agent's commands. Files are pasted, dropped or chosen.
 *
 * @fires ap-sent - {@link SentEvent}
 */
@customElement('ap-composer')
export class ApComposer extends SignalWatcher(LitElement) {
  static override styles = [baseStyles, buttonStyles, composerStyles];

  @property({ attribute: false }) record!: SessionRecord;
  @state() private offered: AvailableCommand[] = [];
  @state() private chosen = 0;
  @state() private empty = true;
  /** Files that are being read. */
  @state() private reading = 0;
  @query('textarea') private readonly area!: HTMLTextAreaElement;
  #escapedAt = Number.NEGATIVE_INFINITY;
  #stopDraft: (() => void) | undefined;
  #listening: AbortController | undefined;
  readonly #touch = matchMedia('(hover: none) and (pointer: coarse)');

  override focus(options?: FocusOptions): void {
    // Asked for in the same breath as the switch to a conversation that was never shown.
    if (!this.hasUpdated) void this.updateComplete.then(() => this.focus(options));
    else this.area.focus({ preventScroll: true, ...options });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#followDraft();
    // All of the conversation takes them: a file that is let fall beside the composer would replace the page.
    const { signal } = (this.#listening = new AbortController());
    for (const type of ['paste', 'dragover', 'drop'] as const)
      this.getRootNode().addEventListener(type, (event) => this.#onFiles(event), { signal });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopDraft?.();
    this.#listening?.abort();
  }

  protected override willUpdate(): void {
    if (!this.hasUpdated) this.empty = this.record.draft.peek().trim() === '';
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has('record')) return;
    this.#followDraft();
    if (recall<string[]>(KEPT, []).includes(this.record.id))
      void this.#files((files) => files.restoreFiles(this, this.record));
  }

  override render() {
    const { record } = this;
    void record.details.value;
    const { usage, modes, options } = record.transcript();
    const running = record.turn.value.state !== 'idle';
    const ended = record.connection.value.status === 'ended';
    const settings = modes.length + options.length > 0 && can(record, 'settings') && !ended;
    // Fetched when an agent has any. Without the code there are none to choose from.
    if (settings) void import('./settings.ts').catch(() => {});
    const agent = cleanText(record.summary.value.agentTitle);
    const open = this.offered.length > 0;
    const stoppable = running && can(record, 'cancel');
    const paused = record.connection.value.status !== 'connected';
    const promise = ended ? '' : cannotPromise(record);
    const attached = attachedTo(record).value;
    const { takes = record.abilities.value ? undefined : 'log' } = record.abilities.value ?? {};
    const { image, embeddedContext } = (takes === 'log' ? record.transcript().takes : takes) ?? {};
    const has = attached.length + this.reading > 0;
    return html`
      ${connectionNote(record, this) ?? nothing}
      ${
        record.stopping.value === 'waiting'
          ? html`<p class="promise" role="status">
              The turn will be stopped as soon as the session is connected.
            </p>`
          : nothing
      }
      ${promise ? html`<p class="promise">${promise}</p>` : nothing}
      <div class="wrap">
        ${open ? this.#menu() : nothing}
        <div class="box" @click=${this.#onBoxClick}>
          ${
            has
              ? html`<ap-attachments
                  .blocks=${attached}
                  .pending=${this.reading}
                  @ap-detach=${({ index }: DetachEvent) =>
                    (attachedTo(record).value = attached.filter((_, at) => at !== index))}
                ></ap-attachments>`
              : nothing
          }
          <textarea
            rows="1"
            aria-label="Message"
            aria-autocomplete="list"
            aria-controls=${open ? 'commands' : nothing}
            aria-activedescendant=${open ? `command-${this.chosen}` : nothing}
            placeholder=${ended ? 'This session has ended' : running ? `Next message to ${agent}` : `Message ${agent}`}
            enterkeyhint=${this.#touch.matches ? 'enter' : 'send'}
            ?readonly=${ended}
            @input=${this.#onInput}
            @keydown=${this.#onKey}
            @blur=${() => (this.offered = [])}
          ></textarea>
          <div class="row">
            ${
              (image || embeddedContext) && !ended
                ? html`<label
                    class="round attach"
                    title=${image ? 'Attach images or text files' : 'Attach text files'}
                    ><input
                      type="file"
                      multiple
                      class="vh"
                      aria-label="Attach files"
                      @change=${this.#onFiles}
                    />${plus}</label
                  >`
                : nothing
            }
            ${settings ? html`<ap-session-settings .record=${record}></ap-session-settings>` : nothing}
            ${usageMeter(usage)}
            <span class="hint" aria-hidden="true">${this.#hint(stoppable)}</span>
            ${
              stoppable
                ? html`<button
                    type="button"
                    class="round stop ${paused ? 'paused' : ''}"
                    aria-label="Stop"
                    title=${paused ? 'Stops when it is connected again' : 'Stop this turn (Esc Esc)'}
                    @click=${this.#stop}
                  >
                    ${stop}
                  </button>`
                : nothing
            }
            <button
              type="button"
              class="round send"
              aria-label="Send"
              title="Send (Enter)"
              ?disabled=${(this.empty && !attached.length) || this.reading > 0 || ended}
              @click=${this.#send}
            >
              ${send}
            </button>
          </div>
        </div>
      </div>
    `;
  }

  #menu() {
    return html`<ul class="menu" id="commands" role="listbox" aria-label="Commands of the agent">
      ${this.offered.map(
        (command, index) =>
          html`<li
            id="command-${index}"
            role="option"
            aria-selected=${index === this.chosen}
            @mousedown=${(event: Event) => event.preventDefault()}
            @click=${() => this.#complete(command)}
          >
            <span class="mono">/${cleanText(command.name)}</span>
            <span class="truncate">${oneLine(command.description ?? '', 160)}</span>
          </li>`,
      )}
    </ul>`;
  }

  #hint(stoppable: boolean) {
    if (this.#touch.matches) return nothing;
    if (this.offered.length > 0)
      return html`<kbd>↑</kbd> <kbd>↓</kbd> choose, <kbd>Tab</kbd> complete`;
    if (this.empty) return stoppable ? html`<kbd>Esc</kbd> <kbd>Esc</kbd> stops` : nothing;
    return html`<kbd>Shift</kbd> <kbd>Enter</kbd> new line`;
  }

  /** The draft belongs to the session; it also changes from elsewhere, as when a queued message comes back. */
  #followDraft(): void {
    this.#stopDraft?.();
    this.#stopDraft = effect(() => {
      const draft = this.record.draft.value;
      if (this.area.value !== draft) this.area.value = draft;
      this.#fit();
    });
  }

  #fit(): void {
    const { area } = this;
    this.empty = area.value.trim() === '';
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight}px`;
  }

  #onInput(): void {
    const { area, record } = this;
    act(this, (actions) => actions.setDraft(record.id, area.value));
    this.#fit();
    this.offered = matchCommands(
      record.transcript().commands,
      area.value,
      area.selectionStart ?? area.value.length,
    );
    this.chosen = 0;
  }

  #onKey(event: KeyboardEvent): void {
    // An input method's own Enter picks a word; some browsers tell it only by the code.
    if (event.isComposing || event.keyCode === 229) return;
    if (this.offered.length > 0 && this.#onMenuKey(event)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey && !this.#touch.matches) {
      event.preventDefault();
      this.#send();
    } else if (event.key === 'Escape') this.#onEscape(event);
  }

  /** Whether the menu took the key. */
  #onMenuKey(event: KeyboardEvent): boolean {
    const { length } = this.offered;
    const command = this.offered[this.chosen]!;
    switch (event.key) {
      case 'ArrowDown':
        this.chosen = (this.chosen + 1) % length;
        return true;
      case 'ArrowUp':
        this.chosen = (this.chosen + length - 1) % length;
        return true;
      case 'Enter':
        if (event.shiftKey) return false;
        // Typed out in full: nothing to complete, so Enter means send.
        if (this.area.value.trim() === `/${command.name}`) return false;
        this.#complete(command);
        return true;
      case 'Tab':
        if (event.shiftKey) return false;
        this.#complete(command);
        return true;
      case 'Escape':
        this.offered = [];
        return true;
      default:
        return false;
    }
  }

  #onEscape(event: KeyboardEvent): void {
    if (this.record.turn.peek().state === 'idle' || !can(this.record, 'cancel')) return;
    event.stopPropagation();
    if (event.timeStamp - this.#escapedAt < DOUBLE_ESCAPE_MS) {
      this.#escapedAt = Number.NEGATIVE_INFINITY;
      this.#stop();
    } else this.#escapedAt = event.timeStamp;
  }

  #complete(command: AvailableCommand): void {
    this.area.value = commandText(command);
    this.#onInput();
    this.offered = [];
    this.focus();
  }

  #onBoxClick(event: Event): void {
    if (event.target instanceof Element && event.target.matches('.box, .row, .hint')) this.focus();
  }

  #onFiles(event: Event): void {
    const from =
      event instanceof ClipboardEvent
        ? event.clipboardData
        : event instanceof DragEvent
          ? event.dataTransfer
          : (event.target as HTMLInputElement);
    const files = [...(from?.files ?? [])];
    const dragged = event.type === 'dragover' && event instanceof DragEvent;
    const meant = dragged ? event.dataTransfer?.types.includes('Files') : files.length > 0;
    // Word processors add a picture of the words that they copy.
    const words = event instanceof ClipboardEvent && event.clipboardData?.getData('text/plain');
    if (!meant || (words && files.every(({ name }) => name === 'image.png'))) return;
    event.preventDefault();
    const { record } = this;
    if (dragged || record.connection.peek().status === 'ended') return;
    this.reading += files.length;
    void this.#files((attach) => attach.attachFiles(this, record, files)).finally(() => {
      this.reading -= files.length;
      this.focus();
    });
    // The same file may be chosen again.
    if (from instanceof HTMLInputElement) from.value = '';
  }

  /** Fetched with the first file. */
  async #files(run: (code: typeof import('./attach.ts')) => Promise<void>): Promise<void> {
    try {
      const [code] = await Promise.all([import('./attach.ts'), import('./attachments.ts')]);
      await run(code);
    } catch {
      const text = 'Files cannot be attached now: a part of the page could not be loaded.';
      act(this, (actions) => actions.showToast({ level: 'warning', text }));
    }
  }

  readonly #send = (): void => {
    const { area, record } = this;
    const text = area.value.trim();
    const attached = attachedTo(record);
    const files = attached.peek();
    const nothingToSay = text === '' && files.length === 0;
    if (nothingToSay || this.reading > 0 || record.connection.peek().status === 'ended') return;
    const taken = act(this, (actions) => actions.sendPrompt(record.id, text, files));
    // What was refused stays where it was written; why is shown.
    if (taken === false) return;
    attached.value = [];
    act(this, (actions) => actions.setDraft(record.id, ''));
    area.value = '';
    this.offered = [];
    this.#fit();
    this.dispatchEvent(new SentEvent());
  };

  readonly #stop = (): void => {
    const { id } = this.record;
    act(this, (actions) => actions.cancelTurn(id));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-composer': ApComposer;
  }
  interface HTMLElementEventMap {
    'ap-sent': SentEvent;
  }
}
