import { diffLines } from 'diff';

export type DiffRow =
  | { kind: 'same'; old: number; new: number; text: string }
  | { kind: 'add'; new: number; text: string }
  | { kind: 'del'; old: number; text: string }
  /** Unchanged lines that are folded away. */
  | { kind: 'fold'; rows: Extract<DiffRow, { kind: 'same' }>[] };

export interface FileDiff {
  readonly rows: DiffRow[];
  readonly added: number;
  readonly removed: number;
  /** The texts were too different to be compared in time: all of the old one goes, all of the new one comes. */
  readonly rough: boolean;
}

const CONTEXT = 3;
/** How long a comparison may hold up the page, ms. */
const TIMEOUT_MS = 60;

/** Line by line. `oldText` undefined: the file is new. */
export function diffTexts(oldText: string | undefined, newText: string): FileDiff {
  const before = oldText ?? '';
  const parts = diffLines(before, newText, { timeout: TIMEOUT_MS });
  const changes = parts ?? [
    { value: before, removed: true, added: false },
    { value: newText, removed: false, added: true },
  ];
  const rows: DiffRow[] = [];
  let oldLine = 1;
  let newLine = 1;
  let added = 0;
  let removed = 0;
  for (const [index, change] of changes.entries()) {
    const lines = linesOf(change.value);
    if (change.added) {
      added += lines.length;
      for (const text of lines) rows.push({ kind: 'add', new: newLine++, text });
    } else if (change.removed) {
      removed += lines.length;
      for (const text of lines) rows.push({ kind: 'del', old: oldLine++, text });
    } else {
      const same = lines.map((text) => ({
        kind: 'same' as const,
        old: oldLine++,
        new: newLine++,
        text,
      }));
      rows.push(...folded(same, index === 0, index === changes.length - 1));
    }
  }
  return { rows, added, removed, rough: parts === undefined };
}

/** Keeps what stands next to a change and folds the rest, unless that hides next to nothing. */
export function folded(
  same: Extract<DiffRow, { kind: 'same' }>[],
  first: boolean,
  last: boolean,
): DiffRow[] {
  const head = first ? 0 : CONTEXT;
  const tail = last ? 0 : CONTEXT;
  if (same.length <= head + tail + 2) return same;
  const middle = same.slice(head, same.length - tail);
  return [
    ...same.slice(0, head),
    { kind: 'fold', rows: middle },
    ...same.slice(same.length - tail, same.length),
  ];
}

function linesOf(text: string): string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
