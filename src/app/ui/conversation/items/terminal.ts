import type { TerminalOutput } from '../../../../core/session/terminals.ts';
import { cleanText } from '../../../../core/text/sanitise.ts';
import { element } from '../markdown/dom.ts';
import type { ContentPart } from './content.ts';
import { RewrittenLines, rewriteTail } from './rewritten.ts';

/** What the transcript has of a terminal; undefined when it never had it, or has it no more. */
export type TerminalSource = (id: string) => TerminalOutput | undefined;

/**
 * A terminal of the agent: its command, its output as it comes, how it ended. Text and nothing else (R68). The end
 * stays in view while it grows, unless the reader looks further up.
 */
export class TerminalView {
  readonly type = 'terminal';
  readonly element = element('div', 'terminal');
  readonly #command = element('div', 'terminal-command');
  readonly #cut = element('div', 'output-cut');
  readonly #pre = element('pre');
  readonly #status = element('div', 'terminal-status');
  #lines = new RewrittenLines();
  #drawnOf: TerminalOutput | undefined;
  #dropped = 0;
  /** How much of all its output has been drawn (UTF-16 units). */
  #drawn = 0;

  constructor(
    private readonly id: string,
    private readonly source: TerminalSource,
    /** What stands above it already. */
    private readonly title: () => string,
  ) {
    this.element.dataset['terminalId'] = id;
    this.#pre.tabIndex = 0;
    this.#pre.role = 'group';
    this.#pre.ariaLabel = 'Output';
    this.element.append(this.#command, this.#cut, this.#pre, this.#status);
    this.#draw();
    queueMicrotask(() => this.#toEnd());
  }

  /** Also when its call changed only because its output did. */
  update(part: ContentPart): boolean {
    if (part.type !== 'terminal' || part.id !== this.id) return false;
    const pre = this.#pre;
    const atEnd = pre.scrollHeight - pre.scrollTop - pre.clientHeight < 24;
    this.#draw();
    if (atEnd) this.#toEnd();
    return true;
  }

  #draw(): void {
    const terminal = this.source(this.id);
    // What is on the screen stays there, though the transcript has it no more.
    if (!terminal && this.#drawnOf) return;
    const words = terminal ? endWords(terminal) : 'The output of this terminal is not kept here.';
    this.#status.textContent = words;
    this.element.dataset['state'] = terminal ? stateOf(terminal) : 'missing';
    const command = terminal?.command ?? '';
    this.#command.textContent = cleanText(command);
    this.#command.hidden = command === '' || command === this.title();
    if (terminal) this.#drawText(terminal);
    this.#pre.hidden = this.#pre.textContent === '';
    const lost = terminal?.dropped ?? 0;
    this.#cut.hidden = lost === 0;
    this.#cut.textContent = `The first ${lost.toLocaleString()} characters are not shown.`;
  }

  #drawText(terminal: TerminalOutput): void {
    const { text, dropped, end } = terminal;
    if (terminal !== this.#drawnOf || dropped !== this.#dropped) {
      this.#pre.textContent = '';
      this.#lines = new RewrittenLines();
      this.#drawn = dropped;
      this.#dropped = dropped;
      this.#drawnOf = terminal;
    }
    const fresh = text.slice(this.#drawn - dropped);
    if (fresh !== '') rewriteTail(this.#pre, this.#lines.push(fresh));
    this.#drawn = dropped + text.length;
    if (end) rewriteTail(this.#pre, this.#lines.flush());
  }

  #toEnd(): void {
    this.#pre.scrollTop = this.#pre.scrollHeight;
  }
}

function stateOf({ end }: TerminalOutput): 'running' | 'done' | 'failed' {
  if (!end) return 'running';
  return end.exitCode === 0 ? 'done' : 'failed';
}

function endWords({ end, cut }: TerminalOutput): string {
  const rest = cut ? ' · What it wrote after this is not in the log.' : '';
  return `${stateWords(end)}${rest}`;
}

function stateWords(end: TerminalOutput['end']): string {
  if (!end) return 'Running';
  if (end.gone) return 'Ended with its agent';
  if (end.signal !== undefined) return `Ended by ${cleanText(end.signal).slice(0, 32)}`;
  return end.exitCode === undefined ? 'Could not be started' : `Exit code ${end.exitCode}`;
}
