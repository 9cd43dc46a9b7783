import { element } from './dom.ts';

/** Blocks of a section; as many stand beside the sections, before the first. */
const BLOCKS = 8;

/**
 * The blocks of a document, of which only the last grows. In each frame in which it does, the browser goes over all that
 * stand beside it: where they are, and what is painted of them. So the blocks of a long document stand in sections, which
 * it passes over as a whole (docs/adr/0009). Where they part depends on the blocks alone, and looks like nothing.
 */
export class Sections {
  #end: HTMLElement;

  constructor(private readonly root: HTMLElement) {
    this.#end = root;
  }

  add(block: HTMLElement): void {
    const last = this.#end.lastElementChild;
    // Headings and rules say how far below them the next block stands, and can of one beside them only.
    if (this.#end.childElementCount < BLOCKS || /^H[\dR]$/.test(last!.tagName))
      this.#end.appendChild(block);
    else {
      this.#end = element('div', 'section');
      this.#end.appendChild(block);
      this.root.appendChild(this.#end);
    }
  }
}
