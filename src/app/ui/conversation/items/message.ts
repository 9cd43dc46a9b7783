import type { MessageItem } from '../../../../core/session/transcript.ts';
import { appendText, element } from '../markdown/dom.ts';
import { CleanStream } from '../markdown/clean-stream.ts';
import { highlightLater } from '../highlight/later.ts';
import { DocumentWriter } from '../markdown/document-writer.ts';
import type { MarkdownWriter } from '../markdown/writer.ts';
import { timeElement, type ItemView } from './view.ts';

/** The code of everything that is not text; fetched with the first of it. */
let attachments: typeof import('./attachment.ts') | undefined;

function drawn(block: unknown, by: 'user' | 'agent'): HTMLElement {
  if (attachments) return attachments.drawBlock(block, by);
  const place = element('div', 'attachment');
  import('./attachment.ts').then(
    (module) => place.replaceWith((attachments = module).drawBlock(block, by)),
    () => (place.textContent = 'What stands here cannot be shown now: reload the page.'),
  );
  return place;
}

/** The user's own text: as typed, line breaks and all. */
class PlainWriter implements MarkdownWriter {
  readonly #clean = new CleanStream();
  constructor(private readonly target: HTMLElement) {}
  write(text: string): void {
    appendText(this.target, this.#clean.push(text));
  }
  end(): void {
    appendText(this.target, this.#clean.flush());
  }
}

const DISCARDED = 'The partial answer was discarded.';

/** What stands in the place of text that was taken back (R45). */
export function discarded(body: HTMLElement): void {
  const line = element('p', 'discarded');
  line.textContent = DISCARDED;
  body.replaceChildren(line);
}

/** A message of the user or the agent. Grown text is written as its new end only. */
export class MessageView implements ItemView {
  readonly element = element('article');
  drawn = -1;
  readonly #body: HTMLElement;
  #writer: MarkdownWriter;
  #written = 0;
  #ended = false;
  /** Beside the text, in the order in which they came. */
  readonly #blocks = element('div', 'blocks');

  constructor(readonly item: MessageItem) {
    const { role, at } = item;
    this.element.className = `item message ${role}`;
    this.element.dataset['messageId'] = item.id;
    this.element.dataset['role'] = role;
    this.#body = element('div', role === 'user' ? 'plain' : 'markdown');
    this.#writer = this.#newWriter();
    const who = element('span', 'who');
    who.textContent = role === 'user' ? 'You:' : 'Agent:';
    const foot = element('div', 'message-foot');
    const copy = element('button', 'copy');
    copy.type = 'button';
    copy.dataset['copy'] = 'message';
    copy.textContent = 'Copy';
    copy.title = 'Copy this message';
    foot.append(timeElement(at), copy);
    this.element.append(who, this.#body, foot);
  }

  update(): void {
    const { item } = this;
    this.drawn = item.rev;
    markLive(this.element, item.live);
    if (item.retracted) return this.#takeBack();
    if (item.text.length > this.#written) {
      if (this.#ended) this.#startOver();
      this.#writer.write(item.text.slice(this.#written));
      this.#written = item.text.length;
    }
    for (let at = this.#blocks.childElementCount; at < item.blocks.length; at++) {
      if (at === 0) this.#body.after(this.#blocks);
      this.#blocks.append(drawn(item.blocks[at], item.role === 'user' ? 'user' : 'agent'));
    }
    // A picture without a word.
    this.#body.hidden = item.text === '' && item.blocks.length > 0;
    // The user's messages may still get a second piece; they are never live.
    if (item.live || item.role === 'user') return;
    this.#writer.end();
    this.#ended = true;
  }

  #newWriter(): MarkdownWriter {
    return this.item.role === 'user'
      ? new PlainWriter(this.#body)
      : new DocumentWriter(this.#body, highlightLater);
  }

  /** It seemed complete and grows on, beside another; a writer that has ended takes nothing more. */
  #startOver(): void {
    this.#body.replaceChildren();
    this.#writer = this.#newWriter();
    this.#written = 0;
    this.#ended = false;
  }

  #takeBack(): void {
    this.#blocks.remove();
    this.#body.hidden = false;
    // There is nothing to copy.
    this.element.querySelector('.message-foot .copy')?.remove();
    discarded(this.#body);
  }
}

export function markLive(target: HTMLElement, live: boolean): void {
  target.toggleAttribute('data-live', live);
  // Screen readers hear the message when it is there, not each token of it.
  if (live) target.ariaBusy = 'true';
  else target.removeAttribute('aria-busy');
}
