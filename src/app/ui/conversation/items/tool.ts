import { html, nothing, render } from 'lit';
import { cleanText } from '../../../../core/text/sanitise.ts';
import type { ToolItem } from '../../../../core/session/transcript.ts';
import type { TerminalOutput } from '../../../../core/session/terminals.ts';
import { chevron } from '../../more-icons.ts';
import { element } from '../markdown/dom.ts';
import { toolParts } from './content.ts';
import { kindIcon, statusIcon, statusWord, type ToolLook } from './icons.ts';
import { ToolBody } from './tool-body.ts';
import { formatDuration, type ItemView, type ViewContext } from './view.ts';

/** A tool call: one line when it is settled, unfolded where there is something to follow or review. */
export class ToolView implements ItemView {
  readonly element = element('section', 'item tool');
  drawn = -1;
  readonly #head = element('button', 'tool-head');
  #body: ToolBody | undefined;
  #open = false;
  #chosen = false;
  #counts: { added: number; removed: number } | undefined;

  constructor(
    readonly item: ToolItem,
    private readonly context: ViewContext,
  ) {
    this.element.dataset['toolCallId'] = item.call.toolCallId;
    this.#head.type = 'button';
    this.#head.addEventListener('click', () => {
      this.#chosen = true;
      this.#open = !this.#open;
      this.#draw();
    });
    this.element.append(this.#head);
  }

  update(): void {
    this.drawn = this.item.rev;
    // Once open it stays: nothing folds under a reader's eyes.
    if (!this.#chosen) this.#open ||= this.#worthOpening();
    this.#draw();
  }

  get #look(): ToolLook {
    const { call, endedAt } = this.item;
    const status = call.status ?? 'pending';
    if (endedAt !== undefined && status !== 'completed' && status !== 'failed') return 'stopped';
    return status;
  }

  get #running(): boolean {
    return this.item.endedAt === undefined;
  }

  #worthOpening(): boolean {
    const parts = toolParts(this.item.call);
    if (parts.some((part) => part.type === 'diff')) return true;
    if (parts.length === 0) return false;
    if (this.#look === 'failed') return true;
    if (this.#running && this.#isCommand) return true;
    // It may go on when its call has ended.
    return parts.some((part) => {
      const terminal = part.type === 'terminal' && this.#terminal(part.id);
      return !!terminal && terminal.end === undefined;
    });
  }

  #terminal(id: string): TerminalOutput | undefined {
    return this.context.record.transcript().terminals.get(id);
  }

  get #isCommand(): boolean {
    return this.item.call.kind === 'execute';
  }

  #draw(): void {
    const { call } = this.item;
    const look = this.#look;
    this.element.dataset['toolStatus'] = call.status ?? 'pending';
    this.element.dataset['look'] = look;
    if (this.#open) {
      if (!this.#body) {
        this.#body = new ToolBody(
          (added, removed) => {
            this.#counts = { added, removed };
            this.#drawHead();
          },
          (id) => this.#terminal(id),
        );
        this.element.append(this.#body.element);
      }
      this.#body.update(call, this.#running);
    }
    if (this.#body) this.#body.element.hidden = !this.#open;
    this.#head.ariaExpanded = String(this.#open);
    this.#drawHead();
  }

  #drawHead(): void {
    const { call, endedAt, at } = this.item;
    const look = this.#look;
    const counts = this.#counts;
    const title = cleanText(call.title ?? call.kind ?? 'Tool call').replace(/^`([^`]+)`$/, '$1');
    const place = call.locations?.[0];
    const path = place && cleanText(place.line ? `${place.path}:${place.line}` : place.path);
    const took = endedAt === undefined || look === 'stopped' ? undefined : endedAt - at;
    render(
      html`
        <span class="tool-kind">${kindIcon(call.kind)}</span>
        <span class=${this.#isCommand ? 'tool-title mono' : 'tool-title'} title=${title}
          >${title}</span
        >
        ${
          path && !title.includes(lastName(place.path))
            ? html`<span class="tool-path mono" title=${path}>${lastName(path)}</span>`
            : nothing
        }
        ${
          counts
            ? html`<span class="tool-counts tnum"
                ><span class="added">+${counts.added}</span>
                <span class="removed">−${counts.removed}</span></span
              >`
            : nothing
        }
        <span class="tool-status ${look}">
          ${
            took !== undefined && took >= 1_000
              ? html`<span class="tnum">${formatDuration(took)}</span>`
              : nothing
          }
          ${statusIcon[look]}<span class=${look === 'completed' ? 'vh' : ''}
            >${statusWord[look]}</span
          >
        </span>
        <span class="tool-chevron">${chevron}</span>
      `,
      this.#head,
    );
  }
}

const lastName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
