import { cleanText } from '../../../../core/text/sanitise.ts';
import { Parts, REACH, type Part } from './parts.ts';

/** Inline content as a tree; plain data, so that nothing in here can reach the document. */
export type Inline =
  | { t: 'text'; v: string }
  | { t: 'code'; v: string }
  | { t: 'br' }
  | { t: 'em' | 'strong' | 'del'; c: Inline[] }
  | { t: 'link'; href: string; c: Inline[] }
  | { t: 'image'; src: string; alt: string };

export interface ParsedInline {
  /** Final: no text that follows can change it. */
  committed: Inline[];
  /** Length of the source that `committed` stands for. */
  used: number;
  /** The rest as it looks for now. */
  provisional: Inline[];
}

// A space belongs to a run only if plain text follows; others may stand before a line's end.
// Looked for, not matched over: engines keep a note for every turn of a loop, and run out of room in a long one.
const NOT_PLAIN = /[\\`*_~[\]!<&\n]| (?=[\\`*_~[\]!<&\n ]|$)/g;
const URL_START = 'https://';
const URL_RUN = /https:\/\/[^\s<>"`[\]]+/y;
const URL_PREFIX = /(?:^|[^A-Za-z0-9])(h(?:t(?:t(?:p(?:s(?::\/?)?)?)?)?)?)$/;
const DESTINATION =
  /\(\s*(?:<([^<>\n]*)>|((?!<)(?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.)*\))*\))*))(?:\s+(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\((?:[^()\\]|\\.)*\)))?\s*\)/y;
const ANGLE =
  /<(?:(https?:\/\/[^\s<>]*|mailto:[^\s<>]+)|([a-z][\w.+-]*@[a-z\d-]+(?:\.[a-z\d-]+)*)|br\s*\/?)>/iy;
const ANGLE_BEGUN = /<(?:[a-z][^\s<>]*|br\s*\/?)?$/iy;
const ENTITY = /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([A-Za-z]{2,8}));/y;
const ENTITY_BEGUN = /&(?:#[xX]?[\da-fA-F]{0,7}|[A-Za-z]{0,8})$/y;
const ALPHANUMERIC = /[A-Za-z0-9]/;
const PUNCTUATION = /[!-/:-@[-`{-~]/;

const ENTITIES: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  hellip: '…',
  ndash: '–',
  mdash: '—',
  larr: '←',
  rarr: '→',
  times: '×',
  copy: '©',
};

/**
 * Parses inline markdown.
 *
 * @param before the character before `source`; empty at the start of the block
 * @param complete nothing follows: everything is committed
 */
export function parseInline(source: string, before: string, complete: boolean): ParsedInline {
  return new InlineParser(source, before, complete).parse();
}

class InlineParser {
  readonly #parts = new Parts();
  readonly #brackets: Part[] = [];
  #at = 0;

  constructor(
    private readonly source: string,
    private readonly before: string,
    private readonly complete: boolean,
  ) {}

  parse(): ParsedInline {
    const { source } = this;
    while (this.#at < source.length) this.#step();
    return this.#parts.finish(source.length, this.complete);
  }

  /** Whether something that began at `start` may still be closed by text to come. */
  #mayClose(start: number): boolean {
    return !this.complete && this.source.length - start <= REACH;
  }

  #step(): void {
    const { source } = this;
    const at = this.#at;
    switch (source[at]) {
      case '\\':
        return this.#escape();
      case '`':
        return this.#code();
      case '*':
      case '_':
      case '~':
        return this.#delimiter();
      case '!':
        if (source[at + 1] === '[') return this.#bracket(true);
        return this.#single(at + 1 === source.length);
      case '[':
        return this.#bracket(false);
      case ']':
        return this.#closeBracket();
      case '<':
        return this.#angle();
      case '&':
        return this.#entity();
      case '\n':
        this.#parts.add({ t: 'br' }, at);
        this.#at = at + 1;
        return;
      case ' ':
        return this.#spaces();
      default:
        return this.#plain();
    }
  }

  #text(value: string, end: number, open = false): void {
    this.#parts.text(value, this.#at, open && !this.complete);
    this.#at = end;
  }

  /** One character that stands for itself; `open` while the next one could change that. */
  #single(open: boolean): void {
    this.#text(this.source[this.#at]!, this.#at + 1, open);
  }

  #plain(): void {
    const { source } = this;
    const at = this.#at;
    NOT_PLAIN.lastIndex = at;
    let end = NOT_PLAIN.exec(source)?.index ?? source.length;
    const run = source.slice(at, end);
    let url = run.indexOf(URL_START);
    while (url >= 0 && ALPHANUMERIC.test(url > 0 ? run[url - 1]! : this.#previous(at))) {
      url = run.indexOf(URL_START, url + 1);
    }
    if (url >= 0) {
      if (url > 0) this.#text(run.slice(0, url), at + url);
      return this.#bareUrl();
    }
    if (end === source.length && !this.complete) {
      // "htt" may become a link.
      const begun = URL_PREFIX.exec(run.length > 8 ? run.slice(-9) : this.#previous(at) + run);
      if (begun) {
        end -= begun[1]!.length;
        if (end > at) this.#text(source.slice(at, end), end);
        return this.#text(begun[1]!, source.length, true);
      }
    }
    this.#text(run, end);
  }

  #bareUrl(): void {
    const { source } = this;
    const at = this.#at;
    URL_RUN.lastIndex = at;
    const found = URL_RUN.exec(source);
    if (!found) return this.#text(URL_START, at + URL_START.length, at + 8 === source.length);
    const whole = found[0];
    if (at + whole.length === source.length && this.#mayClose(at)) {
      return this.#text(whole, source.length, true);
    }
    if (whole.length > REACH) return this.#text(URL_START, at + URL_START.length);
    let url = whole.replace(/[?!.,:;*_~'"]+$/, '');
    while (url.endsWith(')') && count(url, ')') > count(url, '(')) {
      url = url.slice(0, -1).replace(/[?!.,:;*_~'"]+$/, '');
    }
    if (url.length <= URL_START.length) return this.#text(URL_START, at + URL_START.length);
    this.#parts.add({ t: 'link', href: url, c: [{ t: 'text', v: url }] }, at);
    this.#at = at + url.length;
  }

  #escape(): void {
    const { source } = this;
    const at = this.#at;
    const next = source[at + 1];
    if (next === '\n') {
      this.#parts.add({ t: 'br' }, at);
      this.#at = at + 2;
    } else if (next !== undefined && PUNCTUATION.test(next)) this.#text(next, at + 2);
    else this.#single(next === undefined);
  }

  #code(): void {
    const { source } = this;
    const at = this.#at;
    let open = at;
    while (source[open] === '`') open++;
    const length = open - at;
    // The run itself may grow.
    if (open === source.length && this.#mayClose(at)) {
      return this.#text(source.slice(at, open), open, true);
    }
    let from = open;
    while (from >= 0 && from - at <= REACH) {
      const begin = source.indexOf('`', from);
      if (begin < 0 || begin - at > REACH) break;
      let end = begin;
      while (source[end] === '`') end++;
      if (end === source.length && !this.complete) break;
      if (end - begin === length) {
        let value = source.slice(open, begin).replaceAll('\n', ' ');
        if (/^ .*[^ ].* $/.test(value)) value = value.slice(1, -1);
        this.#parts.add({ t: 'code', v: value }, at);
        this.#at = end;
        return;
      }
      from = end;
    }
    if (this.#mayClose(at)) {
      // Shown as code while it may become code: what streams is nearly always going to be closed.
      this.#parts.add({ t: 'code', v: source.slice(open) }, at, true);
      this.#at = source.length;
      return;
    }
    this.#text(source.slice(at, open), open);
  }

  #delimiter(): void {
    const { source } = this;
    const at = this.#at;
    const char = source[at]!;
    let end = at;
    while (source[end] === char) end++;
    const before = this.#previous(at);
    const after = source[end] ?? '';
    if (end === source.length && this.#mayClose(at)) {
      // Whether it opens or closes depends on the next character; a closing one is shown as such.
      this.#parts.delimiter(char, at, end - at, false, !isSpace(before), true);
      this.#at = end;
      return;
    }
    const left = !isSpace(after) && (!isMark(after) || isSpace(before) || isMark(before));
    const right = !isSpace(before) && (!isMark(before) || isSpace(after) || isMark(after));
    const word = char === '_';
    this.#parts.delimiter(
      char,
      at,
      end - at,
      left && (!word || !right || isMark(before)),
      right && (!word || !left || isMark(after)),
      false,
    );
    this.#at = end;
  }

  #bracket(image: boolean): void {
    const length = image ? 2 : 1;
    const part = this.#parts.bracket(image, this.#at);
    this.#brackets.push(part);
    this.#at += length;
  }

  #closeBracket(): void {
    const { source } = this;
    const at = this.#at;
    let opener = this.#brackets.pop();
    while (opener && (!opener.active || at - opener.start > REACH)) {
      opener.active = false;
      opener = this.#brackets.pop();
    }
    if (!opener) return this.#single(false);
    if (source[at + 1] !== '(') {
      const wait = at + 1 === source.length && this.#mayClose(opener.start);
      if (wait) opener.waits = true;
      else opener.active = false;
      return this.#single(wait);
    }
    DESTINATION.lastIndex = at + 1;
    const found = DESTINATION.exec(source);
    if (!found || DESTINATION.lastIndex - opener.start > REACH) {
      if (!found && this.#mayClose(opener.start)) {
        // The address is on its way: the text is shown, the address not yet.
        opener.waits = true;
        opener.hidden = true;
        this.#at = source.length;
        return;
      }
      opener.active = false;
      return this.#single(false);
    }
    const target = (found[1] ?? found[2] ?? '').replace(/\\([!-/:-@[-`{-~])/g, '$1');
    this.#at = DESTINATION.lastIndex;
    this.#parts.matchEmphasis(opener, source.length);
    const children = this.#parts.takeAfter(opener);
    this.#parts.become(
      opener,
      opener.image
        ? { t: 'image', src: target, alt: plainText(children) }
        : { t: 'link', href: target, c: withoutLinks(children) },
    );
    // Links do not stand in links.
    if (!opener.image) for (const outer of this.#brackets) if (!outer.image) outer.active = false;
  }

  #angle(): void {
    const { source } = this;
    const at = this.#at;
    ANGLE.lastIndex = at;
    const found = ANGLE.exec(source);
    if (found && found[0].length <= REACH) {
      const [, address, mail] = found;
      const href = mail ? `mailto:${mail}` : address;
      if (href === undefined) this.#parts.add({ t: 'br' }, at);
      else {
        const label = href.replace(/^mailto:/i, '');
        this.#parts.add({ t: 'link', href, c: [{ t: 'text', v: label }] }, at);
      }
      this.#at = at + found[0].length;
      return;
    }
    ANGLE_BEGUN.lastIndex = at;
    if (this.#mayClose(at) && ANGLE_BEGUN.test(source)) {
      return this.#text(source.slice(at), source.length, true);
    }
    this.#single(false);
  }

  #entity(): void {
    const { source } = this;
    const at = this.#at;
    ENTITY.lastIndex = at;
    const found = ENTITY.exec(source);
    if (found) {
      const [whole, decimal, hex, name] = found;
      let value = name === undefined ? undefined : ENTITIES[name];
      if (decimal !== undefined) value = fromCode(Number(decimal));
      if (hex !== undefined) value = fromCode(Number.parseInt(hex, 16));
      return this.#text(value ?? whole, at + whole.length);
    }
    ENTITY_BEGUN.lastIndex = at;
    if (!this.complete && ENTITY_BEGUN.test(source)) {
      return this.#text(source.slice(at), source.length, true);
    }
    this.#single(false);
  }

  /** Spaces before a line end or the block's end are dropped; elsewhere they are text. */
  #spaces(): void {
    const { source } = this;
    const at = this.#at;
    let end = at;
    while (source[end] === ' ') end++;
    if (end === source.length) {
      if (!this.complete) this.#text(source.slice(at, end), end, true);
      this.#at = end;
    } else if (source[end] === '\n') this.#at = end;
    else this.#text(source.slice(at, end), end);
  }

  #previous(at: number): string {
    return at > 0 ? this.source[at - 1]! : this.before;
  }
}

const isSpace = (char: string): boolean => char === '' || /\s/.test(char);
const isMark = (char: string): boolean => PUNCTUATION.test(char) || /[\p{P}\p{S}]/u.test(char);

function count(text: string, char: string): number {
  let found = 0;
  for (const each of text) if (each === char) found++;
  return found;
}

/** Cleaned again: a numeric reference can name what was stripped from the text. */
function fromCode(code: number): string {
  const valid = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return valid ? cleanText(String.fromCodePoint(code)) : '\ufffd';
}

export function plainText(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      if ('v' in node) return node.v;
      if ('c' in node) return plainText(node.c);
      return node.t === 'image' ? node.alt : ' ';
    })
    .join('');
}

function withoutLinks(nodes: readonly Inline[]): Inline[] {
  return nodes.flatMap((node): Inline[] => {
    if (node.t === 'link') return node.c;
    if ('c' in node) return [{ ...node, c: withoutLinks(node.c) }];
    return [node];
  });
}
