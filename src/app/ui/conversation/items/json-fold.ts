import { cleanText } from '../../../../core/text/sanitise.ts';
import { element } from '../markdown/dom.ts';

/** Any value, folded, as JSON; made only when it is opened. */
export const jsonFold = (
  label: string,
  value: unknown,
  open = false,
  show: (text: string) => string = cleanText,
): HTMLDetailsElement => fold(label, () => show(prettyJson(value)), open);

/** Text that is made and drawn only when somebody looks. */
export function fold(label: string, text: () => string, open = false): HTMLDetailsElement {
  const details = element('details', 'fold');
  const summary = element('summary');
  summary.textContent = label;
  const pre = element('pre');
  pre.tabIndex = 0;
  details.append(summary, pre);
  const fill = (): void => {
    if (details.open && !pre.firstChild) pre.textContent = text();
  };
  details.addEventListener('toggle', fill);
  details.open = open;
  fill();
  return details;
}

/** Any value as indented JSON, with `max` characters at most and a word on what is left out. */
export function prettyJson(value: unknown, max = 200_000): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(value, undefined, 2);
  } catch {
    // A cycle cannot come off the wire; a test could make one.
  }
  return shortened(json ?? String(value), max);
}

export const shortened = (all: string, max = 200_000): string =>
  all.length <= max ? all : `${all.slice(0, max)}\n… ${all.length - max} more characters`;
