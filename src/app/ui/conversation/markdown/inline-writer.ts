import { appendInline } from './dom.ts';
import { GrowingBlock } from './growing-block.ts';
import { parseInline } from './inline.ts';

/** Streams inline markdown into one block element: what is final stays, the unfinished end is redrawn. */
export class InlineWriter {
  #tail = '';
  #before = '';
  #provisional: HTMLElement | undefined;
  readonly #block: GrowingBlock;

  constructor(parent: HTMLElement) {
    this.#block = new GrowingBlock(parent);
  }

  /** Takes text; nothing is drawn before {@link draw} or {@link end}. */
  write(text: string): void {
    this.#tail += text;
  }

  draw(): void {
    this.#parse(false);
  }

  end(): void {
    this.#parse(true);
  }

  #parse(complete: boolean): void {
    const { committed, used, provisional } = parseInline(this.#tail, this.#before, complete);
    this.#provisional?.remove();
    this.#provisional = undefined;
    if (used > 0) {
      this.#block.inline(committed);
      this.#before = this.#tail[used - 1]!;
      this.#tail = this.#tail.slice(used);
    }
    if (provisional.length > 0) {
      // In a wrapper of its own, so that it goes away in one piece.
      this.#provisional = document.createElement('span');
      appendInline(this.#provisional, provisional);
      this.#block.end.appendChild(this.#provisional);
    }
  }
}
