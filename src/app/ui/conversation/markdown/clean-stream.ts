import { cleanText } from '../../../../core/text/sanitise.ts';

/** A control sequence longer than this is taken for text; real ones have a dozen characters. */
const MAX_HELD = 256;

/* eslint-disable no-control-regex -- escape sequences are what this file is about */
const HELD_TAIL = /(?:\u001b(?:\[[0-?]*[ -/]*|[ -/]*)|\u009b[0-?]*[ -/]*|\r|[\ud800-\udbff])$/;
/** An operating-system command or device string without its end: all of its line belongs to it. */
const OPEN_STRING = /\u001b(?:(\])[^\u0007\u001b\r\n]*|[PX^_][^\u001b\r\n]*)(\u001b?)$/;
const QUIET =
  /^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]*$/;
/* eslint-enable no-control-regex */

/**
 * `cleanText` for text that arrives in pieces (R68): an escape sequence, a CR LF or a surrogate pair
 * that was cut in two is held back until its other half is here.
 */
export class CleanStream {
  #held = '';
  /** Inside an unterminated string sequence: `]` ends at BEL or ESC, the others at ESC only, all at a line's end. */
  #inside: 'osc' | 'string' | undefined;

  push(chunk: string): string {
    let text = this.#held + chunk;
    this.#held = '';
    if (this.#inside) {
      text = this.#skipString(text);
      if (this.#inside) return '';
    }
    if (QUIET.test(text) && !endsInHighSurrogate(text)) return text;
    const open = OPEN_STRING.exec(text);
    if (open) {
      this.#inside = open[1] ? 'osc' : 'string';
      this.#held = open[2]!;
      return cleanText(text.slice(0, open.index));
    }
    const tail = HELD_TAIL.exec(text);
    if (tail && tail[0].length <= MAX_HELD) {
      this.#held = tail[0];
      text = text.slice(0, tail.index);
    }
    return cleanText(text);
  }

  /** What was held back, cleaned; the stream starts anew. */
  flush(): string {
    const rest = this.#inside ? '' : cleanText(this.#held);
    this.#held = '';
    this.#inside = undefined;
    return rest;
  }

  /** Drops text up to the end of the open string sequence; `inside` stays set if that end is not here. */
  #skipString(text: string): string {
    for (let i = 0; i < text.length; i++) {
      const char = text[i];
      if (char === '\n' || char === '\r') {
        this.#inside = undefined;
        return text.slice(i);
      }
      if (char === '\u0007' && this.#inside === 'osc') {
        this.#inside = undefined;
        return text.slice(i + 1);
      }
      if (char === '\u001b') {
        if (i + 1 === text.length) {
          this.#held = char;
          return '';
        }
        this.#inside = undefined;
        return text.slice(text[i + 1] === '\\' ? i + 2 : i);
      }
    }
    return '';
  }
}

function endsInHighSurrogate(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}
