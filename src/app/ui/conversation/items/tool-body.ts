import { cleanText } from '../../../../core/text/sanitise.ts';
import type { ToolPatch } from '../../../../core/session/event.ts';
import { appendText, element } from '../markdown/dom.ts';
import { attachment } from './attachment.ts';
import { jsonFold } from './json-fold.ts';
import { TerminalView, type TerminalSource } from './terminal.ts';
import { commandOf, toolParts, unfence, type ContentPart } from './content.ts';
import { MAX_LINE, rewritten } from './rewritten.ts';

/** Longer output is shown by its end. */
const MAX_OUTPUT = 60_000;

export interface PartView {
  readonly type: ContentPart['type'];
  readonly element: HTMLElement;
  /** Takes the part's new state; false: draw it anew. */
  update(part: ContentPart): boolean;
}

/** Lines that a diff added and removed; shown in the card's head. */
export type DiffCounts = (added: number, removed: number) => void;

/** What a tool call shows when it is unfolded. Made when that happens, and kept up to date from then on. */
export class ToolBody {
  readonly element = element('div', 'tool-body');
  readonly #command = element('pre', 'command');
  readonly #places = element('ul', 'places');
  readonly #parts: PartView[] = [];
  readonly #raw = element('div', 'raws');
  #rawKey: unknown[] = [];
  #title = '';

  constructor(
    private readonly counts: DiffCounts,
    private readonly terminals: TerminalSource,
  ) {
    this.#command.tabIndex = 0;
    this.element.append(this.#command, this.#places, this.#raw);
  }

  update(call: ToolPatch, running: boolean): void {
    const command = commandOf(call);
    const parts = toolParts(call);
    this.#title = call.title?.replaceAll('`', '') ?? '';
    // Not twice: many agents make the command the title, or show the terminal that runs it.
    this.#command.hidden =
      command === undefined ||
      this.#title === command ||
      parts.some((part) => part.type === 'terminal' && this.#runs(part.id, command));
    if (command !== undefined) this.#command.textContent = cleanText(command);
    this.#drawPlaces(call, parts);
    for (const [index, part] of parts.entries()) {
      const view = this.#parts[index];
      if (view?.type === part.type && view.update(part)) continue;
      const next = this.#draw(part, running);
      if (view) view.element.replaceWith(next.element);
      else this.#raw.before(next.element);
      this.#parts[index] = next;
    }
    for (const view of this.#parts.splice(parts.length)) view.element.remove();
    const raws = [call.rawInput, call.rawOutput];
    if (raws.some((value, index) => value !== this.#rawKey[index])) {
      this.#rawKey = raws;
      this.#raw.replaceChildren(
        ...(call.rawInput === undefined ? [] : [jsonFold('Input', call.rawInput)]),
        ...(call.rawOutput === undefined ? [] : [jsonFold('Raw output', call.rawOutput)]),
      );
    }
  }

  #runs(terminal: string, command: string): boolean {
    return this.terminals(terminal)?.command.includes(command) ?? false;
  }

  #drawPlaces(call: ToolPatch, parts: readonly ContentPart[]): void {
    const inDiff = (path: string): boolean =>
      parts.some((part) => part.type === 'diff' && part.path === path);
    const places = (call.locations ?? []).filter(({ path }) => !inDiff(path));
    this.#places.hidden = places.length === 0;
    if (places.length === this.#places.childElementCount) return;
    this.#places.replaceChildren(
      ...places.map(({ path, line }) => {
        const entry = element('li');
        entry.textContent = cleanText(line ? `${path}:${line}` : path);
        return entry;
      }),
    );
  }

  #draw(part: ContentPart, running: boolean): PartView {
    if (part.type === 'text') return new OutputView(part.text, running);
    if (part.type === 'diff') return diffPart(part, cleanText, this.counts);
    if (part.type === 'terminal') {
      return new TerminalView(part.id, this.terminals, () => this.#title);
    }
    return { type: part.type, element: attachment(part), update: () => false };
  }
}

/** Output as it comes: its end stays in view while it grows, unless the reader looks further up. */
class OutputView implements PartView {
  readonly type = 'text';
  readonly element = element('div', 'output');
  readonly #cut = element('div', 'output-cut');
  readonly #pre = element('pre');
  #shown = '';

  constructor(text: string, running: boolean) {
    this.#pre.tabIndex = 0;
    this.#cut.hidden = true;
    this.element.append(this.#cut, this.#pre);
    this.#set(text);
    if (running) queueMicrotask(() => this.#toEnd());
  }

  update(part: ContentPart): boolean {
    if (part.type !== 'text') return false;
    const pre = this.#pre;
    const atEnd = pre.scrollHeight - pre.scrollTop - pre.clientHeight < 24;
    this.#set(part.text);
    if (atEnd) this.#toEnd();
    return true;
  }

  #set(raw: string): void {
    const text = unfence(raw);
    if (text === this.#shown) return;
    const last = text.charCodeAt(this.#shown.length - 1);
    const grown =
      text.length <= MAX_OUTPUT &&
      this.#shown !== '' &&
      // An escape sequence at the seam could be cut in two: then all is drawn again.
      last >= 32 &&
      text.startsWith(this.#shown) &&
      !this.#shown.slice(-64).includes('\u001b') &&
      // What rewrites its last line could reach back over the seam.
      !text.includes('\r', this.#shown.length - MAX_LINE);
    if (grown) appendText(this.#pre, cleanText(text.slice(this.#shown.length)));
    else {
      const skipped = Math.max(0, text.length - MAX_OUTPUT);
      this.#pre.textContent = rewritten(text.slice(skipped));
      this.#cut.hidden = skipped === 0;
      this.#cut.textContent = `The first ${skipped.toLocaleString()} characters are not shown.`;
    }
    this.#shown = text;
  }

  #toEnd(): void {
    this.#pre.scrollTop = this.#pre.scrollHeight;
  }
}

/** A diff, with its module loaded when the first one is drawn. */
export function diffPart(
  part: Extract<ContentPart, { type: 'diff' }>,
  show: (text: string) => string,
  counts: DiffCounts,
): PartView {
  const block = element('figure', 'diff-block');
  const caption = element('figcaption');
  caption.textContent = show(part.path);
  const waiting = element('div', 'diff-note');
  waiting.textContent = 'Comparing…';
  block.append(caption, waiting);
  let current = part;
  const draw = async (): Promise<void> => {
    const wanted = current;
    try {
      const { diffTexts, drawDiff } = await import('../diff/diff-view.ts');
      if (wanted !== current) return;
      const diff = diffTexts(wanted.oldText, wanted.newText);
      counts(diff.added, diff.removed);
      if (diff.rough) caption.append(' (too different to compare line by line)');
      block.replaceChildren(caption, drawDiff(diff, show));
    } catch {
      // Offline, before the module was ever loaded: the new text is better than nothing.
      const pre = element('pre', 'attachment');
      pre.textContent = show(wanted.newText);
      block.replaceChildren(caption, pre);
    }
  };
  void draw();
  return {
    type: 'diff',
    element: block,
    update(next) {
      if (next.type !== 'diff') return false;
      if (next.newText === current.newText && next.oldText === current.oldText) return true;
      if (next.path !== current.path) return false;
      current = next;
      void draw();
      return true;
    },
  };
}
