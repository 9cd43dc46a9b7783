import type { Inline, ParsedInline } from './inline.ts';

/**
 * Whatever opens must close within this many characters, or it is text. It bounds what has to be looked
 * at again when a paragraph grows, and holds for whole texts too, so that pieces do not matter.
 */
export const REACH = 2_000;

/** A piece of inline source: finished, or something that may still open or close. */
export interface Part {
  kind: 'node' | 'delimiter' | 'bracket';
  start: number;
  previous: Part | undefined;
  next: Part | undefined;
  /** What it looks like; for delimiters and brackets made from their characters. */
  node: Inline | undefined;
  /** Text to come may change it. */
  waits: boolean;
  char: string;
  count: number;
  canOpen: boolean;
  canClose: boolean;
  /** Brackets: may still become a link. */
  active: boolean;
  image: boolean;
  /** Brackets: their address is on its way, they are not shown. */
  hidden: boolean;
}

const blank: Part = {
  kind: 'node',
  start: 0,
  previous: undefined,
  next: undefined,
  node: undefined,
  waits: false,
  char: '',
  count: 0,
  canOpen: false,
  canClose: false,
  active: false,
  image: false,
  hidden: false,
};

/** The pieces of one inline source as a linked list, with CommonMark's matching of emphasis over them. */
export class Parts {
  #first: Part | undefined;
  #last: Part | undefined;

  add(node: Inline, start: number, waits = false): void {
    this.#append({ ...blank, start, node, waits });
  }

  text(value: string, start: number, waits: boolean): void {
    const last = this.#last;
    if (!waits && last?.kind === 'node' && !last.waits && last.node?.t === 'text') {
      last.node.v += value;
    } else this.#append({ ...blank, start, node: { t: 'text', v: value }, waits });
  }

  delimiter(
    char: string,
    start: number,
    count: number,
    canOpen: boolean,
    canClose: boolean,
    waits: boolean,
  ): void {
    this.#append({ ...blank, kind: 'delimiter', start, char, count, canOpen, canClose, waits });
  }

  bracket(image: boolean, start: number): Part {
    const part: Part = { ...blank, kind: 'bracket', start, char: image ? '![' : '[', image };
    part.active = true;
    this.#append(part);
    return part;
  }

  /** Turns a bracket into the link or image that it opened. */
  become(part: Part, node: Inline): void {
    part.kind = 'node';
    part.node = node;
    part.waits = false;
    part.active = false;
  }

  /** Removes everything after `part` and returns it as nodes. */
  takeAfter(part: Part): Inline[] {
    const nodes = toNodes(part.next, undefined);
    part.next = undefined;
    this.#last = part;
    return nodes;
  }

  /**
   * CommonMark's procedure, over everything after `bottom`.
   * @param settled brackets wait for a source that is settled up to here
   */
  matchEmphasis(bottom: Part | undefined, settled: number): void {
    // Where the search for an opener need not go again, by kind of closer.
    const floors = new Map<string, Part | undefined>();
    let closer = bottom ? bottom.next : this.#first;
    while (closer) {
      if (closer.kind !== 'delimiter' || !closer.canClose || closer.count === 0) {
        closer = closer.next;
        continue;
      }
      const key = `${closer.char}${closer.canOpen}${closer.count % 3}`;
      const floor = floors.has(key) ? floors.get(key) : bottom;
      const opener = findOpener(closer, floor, bottom);
      if (!opener) {
        floors.set(key, closer.previous);
        closer = closer.next;
        continue;
      }
      const use = opener.count >= 2 && closer.count >= 2 ? 2 : 1;
      this.#wrap(opener, closer, use, settled);
      if (closer.count === 0) {
        const after: Part | undefined = closer.next;
        this.#remove(closer);
        closer = after;
      }
    }
  }

  /** Matches what is left, and splits it into what is final and the rest as it looks for now. */
  finish(length: number, complete: boolean): ParsedInline {
    // Code, addresses and the like depend on the source alone. Brackets depend on those, and emphasis
    // on brackets: nobody gives up waiting while what stands within reach may still change.
    let settled = this.#firstThat((part) => part.kind === 'node' && part.waits)?.start ?? length;
    this.matchEmphasis(undefined, settled);
    if (complete)
      return { committed: toNodes(this.#first, undefined), used: length, provisional: [] };
    const wait = this.#firstThat((part) =>
      part.kind === 'bracket' ? bracketWaits(part, settled) : part.kind === 'node' && part.waits,
    );
    settled = wait?.start ?? length;
    const part = this.#firstThat(
      (each) =>
        each === wait ||
        (each.kind === 'delimiter' &&
          (each.waits || (each.canOpen && each.count > 0 && settled - each.start <= REACH))),
    );
    if (!part) return { committed: toNodes(this.#first, undefined), used: length, provisional: [] };
    const committed = toNodes(this.#first, part);
    return { committed, used: part.start, provisional: optimistic(part) };
  }

  #firstThat(matches: (part: Part) => boolean): Part | undefined {
    let part = this.#first;
    while (part && !matches(part)) part = part.next;
    return part;
  }

  #wrap(opener: Part, closer: Part, use: 1 | 2, settled: number): void {
    let waits = false;
    for (let part = opener.next; part && part !== closer; part = part.next) {
      // Delimiters in between have lost their chance; a bracket may still become a link.
      waits ||= part.waits || (part.kind === 'bracket' && bracketWaits(part, settled));
    }
    const children = toNodes(opener.next, closer);
    const t = opener.char === '~' ? 'del' : use === 2 ? 'strong' : 'em';
    opener.count -= use;
    const node: Part = {
      ...blank,
      start: opener.start + opener.count,
      node: { t, c: children },
      // A closer at the very end may be part of a longer run.
      waits: waits || closer.waits,
    };
    node.previous = opener;
    node.next = closer;
    opener.next = node;
    closer.previous = node;
    closer.count -= use;
    closer.start += use;
    if (opener.count === 0) this.#remove(opener);
  }

  #append(part: Part): void {
    part.previous = this.#last;
    if (this.#last) this.#last.next = part;
    else this.#first = part;
    this.#last = part;
  }

  #remove(part: Part): void {
    if (part.previous) part.previous.next = part.next;
    else this.#first = part.next;
    if (part.next) part.next.previous = part.previous;
    else this.#last = part.previous;
  }
}

function findOpener(
  closer: Part,
  floor: Part | undefined,
  bottom: Part | undefined,
): Part | undefined {
  for (
    let part = closer.previous;
    part && part !== bottom && part !== floor;
    part = part.previous
  ) {
    if (closer.start - part.start > REACH) return undefined;
    if (part.kind !== 'delimiter' || part.char !== closer.char || !part.canOpen || part.count === 0)
      continue;
    if (closer.char === '~') {
      if (part.count === 2 && closer.count === 2) return part;
      continue;
    }
    const oddMatch =
      (part.canClose || closer.canOpen) &&
      (part.count + closer.count) % 3 === 0 &&
      !(part.count % 3 === 0 && closer.count % 3 === 0);
    if (!oddMatch) return part;
  }
  return undefined;
}

const bracketWaits = (part: Part, settled: number): boolean =>
  (part.waits || part.active) && settled - part.start <= REACH;

function literal(part: Part): Inline | undefined {
  if (part.kind === 'node') return part.node;
  if (part.hidden) return undefined;
  const value = part.kind === 'bracket' ? part.char : part.char.repeat(part.count);
  return value ? { t: 'text', v: value } : undefined;
}

function toNodes(from: Part | undefined, to: Part | undefined): Inline[] {
  const nodes: Inline[] = [];
  for (let part = from; part && part !== to; part = part.next) {
    const node = literal(part);
    const last = nodes.at(-1);
    if (node?.t === 'text' && last?.t === 'text') {
      nodes[nodes.length - 1] = { t: 'text', v: last.v + node.v };
    } else if (node) nodes.push(node);
  }
  return nodes;
}

/** The first open `**` is shown as strong to the end, since it nearly always will be; single marks wait. */
function optimistic(from: Part): Inline[] {
  for (let part: Part | undefined = from; part; part = part.next) {
    if (
      part.kind === 'delimiter' &&
      part.canOpen &&
      part.count === 2 &&
      part.char !== '~' &&
      part.next
    ) {
      return [...toNodes(from, part), { t: 'strong', c: toNodes(part.next, undefined) }];
    }
  }
  return toNodes(from, undefined);
}
