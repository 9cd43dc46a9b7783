import { CleanStream } from '../markdown/clean-stream.ts';
import { appendText } from '../markdown/dom.ts';

/** A line that is longer is not rewritten: what has been written of it stays. */
export const MAX_LINE = 4_096;

/** What a piece of output does to what is shown: so much is taken away at its end, then this is added. */
export interface Rewrite {
  readonly back: number;
  readonly text: string;
}

// Noncharacters, which no text has, through the cleaning that would drop what they stand for.
const TO_START = '\ufdd0';
const ERASE_REST = '\ufdd1';
const ERASE_LINE = '\ufdd2';
/* eslint-disable no-control-regex -- control sequences are what this is about */
const CUT_OFF = /(?:\r+|\u001b(?:\[[0-2]?)?)$/;
const ERASE = /\u001b\[([0-2]?)K/g;
const MARKS = /[\ufdd0-\ufdef]/g;
/* eslint-enable no-control-regex */

/**
 * Output of a terminal as a person reads it: a carriage return goes back to the beginning of its line, and what comes
 * then is written over it, as progress bars do; “erase in line” erases. Of all other control sequences nothing is left
 * (R68). Output that moves the cursor to other lines is shown line by line.
 */
export class RewrittenLines {
  readonly #clean = new CleanStream();
  /** The last half of something, perhaps. */
  #held = '';
  #line = '';
  #column = 0;

  push(chunk: string): Rewrite {
    // Nobody may bring marks of ours.
    let text = this.#held + chunk.replace(MARKS, '');
    this.#held = CUT_OFF.exec(text)?.[0] ?? '';
    text = text.slice(0, text.length - this.#held.length);
    return this.#write(text);
  }

  /** What was held back; output ends here. */
  flush(): Rewrite {
    const rest = this.#held;
    this.#held = '';
    const written = this.#write(rest);
    const late = this.#put(this.#clean.flush());
    return {
      back: written.back,
      text: written.text.slice(0, written.text.length - late.back) + late.text,
    };
  }

  #write(text: string): Rewrite {
    const marked = text
      .replace(ERASE, (_, what: string) =>
        what === '2' ? ERASE_LINE : what === '1' ? '' : ERASE_REST,
      )
      .replace(/\r+\n/g, '\n')
      .replace(/\r/g, TO_START);
    return this.#put(this.#clean.push(marked));
  }

  #put(text: string): Rewrite {
    const before = this.#line;
    let done = '';
    for (const piece of text.split(/([\n\ufdd0-\ufdd2])/)) {
      if (piece === '') continue;
      if (piece === TO_START) this.#column = 0;
      else if (piece === ERASE_REST) this.#line = this.#line.slice(0, this.#column);
      else if (piece === ERASE_LINE) this.#line = ' '.repeat(this.#column);
      else if (piece === '\n') {
        done += `${this.#line}\n`;
        this.#line = '';
        this.#column = 0;
      } else {
        const line = this.#line;
        const column = this.#column;
        this.#line = line.slice(0, column) + piece + line.slice(column + piece.length);
        this.#column = column + piece.length;
      }
      if (this.#line.length <= MAX_LINE) continue;
      done += this.#line;
      this.#line = '';
      this.#column = 0;
    }
    const now = done + this.#line;
    return now.startsWith(before)
      ? { back: 0, text: now.slice(before.length) }
      : { back: before.length, text: now };
  }
}

/** The same for output that is there at once. */
export function rewritten(text: string): string {
  const lines = new RewrittenLines();
  const written = lines.push(text).text;
  const { back, text: rest } = lines.flush();
  return written.slice(0, written.length - back) + rest;
}

/** Does it to the end of an element that holds nothing but text. */
export function rewriteTail(parent: Node, { back, text }: Rewrite): void {
  let left = back;
  while (left > 0 && parent.lastChild instanceof Text) {
    const { lastChild } = parent;
    const cut = Math.min(left, lastChild.length);
    lastChild.deleteData(lastChild.length - cut, cut);
    left -= cut;
    if (lastChild.length === 0) lastChild.remove();
  }
  appendText(parent, text);
}
