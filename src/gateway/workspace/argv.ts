import { ApertureError } from '../../core/errors.ts';

/** What would mean something to a shell, and nothing without one. */
const OPERATOR = /^(?:\|\|?|&&?|;|\d*>>?|\d*<<?<?|\d*>&\d*|&>>?)$/;

/**
 * One typed line as an argument vector. Single quotes keep everything; double quotes know `\"` and `\\`;
 * outside quotes a backslash keeps the next character (not on Windows, where it separates paths).
 * There is no shell: variables, `*` and `$( )` stay as they are typed.
 *
 * @throws ApertureError `bad_command`: an open quote, nothing at all, or an unquoted `|`, `>`, `&&` …
 */
export function parseArgv(line: string, windows = false): [string, ...string[]] {
  const argv: string[] = [];
  let rest = line.trim();
  while (rest !== '') {
    const { word, quoted, after } = takeWord(rest, windows);
    if (!quoted && OPERATOR.test(word)) {
      throw new ApertureError(
        'bad_command',
        `Commands run without a shell, so \`${word}\` would only be text to the program. ` +
          `Put it in quotes if that is what you mean, or use a shell yourself: \`/run sh -c "…"\`.`,
      );
    }
    argv.push(word);
    rest = after;
  }
  const [program, ...args] = argv;
  if (!program) {
    throw new ApertureError('bad_command', 'There is no command. Example: `/run npm test`.');
  }
  return [program, ...args];
}

export interface Word {
  word: string;
  /** Some of it stood in quotes or behind a backslash. */
  quoted: boolean;
  /** What follows, without the white space between. */
  after: string;
}

/** The first word of a text, by the same rules. @throws ApertureError `bad_command` for an open quote. */
export function takeWord(text: string, windows = false): Word {
  let word = '';
  let quoted = false;
  let quote = '';
  let i = 0;
  for (; i < text.length; i++) {
    const char = text[i]!;
    const next = text[i + 1];
    if (quote === "'") {
      if (char === quote) quote = '';
      else word += char;
    } else if (quote === '"') {
      if (char === quote) quote = '';
      else if (char === '\\' && (next === '"' || next === '\\')) {
        word += next;
        i++;
      } else word += char;
    } else if (char === "'" || char === '"') {
      quote = char;
      quoted = true;
    } else if (char === '\\' && !windows && next !== undefined) {
      word += next;
      quoted = true;
      i++;
    } else if (/\s/.test(char)) break;
    else word += char;
  }
  if (quote) {
    throw new ApertureError('bad_command', `A quote (${quote}) is opened and never closed.`);
  }
  return { word, quoted, after: text.slice(i).trimStart() };
}

/** An argument vector for reading: quoted where a word would not be one word otherwise. */
export function showArgv(argv: readonly string[]): string {
  return argv
    .map((word) =>
      /^[\w@%+=:,./\\~^*?[\]{}-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`,
    )
    .join(' ');
}
