import { html, nothing, render, type TemplateResult } from 'lit';
import { cleanText } from '../../../../core/text/sanitise.ts';
import type {
  NoticeItem,
  TranscriptItem,
  TurnEndItem,
} from '../../../../core/session/transcript.ts';
import { info, warning } from '../../icons.ts';
import { element } from '../markdown/dom.ts';
import { formatDuration, timeElement, type ItemView } from './view.ts';

/** What a turn's end says; `undefined` where its time alone says enough. */
function stopWords(reason: string): { text: string; tone: 'quiet' | 'warning' } | undefined {
  switch (reason) {
    case 'end_turn':
      return undefined;
    case 'cancelled':
      return { text: 'Stopped', tone: 'quiet' };
    case 'max_tokens':
      return {
        text: 'The answer reached the length limit. Send “continue” to go on.',
        tone: 'warning',
      };
    case 'max_turn_requests':
      return {
        text: 'The agent reached its limit of steps. Send “continue” to go on.',
        tone: 'warning',
      };
    case 'refusal':
      return { text: 'The agent refused to go on.', tone: 'warning' };
    case 'interrupted':
      return { text: 'Cut off', tone: 'warning' };
    case 'error':
      return { text: 'The turn failed', tone: 'warning' };
    default:
      return { text: `Ended: ${cleanText(reason).replaceAll('_', ' ')}`, tone: 'quiet' };
  }
}

/** Items that are drawn once. */
export abstract class FixedView<Item extends TranscriptItem> implements ItemView {
  readonly element = element('div', 'item');
  drawn = -1;
  constructor(readonly item: Item) {}
  update(): void {
    this.drawn = this.item.rev;
    this.draw();
  }
  protected abstract draw(): void;
}

export class TurnEndView extends FixedView<TurnEndItem> {
  protected draw(): void {
    const { stopReason, elapsed, at } = this.item;
    const words = stopWords(stopReason);
    const took = elapsed === undefined || elapsed < 100 ? '' : formatDuration(elapsed);
    this.element.classList.add('turn-end', words?.tone ?? 'quiet');
    this.element.dataset['stopReason'] = stopReason;
    const line = element('span');
    if (words) line.textContent = took ? `${words.text} · ${took}` : words.text;
    else line.textContent = took ? `Done in ${took}` : 'Done';
    this.element.append(line, timeElement(at));
  }
}

export class NoticeView extends FixedView<NoticeItem> {
  protected draw(): void {
    const { level, text, error } = this.item;
    this.element.classList.add('notice', level);
    render(
      html`${level === 'info' ? info : warning}
        <div>
          <p>${cleanText(text)}</p>
          ${error ? errorLine(error.code, error.retryable) : nothing}
        </div>`,
      this.element,
    );
  }
}

/** The difference that matters (R47): whether the same again may work. */
function errorLine(code: string, retryable: boolean): TemplateResult {
  return html`<p class="notice-detail">
    <code>${cleanText(code)}</code>
    <span
      >${
        retryable
          ? 'Temporary: sending it again may work.'
          : 'Sending the same again will not help until its cause is gone.'
      }</span
    >
  </p>`;
}

/** Stands for an item whose code could not be loaded. */
export class MissingView extends FixedView<TranscriptItem> {
  protected draw(): void {
    this.element.classList.add('notice', 'warning');
    const what: Partial<Record<TranscriptItem['kind'], string>> = {
      tool: 'A tool call',
      plan: 'A plan',
      approval: 'A permission request',
      message: 'A thought',
    };
    this.element.textContent = `${what[this.item.kind] ?? 'Something'} stands here. The part of the page that shows it could not be loaded: reload the page.`;
  }
}
