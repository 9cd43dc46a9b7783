import { cleanText } from '../../../../core/text/sanitise.ts';
import type { MessageItem } from '../../../../core/session/transcript.ts';
import { appendText, element } from '../markdown/dom.ts';
import { CleanStream } from '../markdown/clean-stream.ts';
import { DocumentWriter } from '../markdown/document-writer.ts';
import type { MarkdownWriter } from '../markdown/writer.ts';
import { formatDuration, timeElement, type ItemView, type ViewContext } from './view.ts';

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
  private readonly clean = new CleanStream();
  constructor(private readonly target: HTMLElement) {}
  write(text: string): void {
    appendText(this.target, this.clean.push(text));
  }
  end(): void {
    appendText(this.target, this.clean.flush());
  }
}

const DISCARDED = 'The partial answer was discarded.';

/** What stands in the place of text that was taken back (R45). */
function discarded(body: HTMLElement): void {
  const line = element('p', 'discarded');
  line.textContent = DISCARDED;
  body.replaceChildren(line);
}

/** A message of the user or the agent. Grown text is written as its new end only. */
export class MessageView implements ItemView {
  readonly element = element('article');
  drawn = -1;
  private readonly body: HTMLElement;
  private writer: MarkdownWriter;
  private written = 0;
  private ended = false;
  /** Beside the text, in the order in which they came. */
  private readonly blocks = element('div', 'blocks');

  constructor(readonly item: MessageItem) {
    const { role, at } = item;
    this.element.className = `item message ${role}`;
    this.element.dataset['messageId'] = item.id;
    this.element.dataset['role'] = role;
    this.body = element('div', role === 'user' ? 'plain' : 'markdown');
    this.writer = this.newWriter();
    const who = element('span', 'vh');
    who.textContent = role === 'user' ? 'You:' : 'Agent:';
    const foot = element('div', 'message-foot');
    const copy = element('button', 'copy');
    copy.type = 'button';
    copy.dataset['copy'] = 'message';
    copy.textContent = 'Copy';
    copy.title = 'Copy this message';
    foot.append(timeElement(at), copy);
    this.element.append(who, this.body, foot);
  }

  update(): void {
    const { item } = this;
    this.drawn = item.rev;
    markLive(this.element, item.live);
    if (item.retracted) return this.takeBack();
    if (item.text.length > this.written) {
      if (this.ended) this.startOver();
      this.writer.write(item.text.slice(this.written));
      this.written = item.text.length;
    }
    for (let at = this.blocks.childElementCount; at < item.blocks.length; at++) {
      if (at === 0) this.body.after(this.blocks);
      this.blocks.append(drawn(item.blocks[at], item.role === 'user' ? 'user' : 'agent'));
    }
    // A picture without a word.
    this.body.hidden = item.text === '' && item.blocks.length > 0;
    // The user's messages may still get a second piece; they are never live.
    if (item.live || item.role === 'user') return;
    this.writer.end();
    this.ended = true;
  }

  private newWriter(): MarkdownWriter {
    return this.item.role === 'user' ? new PlainWriter(this.body) : new DocumentWriter(this.body);
  }

  /** It seemed complete and grows on, beside another; a writer that has ended takes nothing more. */
  private startOver(): void {
    this.body.replaceChildren();
    this.writer = this.newWriter();
    this.written = 0;
    this.ended = false;
  }

  private takeBack(): void {
    this.blocks.remove();
    this.body.hidden = false;
    // There is nothing to copy.
    this.element.querySelector('.message-foot .copy')?.remove();
    discarded(this.body);
  }
}

/** Folded: a thought is for those who ask. While it grows, its last words show that it does. */
export class ThoughtView implements ItemView {
  readonly element = element('article', 'item thought');
  drawn = -1;
  private readonly head = element('button', 'thought-head');
  private readonly label = element('span', 'thought-label');
  private readonly tail = element('span', 'thought-tail');
  private readonly body = element('div', 'markdown thought-body');
  private writer: DocumentWriter | undefined;
  private written = 0;
  private ended = false;

  constructor(
    readonly item: MessageItem,
    private readonly context: ViewContext,
  ) {
    this.element.dataset['messageId'] = item.id;
    this.element.dataset['role'] = 'thought';
    this.head.type = 'button';
    this.head.ariaExpanded = 'false';
    this.head.append(this.label, this.tail);
    this.body.hidden = true;
    this.head.addEventListener('click', () => {
      this.body.hidden = !this.body.hidden;
      this.head.ariaExpanded = String(!this.body.hidden);
      this.writeBody();
    });
    this.element.append(this.head, this.body);
  }

  update(): void {
    const { item } = this;
    this.drawn = item.rev;
    markLive(this.element, item.live);
    this.writeBody();
    if (item.live) {
      this.label.textContent = 'Thinking';
      this.tail.textContent = lastWords(item.text);
      return;
    }
    const end = this.context.nextAt(item);
    const length = end === undefined ? undefined : end - item.at;
    this.label.textContent =
      length === undefined || length < 1_000 ? 'Thought' : `Thought for ${formatDuration(length)}`;
    this.tail.textContent = '';
  }

  private writeBody(): void {
    const { item } = this;
    // Not drawn before somebody looks.
    if (this.body.hidden) return;
    if (item.retracted) return discarded(this.body);
    if (this.ended && item.text.length > this.written) {
      this.body.replaceChildren();
      this.writer = undefined;
      this.written = 0;
    }
    this.writer ??= new DocumentWriter(this.body);
    this.writer.write(item.text.slice(this.written));
    this.written = item.text.length;
    this.ended = !item.live;
    if (this.ended) this.writer.end();
  }
}

function markLive(target: HTMLElement, live: boolean): void {
  target.toggleAttribute('data-live', live);
  // Screen readers hear the message when it is there, not each token of it.
  if (live) target.ariaBusy = 'true';
  else target.removeAttribute('aria-busy');
}

function lastWords(text: string): string {
  return cleanText(text.slice(-240))
    .replace(/[\s*`#>]+/g, ' ')
    .trimStart()
    .slice(-160);
}
