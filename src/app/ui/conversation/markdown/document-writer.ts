import { CleanStream } from './clean-stream.ts';
import { appendInline, directed, element } from './dom.ts';
import { GrowingBlock } from './growing-block.ts';
import { InlineWriter } from './inline-writer.ts';
import { parseInline } from './inline.ts';
import {
  matchLine,
  splitRow,
  type Align,
  type Container,
  type LeafState,
  type LinePart,
  type MatchedLine,
} from './lines.ts';
import { Sections } from './sections.ts';
import type { MarkdownWriter } from './writer.ts';

/** Longer first lines are not kept for the case that a table follows. */
const MAX_HEADER = 4_000;
const MAX_LANGUAGE = 40;

type Leaf = LeafState & {
  readonly target?: HTMLElement;
  readonly code?: GrowingBlock;
  inline?: InlineWriter;
};

/**
 * Writes markdown into an element as it streams (R68): its own parser, line by line, so that a line is
 * placed as soon as no continuation could place it elsewhere. docs/adr/0009 lists what differs from CommonMark.
 */
export class DocumentWriter implements MarkdownWriter {
  readonly #clean = new CleanStream();
  readonly #sections: Sections;
  readonly #containers: { state: Container; content: HTMLElement; list?: HTMLElement }[] = [];
  #leaf: Leaf = { type: 'none' };
  /** The line under way, and how much of it its leaf has got; `undefined` while undecided. */
  #line = '';
  #fed: number | undefined;
  /** Blank lines in indented code that only count if more code follows. */
  #blanks = 0;
  #ended = false;

  /** @param coded told of each code block with a language, when it is finished. */
  constructor(
    root: HTMLElement,
    private readonly coded?: (code: HTMLElement) => void,
  ) {
    this.#sections = new Sections(root);
  }

  write(text: string): void {
    if (this.#ended) return;
    this.#take(this.#clean.push(text));
    this.#leaf.inline?.draw();
  }

  end(): void {
    if (this.#ended) return;
    this.#take(this.#clean.flush());
    this.#ended = true;
    if (this.#line !== '') this.#finishLine();
    this.#closeLeaf();
  }

  #take(text: string): void {
    let from = 0;
    for (let newline = text.indexOf('\n'); newline >= 0; newline = text.indexOf('\n', from)) {
      this.#grow(text.slice(from, newline));
      this.#finishLine();
      from = newline + 1;
    }
    if (from < text.length) {
      this.#grow(text.slice(from));
      this.#growPartial();
    }
  }

  #grow(text: string): void {
    // Once a line is placed only what is new of it is of interest.
    if (this.#fed === undefined) this.#line += text;
    else {
      this.#line = this.#line.slice(this.#fed) + text;
      this.#fed = 0;
    }
  }

  #growPartial(): void {
    if (this.#fed === undefined) {
      const matched = matchLine(this.#state(), this.#line, false);
      if (!matched) return;
      this.#place(matched);
      this.#fed = matched.offset;
    }
    this.#feed();
  }

  #finishLine(): void {
    if (this.#fed === undefined) {
      const matched = matchLine(this.#state(), this.#line, true)!;
      this.#place(matched);
      this.#fed = matched.offset;
    }
    this.#feed();
    this.#endLine();
    this.#line = '';
    this.#fed = undefined;
  }

  #state() {
    return { containers: this.#containers.map((entry) => entry.state), leaf: this.#leaf };
  }

  /** Gives the leaf what is new of its line. */
  #feed(): void {
    const text = this.#line.slice(this.#fed);
    this.#fed = this.#line.length;
    const leaf = this.#leaf;
    if (text === '') return;
    if (leaf.type === 'paragraph') {
      leaf.inline!.write(text);
      if (leaf.header !== undefined) {
        const header = leaf.header + text;
        this.#leaf = { ...leaf, header: header.length > MAX_HEADER ? undefined : header };
      }
    } else if (leaf.type === 'fence' || leaf.type === 'indented') leaf.code!.text(text);
    else if (leaf.type === 'table') this.#addRow(leaf.target!, text);
    else this.#heading?.write(text);
  }

  #heading: { write(text: string): void; end(): void } | undefined;

  #endLine(): void {
    this.#heading?.end();
    this.#heading = undefined;
  }

  #place({ keep, open, part }: MatchedLine): void {
    const continues = open.length === 0 && keep === this.#containers.length;
    switch (part.type) {
      case 'fence-text':
        if (!this.#firstInBlock) this.#leaf.code!.lineEnd();
        this.#firstInBlock = false;
        return;
      case 'fence-end':
        return this.#closeLeaf();
      case 'row':
        return;
      case 'text':
        if (continues && this.#leaf.type === 'paragraph') {
          this.#leaf.inline!.write('\n');
          this.#leaf = { ...this.#leaf, header: undefined };
          return;
        }
        break;
      case 'indented':
        if (continues && this.#leaf.type === 'indented') {
          this.#leaf.code!.lineEnd(this.#blanks);
          this.#blanks = 0;
          return;
        }
        break;
      case 'blank':
        if (continues && this.#leaf.type === 'indented') {
          this.#blanks++;
          return;
        }
        break;
      case 'table':
        return this.#startTable(part.aligns);
    }
    this.#closeLeaf();
    this.#openContainers(keep, open);
    this.#openLeaf(part);
  }

  #firstInBlock = true;

  #openContainers(keep: number, open: Container[]): void {
    const left = this.#containers[keep];
    this.#containers.length = keep;
    for (const [index, state] of open.entries()) {
      if (state.type === 'quote') {
        this.#containers.push({ state, content: this.#add(directed('blockquote')) });
        continue;
      }
      // The next item of a list that was just left goes into the same list.
      const sibling =
        index === 0 && left?.state.type === 'item' && left.state.marker === state.marker
          ? left.list
          : undefined;
      const list = sibling ?? this.#add(newList(state.start));
      this.#containers.push({ state, list, content: list.appendChild(element('li')) });
    }
  }

  #openLeaf(part: LinePart): void {
    switch (part.type) {
      case 'text': {
        const paragraph = this.#add(element('p'));
        if (part.task !== undefined) paragraph.appendChild(taskBox(part.task));
        const header = part.task === undefined ? '' : undefined;
        const inline = new InlineWriter(paragraph);
        this.#leaf = { type: 'paragraph', header, target: paragraph, inline };
        return;
      }
      case 'heading': {
        // Two levels down: the page has headings of its own.
        const level = Math.min(part.level + 2, 6) as 3 | 4 | 5 | 6;
        const heading = this.#add(element(`h${level}`));
        heading.dataset['level'] = String(part.level);
        this.#heading = headingWriter(heading);
        return;
      }
      case 'rule':
        this.#add(element('hr'));
        return;
      case 'fence': {
        const { char, length, indent } = part;
        const code = this.#addCode(part.info);
        this.#leaf = { type: 'fence', char, length, indent, code };
        this.#firstInBlock = true;
        return;
      }
      case 'indented':
        this.#leaf = { type: 'indented', code: this.#addCode('') };
        return;
      default:
    }
  }

  #startTable(aligns: Align[]): void {
    const leaf = this.#leaf;
    if (leaf.type !== 'paragraph') return;
    const wrapper = element('div', 'table');
    wrapper.tabIndex = 0;
    const table = wrapper.appendChild(element('table'));
    const head = table.appendChild(element('thead'));
    leaf.target!.replaceWith(wrapper);
    this.#aligns = aligns;
    fillRow(head.appendChild(element('tr')), leaf.header!, 'th', aligns);
    this.#leaf = { type: 'table', target: table.appendChild(element('tbody')) };
  }

  #aligns: Align[] = [];

  #addRow(body: HTMLElement, text: string): void {
    fillRow(body.appendChild(element('tr')), text, 'td', this.#aligns);
  }

  #closeLeaf(): void {
    const { inline, code } = this.#leaf;
    inline?.end();
    if (code?.root.dataset['language']) this.coded?.(code.root);
    this.#leaf = { type: 'none' };
    this.#blanks = 0;
  }

  #add<T extends HTMLElement>(block: T): T {
    const inner = this.#containers.at(-1)?.content;
    if (inner) inner.appendChild(block);
    else this.#sections.add(block);
    return block;
  }

  #addCode(info: string): GrowingBlock {
    const { block, code } = codeBlock(info);
    this.#add(block);
    return new GrowingBlock(code);
  }
}

function newList(start: number | undefined): HTMLElement {
  if (start === undefined) return directed('ul');
  const list = directed('ol');
  if (start !== 1) list.start = start;
  return list;
}

function taskBox(done: boolean): HTMLElement {
  const box = element('input', 'task');
  box.type = 'checkbox';
  box.disabled = true;
  // The attribute too, so that the state is part of the markup.
  box.toggleAttribute('checked', done);
  box.ariaLabel = done ? 'done' : 'open';
  return box;
}

function codeBlock(info: string): { block: HTMLElement; code: HTMLElement } {
  const language = /^[\w+#.-]*/.exec(info)![0].slice(0, MAX_LANGUAGE);
  const block = element('div', 'code');
  const head = block.appendChild(element('div', 'code-head'));
  head.appendChild(element('span')).textContent = language || 'text';
  const copy = head.appendChild(element('button', 'copy'));
  copy.type = 'button';
  copy.dataset['copy'] = 'code';
  copy.textContent = 'Copy';
  const pre = block.appendChild(element('pre'));
  pre.tabIndex = 0;
  const code = pre.appendChild(element('code'));
  if (language) code.dataset['language'] = language;
  return { block, code };
}

/** Closing hashes are no part of a heading; whether hashes close it is known at its end. */
function headingWriter(target: HTMLElement): { write(text: string): void; end(): void } {
  const inline = new InlineWriter(target);
  let held = '';
  let empty = true;
  return {
    write(text) {
      const all = held + text;
      const tail = /[ \t#]*$/.exec(all)!;
      inline.write(all.slice(0, tail.index));
      empty &&= tail.index === 0;
      held = tail[0];
      inline.draw();
    },
    end() {
      inline.write(held.replace(empty ? /^#*[ \t]*$/ : /[ \t]+#*[ \t]*$/, ''));
      inline.end();
    },
  };
}

function fillRow(
  row: HTMLElement,
  text: string,
  name: 'th' | 'td',
  aligns: readonly Align[],
): void {
  const cells = splitRow(text);
  for (const [index, align] of aligns.entries()) {
    const cell = row.appendChild(element(name));
    if (align) cell.className = align;
    appendInline(cell, parseInline(cells[index] ?? '', '', true).committed);
  }
}
