import { element } from '../markdown/dom.ts';
import { diffTexts, type DiffRow, type FileDiff } from './compute.ts';

/** Rows drawn at first, and with each click on "more". */
const PAGE = 400;

export { diffTexts, type FileDiff };

/**
 * A unified view of a file's change. Loaded on demand: most of a page's life has no diff in it.
 * @param show how a line's text is made fit to be shown (stripped, or with hidden characters revealed)
 */
export function drawDiff(diff: FileDiff, show: (text: string) => string): HTMLElement {
  const view = element('div', 'diff');
  view.tabIndex = 0;
  view.role = 'group';
  view.ariaLabel = `Changes: ${diff.added} lines added, ${diff.removed} removed`;
  const body = view.appendChild(element('div', 'diff-rows'));
  if (diff.rows.length === 0) {
    const note = body.appendChild(element('div', 'diff-note'));
    note.textContent = 'No change in the text.';
  }
  appendPage(body, diff.rows, 0, show);
  return view;
}

function appendPage(
  body: HTMLElement,
  rows: readonly DiffRow[],
  from: number,
  show: (text: string) => string,
): void {
  const end = Math.min(rows.length, from + PAGE);
  const page = document.createDocumentFragment();
  for (let i = from; i < end; i++) page.append(drawRow(rows[i]!, show));
  if (end < rows.length) {
    const more = foldButton(
      `Show ${Math.min(PAGE, rows.length - end)} more of ${rows.length - end} lines`,
    );
    more.addEventListener('click', () => {
      more.remove();
      appendPage(body, rows, end, show);
    });
    page.append(more);
  }
  body.append(page);
}

function drawRow(row: DiffRow, show: (text: string) => string): HTMLElement {
  if (row.kind === 'fold') {
    const fold = foldButton(`${row.rows.length} unchanged lines`);
    fold.addEventListener('click', () => {
      const shown = document.createDocumentFragment();
      for (const same of row.rows.slice(0, PAGE)) shown.append(drawRow(same, show));
      const rest = row.rows.slice(PAGE);
      if (rest.length > 0) shown.append(drawRow({ kind: 'fold', rows: rest }, show));
      fold.replaceWith(shown);
    });
    return fold;
  }
  const line = element('div', `diff-row ${row.kind}`);
  line.append(
    cell('ln', 'old' in row ? String(row.old) : ''),
    cell('ln', 'new' in row ? String(row.new) : ''),
    cell('sign', row.kind === 'add' ? '+' : row.kind === 'del' ? '−' : ' '),
    cell('text', show(row.text)),
  );
  return line;
}

function cell(className: string, text: string): HTMLElement {
  const span = element('span', className);
  span.textContent = text;
  return span;
}

function foldButton(label: string): HTMLButtonElement {
  const button = element('button', 'diff-fold');
  button.type = 'button';
  button.textContent = label;
  return button;
}
