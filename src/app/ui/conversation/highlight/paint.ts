import { element } from '../markdown/dom.ts';
import { KINDS } from './kinds.ts';

/** Longer lines stay as they are, UTF-16 units: a stretch is painted in one go, and no frame waits for it. */
const MAX_STRETCH = 16 * 1024;

/** A stretch of a code block that is painted at once: its own text, or that of a part of it. */
export interface Stretch {
  readonly parent: Element;
  /** Its text nodes; all of them siblings. */
  readonly texts: readonly Text[];
  /** Where it begins in the block's text, UTF-16 units. */
  readonly start: number;
}

/** The block's stretches, in their order, but for those with very long lines. @see codeText for what stands between them. */
export function stretchesOf(code: Element): Stretch[] {
  const stretches: Stretch[] = [];
  let start = 0;
  for (const parent of [code, ...code.querySelectorAll('.part')]) {
    const texts = [...parent.childNodes].filter((each) => each instanceof Text);
    const length = texts.reduce((sum, { data }) => sum + data.length, 0);
    if (length <= MAX_STRETCH) stretches.push({ parent, texts, start });
    start += length + 1;
  }
  return stretches;
}

/** Puts its runs into elements of their kinds. The text stays what it is. */
export function paint({ parent, texts, start }: Stretch, runs: Uint32Array): void {
  const [first] = texts;
  if (!first) return;
  const text = texts.map(({ data }) => data).join('');
  const end = start + text.length;
  const drawn = document.createDocumentFragment();
  let at = start;
  const plainTo = (to: number): void => {
    if (to > at) drawn.append(text.slice(at - start, to - start));
    at = Math.max(at, to);
  };
  for (let i = firstRunAfter(runs, start); i < runs.length && runs[i]! < end; i += 3) {
    const from = Math.max(start, runs[i]!);
    const to = Math.min(end, runs[i + 1]!);
    plainTo(from);
    const run = element('span', `hl-${KINDS[runs[i + 2]!]}`);
    run.textContent = text.slice(from - start, to - start);
    drawn.append(run);
    at = to;
  }
  plainTo(end);
  parent.insertBefore(drawn, first);
  for (const each of texts) each.remove();
}

/** The index of the first run that ends after `place`. */
function firstRunAfter(runs: Uint32Array, place: number): number {
  let low = 0;
  let high = runs.length / 3;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[3 * middle + 1]! > place) high = middle;
    else low = middle + 1;
  }
  return 3 * low;
}
