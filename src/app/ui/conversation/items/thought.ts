import type { MessageItem } from '../../../../core/session/transcript.ts';
import { cleanText } from '../../../../core/text/sanitise.ts';
import { highlightLater } from '../highlight/later.ts';
import { DocumentWriter } from '../markdown/document-writer.ts';
import { element } from '../markdown/dom.ts';
import { discarded, markLive } from './message.ts';
import { formatDuration, type ItemView, type ViewContext } from './view.ts';

/** Folded: a thought is for those who ask. While it grows, its last words show that it does. */
export class ThoughtView implements ItemView {
  readonly element = element('article', 'item thought');
  drawn = -1;
  readonly #head = element('button', 'thought-head');
  readonly #label = element('span', 'thought-label');
  readonly #tail = element('span', 'thought-tail');
  readonly #body = element('div', 'markdown thought-body');
  #writer: DocumentWriter | undefined;
  #written = 0;
  #ended = false;

  constructor(
    readonly item: MessageItem,
    private readonly context: ViewContext,
  ) {
    this.element.dataset['messageId'] = item.id;
    this.element.dataset['role'] = 'thought';
    this.#head.type = 'button';
    this.#head.ariaExpanded = 'false';
    this.#head.append(this.#label, this.#tail);
    this.#body.hidden = true;
    this.#head.addEventListener('click', () => {
      this.#body.hidden = !this.#body.hidden;
      this.#head.ariaExpanded = String(!this.#body.hidden);
      this.#writeBody();
    });
    this.element.append(this.#head, this.#body);
  }

  update(): void {
    const { item } = this;
    this.drawn = item.rev;
    markLive(this.element, item.live);
    this.#writeBody();
    if (item.live) {
      this.#label.textContent = 'Thinking';
      this.#tail.textContent = lastWords(item.text);
      return;
    }
    const end = this.context.nextAt(item);
    const length = end === undefined ? undefined : end - item.at;
    this.#label.textContent =
      length === undefined || length < 1_000 ? 'Thought' : `Thought for ${formatDuration(length)}`;
    this.#tail.textContent = '';
  }

  #writeBody(): void {
    const { item } = this;
    // Not drawn before somebody looks.
    if (this.#body.hidden) return;
    if (item.retracted) return discarded(this.#body);
    if (this.#ended && item.text.length > this.#written) {
      this.#body.replaceChildren();
      this.#writer = undefined;
      this.#written = 0;
    }
    this.#writer ??= new DocumentWriter(this.#body, highlightLater);
    this.#writer.write(item.text.slice(this.#written));
    this.#written = item.text.length;
    this.#ended = !item.live;
    if (this.#ended) this.#writer.end();
  }
}

function lastWords(text: string): string {
  return cleanText(text.slice(-240))
    .replace(/[\s*`#>]+/g, ' ')
    .trimStart()
    .slice(-160);
}
