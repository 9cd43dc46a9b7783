import { html, nothing, render, type TemplateResult } from 'lit';
import type { PermissionOption } from '../../../../core/acp.ts';
import type { ApprovalItem } from '../../../../core/session/transcript.ts';
import { can } from '../../abilities.ts';
import { check, chevron, hand } from '../../more-icons.ts';
import { close, warning } from '../../icons.ts';
import { act } from '../../intent.ts';
import { element } from '../markdown/dom.ts';
import { jsonFold } from './json-fold.ts';
import { commandOf, isDestructive, revealHidden, toolParts } from './content.ts';
import { kindIcon } from './icons.ts';
import { diffPart } from './tool-body.ts';
import type { ItemView, ViewContext } from './view.ts';

// Tolerant: some agents leave the kind out.
const isAllow = (option: PermissionOption): boolean => String(option.kind).startsWith('allow');
const isReject = (option: PermissionOption): boolean => String(option.kind).startsWith('reject');

/**
 * A permission request (R55–R58): the whole of what is asked, the agent's own options, and what became
 * of the answer. Keys act only while the card has the focus.
 */
export class ApprovalView implements ItemView {
  readonly element = element('section', 'item approval');
  drawn = -1;
  readonly #head = element('div', 'approval-head');
  readonly #asked = element('div', 'approval-asked');
  readonly #foot = element('div', 'approval-foot');
  /** Nothing in it is beyond what this page can show. */
  readonly #readable: boolean;
  readonly #destructive: boolean;
  /** Settled requests fold to a line; this one was opened again. */
  #unfolded = false;
  /** It waited for an answer while it stood here; one was given from this page. */
  #wasOpen = false;
  #wasAnswered = false;

  constructor(
    readonly item: ApprovalItem,
    private readonly context: ViewContext,
  ) {
    this.#destructive = isDestructive(item.tool);
    this.element.dataset['requestId'] = item.requestId;
    this.element.tabIndex = 0;
    this.element.role = 'group';
    this.element.classList.toggle('destructive', this.#destructive);
    this.element.append(this.#head, this.#asked, this.#foot);
    this.element.addEventListener('keydown', (event) => this.#onKey(event));
    this.#readable = this.#drawAsked();
  }

  update(): void {
    this.drawn = this.item.rev;
    const { resolution } = this.item;
    const title = this.context.record.title.peek();
    this.#wasOpen ||= resolution === undefined;
    this.#wasAnswered ||= this.context.record.answers.peek().has(this.item.requestId);
    this.element.ariaLabel = `Permission request of ${title}`;
    this.element.classList.toggle('resolved', resolution !== undefined);
    if (resolution) this.element.removeAttribute('tabindex');
    this.#head.hidden = resolution !== undefined;
    this.#asked.hidden = resolution !== undefined && !this.#unfolded;
    render(
      html`${this.#destructive ? warning : hand}
        <strong>Permission needed</strong>
        <span class="approval-session truncate" title=${title}>${title}</span>
        ${this.#destructive ? html`<span class="badge">Destructive</span>` : nothing}`,
      this.#head,
    );
    render(resolution ? this.#resolved() : this.#options(), this.#foot);
  }

  /** Everything that the agent said of the call, and nothing of it cut. Returns whether all could be shown. */
  #drawAsked(): boolean {
    const { tool } = this.item;
    const nodes: HTMLElement[] = [];
    const command = commandOf(tool);
    const parts = toolParts(tool);
    // Not twice: many agents make the command the title.
    if (tool.title && tool.title.replaceAll('`', '') !== command) {
      const title = element('p', 'approval-title');
      const icon = element('span', 'tool-kind');
      render(kindIcon(tool.kind), icon);
      const words = element('span');
      words.textContent = revealHidden(tool.title);
      title.append(icon, words);
      nodes.push(title);
    }
    if (command !== undefined) nodes.push(block('command', command));
    for (const { path, line } of tool.locations ?? []) {
      if (parts.some((part) => part.type === 'diff' && part.path === path)) continue;
      const place = element('p', 'approval-place');
      place.textContent = revealHidden(line ? `${path}:${line}` : path);
      nodes.push(place);
    }
    let readable = true;
    const bare = command === undefined && (tool.locations ?? []).length + parts.length === 0;
    for (const part of parts) {
      if (part.type === 'text') nodes.push(block('attachment', part.text));
      else if (part.type === 'diff') {
        nodes.push(diffPart(part, revealHidden, () => undefined).element);
      } else if (part.type !== 'terminal') {
        readable = false;
        nodes.push(jsonFold('Content that this page cannot show', part, true, revealHidden));
      }
    }
    if (tool.rawInput !== undefined) {
      nodes.push(jsonFold('All input', tool.rawInput, bare, revealHidden));
    }
    this.#asked.replaceChildren(...nodes);
    return readable && nodes.length > 0;
  }

  #options(): TemplateResult {
    const { options } = this.item;
    const answer = this.context.record.answers.value.get(this.item.requestId);
    const sending = answer?.state === 'sending';
    const firstAllow = options.find(isAllow);
    if (!can(this.context.record, 'approve')) {
      return html`<p class="approval-error">
        Answer it where its server runs: this kind of connection cannot.
      </p>`;
    }
    return html`
      ${
        answer?.state === 'failed'
          ? html`<p class="approval-error" role="alert">
              Your answer was not sent: ${answer.error.message} Choose again.
            </p>`
          : nothing
      }
      ${
        this.#readable
          ? nothing
          : html`<p class="approval-error">
              A part of this request cannot be shown here, so it can only be denied.
            </p>`
      }
      <div class="approval-options">
        ${options.map(
          (option) =>
            html`<button
              type="button"
              class="button ${
                option === firstAllow && !this.#destructive
                  ? 'primary'
                  : isAllow(option) && this.#destructive
                    ? 'danger'
                    : ''
              }"
              data-kind=${option.kind}
              ?disabled=${sending || (!this.#readable && !isReject(option))}
              @click=${() => this.#answer(option.optionId)}
            >
              ${revealHidden(option.name)}
            </button>`,
        )}
        ${
          options.some(isReject)
            ? nothing
            : html`<button
                type="button"
                class="button"
                ?disabled=${sending}
                @click=${() => this.#answer(undefined)}
              >
                Deny
              </button>`
        }
        <span class="approval-keys" aria-hidden="true">
          ${sending ? 'Sending your answer…' : this.#keyHints()}
        </span>
      </div>
    `;
  }

  #keyHints(): TemplateResult {
    const keys = [
      this.#optionFor('y') && html`<kbd>Y</kbd> allow`,
      this.#optionFor('a') && html`<kbd>A</kbd> always`,
      html`<kbd>D</kbd> deny`,
    ];
    return html`${keys.map((key) => (key ? html`<span>${key}</span>` : nothing))}`;
  }

  /** One line: what became of it, and of what; the rest is a click away. */
  #resolved(): TemplateResult {
    const { resolution, options, tool } = this.item;
    // The call stands beside it and says the same.
    const told = this.context.record.transcript().tools.has(tool.toolCallId);
    const selected = resolution?.outcome === 'selected';
    const chosen = options.find((option) => option.optionId === resolution?.optionId);
    const allowed = selected && !(chosen && isReject(chosen));
    const by = this.#answerer();
    const detail = selected ? by : (resolution?.reason ?? (by || 'Nothing was allowed.'));
    const word = selected ? (chosen?.name ?? 'Answered') : 'Cancelled';
    const toggle = (): void => {
      this.#unfolded = !this.#unfolded;
      this.update();
    };
    // The options' names are the buttons' while there is a choice, and nobody's afterwards.
    return html`<div class="approval-outcome ${allowed ? 'allowed' : 'denied'}" @click=${toggle}>
      ${allowed ? check : close}
      <strong>${revealHidden(word)}</strong>
      <span class="by" title=${resolution?.by ?? nothing}>${revealHidden(detail)}</span>
      <span class="what truncate"
        >${told ? '' : revealHidden(commandOf(tool) ?? tool.title ?? '')}</span
      >
      <button type="button" aria-label="What was asked" aria-expanded=${this.#unfolded}>
        ${chevron}
      </button>
    </div>`;
  }

  /** Who answered, where that is news: a tab's name is for nobody's eyes, and what was answered long ago is just history. */
  #answerer(): string {
    const by = this.item.resolution?.by;
    if (!by) return '';
    if (!by.startsWith('tab-')) return `by ${by}`;
    return this.#wasOpen && !this.#wasAnswered ? 'in another tab' : '';
  }

  #answer(optionId: string | undefined): void {
    const { record } = this.context;
    this.#wasAnswered = true;
    act(this.element, (actions) => actions.answer(record.id, this.item.requestId, optionId));
  }

  #optionFor(key: string): PermissionOption | undefined {
    const { options } = this.item;
    const byKind = (kind: string) => options.find((option) => option.kind === kind);
    if (key === 'y') return byKind('allow_once');
    if (key === 'a') return byKind('allow_always');
    return byKind('reject_once') ?? byKind('reject_always');
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    const key = event.key.toLowerCase();
    if (this.item.resolution || !['y', 'a', 'd'].includes(key)) return;
    if (!can(this.context.record, 'approve')) return;
    if (this.context.record.answers.peek().get(this.item.requestId)?.state === 'sending') return;
    const option = this.#optionFor(key);
    // Not N: that goes to the next session that needs you, pressed again and again.
    if (key === 'd') this.#answer(option?.optionId);
    else if (option && this.#readable) this.#answer(option.optionId);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function block(className: string, text: string): HTMLElement {
  const pre = element('pre', className);
  pre.tabIndex = 0;
  pre.textContent = revealHidden(text);
  const lines = text.split('\n').length;
  if (lines > 12) pre.dataset['lines'] = `${lines} lines, scroll to read all`;
  return pre;
}
