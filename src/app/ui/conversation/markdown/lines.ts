/** What is open where the next line begins. */
export interface LineState {
  readonly containers: readonly Container[];
  readonly leaf: LeafState;
}

export type Container =
  | { readonly type: 'quote' }
  | {
      readonly type: 'item';
      /** Columns that a line must be indented by to belong to the item. */
      readonly indent: number;
      /** Bullet character, or the delimiter after the number. */
      readonly marker: string;
      readonly start: number | undefined;
    };

export type LeafState =
  | { readonly type: 'none' }
  /** `header`: its only line so far, while it could be a table's header. */
  | { readonly type: 'paragraph'; readonly header: string | undefined }
  | {
      readonly type: 'fence';
      readonly char: string;
      readonly length: number;
      readonly indent: number;
    }
  | { readonly type: 'indented' }
  | { readonly type: 'table' };

export type LinePart =
  | { type: 'blank' }
  | { type: 'text'; task?: boolean }
  | { type: 'heading'; level: number }
  | { type: 'rule' }
  | { type: 'fence'; char: string; length: number; indent: number; info: string }
  | { type: 'fence-text' }
  | { type: 'fence-end' }
  | { type: 'indented' }
  | { type: 'table'; aligns: Align[] }
  | { type: 'row' };

export type Align = 'left' | 'center' | 'right' | undefined;

export interface MatchedLine {
  /** How many of the open containers go on. */
  keep: number;
  open: Container[];
  part: LinePart;
  /** Where the part's own text begins. */
  offset: number;
}

/** Quotes and lists deeper than this are text; the document must not become arbitrarily deep. */
const MAX_DEPTH = 16;
/** Lines of nothing but marks are text when longer than this. */
const MAX_MARKS = 2_000;

const MARKS_ONLY = /^[\s>#*+_=|:~`\-0-9.)]*$/;
/** A number that no delimiter follows is text, whatever comes after it: “1 2 3”. */
const NUMBER_ONLY = /\d[^\d.)]/;
const RULE = /^([-*_])(?:[ \t]*\1){2,}[ \t]*$/;
const BULLET = /^([-*+])(?=[ \t]|$)/;
const NUMBER = /^(\d{1,9})([.)])(?=[ \t]|$)/;
const HEADING = /^(#{1,6})(?:[ \t]+|$)/;
const FENCE = /^(`{3,}|~{3,})([^]*)$/;
const DELIMITER_ROW = /^\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
const TASK = /^\[([ xX])\][ \t]/;

/**
 * What a line is, given what is open before it. `complete` is false while the line may still grow: then
 * the answer is `undefined` until no continuation could change it.
 */
export function matchLine(
  state: LineState,
  line: string,
  complete: boolean,
): MatchedLine | undefined {
  let at = 0;
  let keep = 0;
  for (const container of state.containers) {
    const next = continueContainer(container, line, at);
    if (next === undefined) break;
    at = next;
    keep++;
  }
  const all = keep === state.containers.length;
  const { leaf } = state;
  if (leaf.type === 'fence' && all) return matchFenceText(leaf, line, at, keep, complete);
  if (isBlank(line, at)) {
    return complete ? { keep, open: [], part: { type: 'blank' }, offset: line.length } : undefined;
  }
  if (!complete) {
    if (leaf.type === 'table' && all) return undefined;
    const rest = line.slice(at, at + MAX_MARKS + 1);
    if (rest.length <= MAX_MARKS && MARKS_ONLY.test(rest) && !NUMBER_ONLY.test(rest)) {
      return undefined;
    }
  }
  const open: Container[] = [];
  const inParagraph = leaf.type === 'paragraph';
  for (;;) {
    const space = indentAt(line, at);
    const rest = line.slice(space.end, space.end + MAX_MARKS + 1);
    const lazyOrSame = inParagraph && open.length === 0;
    if (space.columns >= 4) {
      const part: LinePart = { type: lazyOrSame ? 'text' : 'indented' };
      return lazyOrSame
        ? { keep: state.containers.length, open, part, offset: space.end }
        : { keep, open, part, offset: skipColumns(line, at, 4) };
    }
    // Only a complete line can be a rule, so this does not depend on where the line was cut.
    if (complete && rest.length <= MAX_MARKS && RULE.test(rest)) {
      const header =
        leaf.type === 'paragraph' && all && open.length === 0 ? leaf.header : undefined;
      const table = tableStart(header, rest);
      return { keep, open, part: table ?? { type: 'rule' }, offset: line.length };
    }
    const container =
      keep + open.length < MAX_DEPTH
        ? startContainer(rest, space.columns, lazyOrSame && all)
        : undefined;
    if (!container) {
      const { columns, end } = space;
      return matchLeaf(state, { keep, open, all, at: end, columns, rest }, line, complete);
    }
    open.push(container.container);
    at = space.end + container.width;
    if (isBlank(line, at)) {
      return complete ? { keep, open, part: { type: 'blank' }, offset: line.length } : undefined;
    }
  }
}

function matchLeaf(
  state: LineState,
  found: {
    keep: number;
    open: Container[];
    all: boolean;
    at: number;
    columns: number;
    rest: string;
  },
  line: string,
  complete: boolean,
): MatchedLine | undefined {
  const { keep, open, all, at, rest } = found;
  const { leaf } = state;
  const heading = HEADING.exec(rest);
  if (heading) {
    const part: LinePart = { type: 'heading', level: heading[1]!.length };
    return { keep, open, part, offset: at + heading[0].length };
  }
  const fence = FENCE.exec(rest);
  if (fence && rest.length <= MAX_MARKS) {
    const mark = fence[1]!;
    const info = fence[2]!;
    if (mark[0] === '~' || !info.includes('`')) {
      if (!complete) return undefined;
      const indent = found.columns;
      return {
        keep,
        open,
        part: { type: 'fence', char: mark[0]!, length: mark.length, indent, info: info.trim() },
        offset: line.length,
      };
    }
  }
  if (all && open.length === 0) {
    if (leaf.type === 'table' && line.includes('|', at)) {
      return { keep, open, part: { type: 'row' }, offset: at };
    }
    if (leaf.type === 'paragraph' && complete) {
      const table = tableStart(leaf.header, rest);
      if (table) return { keep, open, part: table, offset: line.length };
    }
  }
  if (open.at(-1)?.type === 'item') {
    const task = TASK.exec(rest);
    if (task) {
      const part: LinePart = { type: 'text', task: task[1] !== ' ' };
      return { keep, open, part, offset: at + task[0].length };
    }
    if (!complete && /^\[(?:[ xX](?:\])?)?$/.test(rest)) return undefined;
  }
  // A paragraph goes on even where its quote or list marks were left out.
  const lazy = leaf.type === 'paragraph' && open.length === 0;
  return { keep: lazy ? state.containers.length : keep, open, part: { type: 'text' }, offset: at };
}

function matchFenceText(
  leaf: Extract<LeafState, { type: 'fence' }>,
  line: string,
  at: number,
  keep: number,
  complete: boolean,
): MatchedLine | undefined {
  const marks = indentAt(line, at);
  const offset = skipColumns(line, at, Math.min(leaf.indent, marks.columns));
  if (marks.columns < 4) {
    let end = marks.end;
    while (line[end] === leaf.char) end++;
    const closes = isBlank(line, end) && (end > marks.end || !complete);
    // Undecided: the line is so far nothing but what could be the closing marks.
    if (!complete && closes) return undefined;
    if (closes && end - marks.end >= leaf.length) {
      return { keep, open: [], part: { type: 'fence-end' }, offset: line.length };
    }
  }
  return { keep, open: [], part: { type: 'fence-text' }, offset };
}

function continueContainer(container: Container, line: string, at: number): number | undefined {
  const space = indentAt(line, at);
  if (container.type === 'quote') {
    if (space.columns > 3 || line[space.end] !== '>') return undefined;
    const next = space.end + 1;
    return line[next] === ' ' || line[next] === '\t' ? next + 1 : next;
  }
  if (space.columns >= container.indent) return skipColumns(line, at, container.indent);
  if (isBlank(line, at)) return space.end;
  // Bullets under a number are meant to be inside it, also with two spaces only.
  const sloppy = container.start !== undefined && space.columns >= 2;
  return sloppy && BULLET.test(line.slice(space.end, space.end + 2)) ? space.end : undefined;
}

function startContainer(
  rest: string,
  columns: number,
  interrupts: boolean,
): { container: Container; width: number } | undefined {
  if (rest[0] === '>') {
    const spaced = rest[1] === ' ' || rest[1] === '\t';
    return { container: { type: 'quote' }, width: spaced ? 2 : 1 };
  }
  const bullet = BULLET.exec(rest);
  const number = bullet ? null : NUMBER.exec(rest);
  if (!bullet && !number) return undefined;
  const marker = bullet ? bullet[1]! : number![2]!;
  const width = bullet ? 1 : number![0].length;
  const start = number ? Number(number[1]) : undefined;
  const after = indentAt(rest, width);
  const empty = isBlank(rest, width);
  // "1986." at a line's start inside a paragraph is no list, nor is a lone dash.
  if (interrupts && (empty || (start !== undefined && start !== 1))) return undefined;
  const gap = empty || after.columns > 4 ? 1 : after.columns;
  return {
    container: { type: 'item', indent: columns + width + gap, marker, start },
    width: empty ? width : after.columns > 4 ? width + 1 : after.end,
  };
}

function tableStart(header: string | undefined, rest: string): LinePart | undefined {
  if (header === undefined || !header.includes('|')) return undefined;
  if (rest.length > MAX_MARKS || !DELIMITER_ROW.test(rest)) return undefined;
  const aligns = splitRow(rest).map((cell): Align => {
    const left = cell.startsWith(':');
    const right = cell.endsWith(':');
    return left && right ? 'center' : right ? 'right' : left ? 'left' : undefined;
  });
  return aligns.length === splitRow(header).length ? { type: 'table', aligns } : undefined;
}

/** A table row's cells, trimmed; `\|` is a bar in a cell. */
export function splitRow(row: string): string[] {
  const cells: string[] = [];
  let cell = '';
  const text = row.trim();
  for (let i = text[0] === '|' ? 1 : 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === '\\' && text[i + 1] === '|') {
      cell += '|';
      i++;
    } else if (char === '|') {
      cells.push(cell.trim());
      cell = '';
      if (i === text.length - 1) return cells;
    } else cell += char;
  }
  cells.push(cell.trim());
  return cells;
}

function indentAt(line: string, at: number): { columns: number; end: number } {
  let columns = 0;
  let end = at;
  for (; end < line.length; end++) {
    if (line[end] === ' ') columns++;
    else if (line[end] === '\t') columns += 4 - (columns % 4);
    else break;
  }
  return { columns, end };
}

function skipColumns(line: string, at: number, columns: number): number {
  let seen = 0;
  let end = at;
  for (; end < line.length && seen < columns; end++) {
    if (line[end] === ' ') seen++;
    else if (line[end] === '\t') seen += 4 - (seen % 4);
    else break;
  }
  return end;
}

function isBlank(line: string, at: number): boolean {
  for (let i = at; i < line.length; i++) if (line[i] !== ' ' && line[i] !== '\t') return false;
  return true;
}
