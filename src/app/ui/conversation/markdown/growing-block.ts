import { appendInline, appendText, element } from './dom.ts';
import { plainText, type Inline } from './inline.ts';

/** UTF-16 units after which a part ends with its line; and after which with any word, as no line does. */
const PART = 8_192;
const PART_WITHOUT_LINES = 2 * PART;
/** Where a line may be broken: a space, and any letter of a script that has none. */
const WORD_END = /[ \u2e80-\ud7af\uff00-\uffef]/g;

/**
 * A block that text is added to. The browser lays out a block as a whole for each word that is added, so a long one is
 * made of parts, blocks of their own. Where they part depends on the text alone, and its lines stay what they were; only
 * a line of more than {@link PART_WITHOUT_LINES} is broken.
 */
export class GrowingBlock {
  #end: HTMLElement;
  /** Of the last part. */
  #length = 0;
  /** What follows begins a part. */
  #due = false;

  constructor(readonly root: HTMLElement) {
    this.#end = root;
  }

  /** Where it grows. */
  get end(): HTMLElement {
    return this.#end;
  }

  /** Adds what is shown as it stands. */
  text(text: string): void {
    appendText(this.#end, text);
    this.#length += text.length;
  }

  /** Ends a line, and leaves so many empty ones. No part ends with those: the browser would not show the last. */
  lineEnd(empty = 0): void {
    if (empty > 0 || this.#isAtLineStart || !this.#endsPart()) this.text('\n'.repeat(empty + 1));
  }

  inline(nodes: readonly Inline[]): void {
    for (const node of nodes) {
      if (node.t === 'br' && this.#endsPart()) continue;
      if (this.#due) this.#next();
      if (node.t === 'text') this.#words(node.v);
      else {
        appendInline(this.#end, [node]);
        this.#length += plainText([node]).length;
      }
    }
  }

  get #isAtLineStart(): boolean {
    return this.#end.lastChild instanceof Text && this.#end.lastChild.data.endsWith('\n');
  }

  /** Begins a part if this one is long; its border is the line's end, also in what is copied. */
  #endsPart(): boolean {
    // Nor does a part end with an empty line.
    if (this.#length <= PART || this.#end.lastChild instanceof HTMLBRElement) return false;
    this.#next();
    return true;
  }

  #words(text: string): void {
    let rest = text;
    for (;;) {
      WORD_END.lastIndex = Math.max(0, PART_WITHOUT_LINES - this.#length);
      if (!WORD_END.test(rest)) return this.text(rest);
      this.text(rest.slice(0, WORD_END.lastIndex));
      rest = rest.slice(WORD_END.lastIndex);
      // What follows may be the end of the line.
      this.#due = true;
      if (rest === '') return;
      this.#next();
    }
  }

  #next(): void {
    this.root.classList.add('parted');
    this.#end = this.root.appendChild(element('span', 'part'));
    this.#length = 0;
    this.#due = false;
  }
}

/** What stands in a code block, whose lines end where its parts do. */
export const codeText = (code: Element | null | undefined): string =>
  [...(code?.childNodes ?? [])]
    .map((each) =>
      each instanceof Element && each.className === 'part'
        ? `\n${each.textContent}`
        : each.textContent,
    )
    .join('');
