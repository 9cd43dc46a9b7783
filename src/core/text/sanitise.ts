/**
 * Removes what could disguise text (R68): ANSI escape sequences, C0/C1 control characters other than
 * tab and line feed, and Unicode's bidirectional overrides and isolates. Carriage returns become line feeds.
 */
export function cleanText(text: string): string {
  // The common case costs one scan and no copy.
  if (!SUSPICIOUS.test(text)) return text;
  // Line ends first: what stands between the two halves of one must not join them, in pieces or in one.
  return text.replace(/\r\n?/g, '\n').replace(ANSI, '').replace(CONTROLS, '');
}

/* eslint-disable no-control-regex -- control characters are what this file is about */
const SUSPICIOUS =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
// An unterminated string sequence swallows its line at most, never the rest of an answer.
// CSI … final byte · OSC … BEL or ST · DCS/SOS/PM/APC … ST · two-character escapes
const ANSI =
  /\u001b\[[0-?]*[ -/]*[@-~]|\u009b[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b\n]*(?:\u0007|\u001b\\)?|\u001b[PX^_][^\u001b\n]*(?:\u001b\\)?|\u001b[ -/]*[0-~]/g;
const CONTROLS =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/* eslint-enable no-control-regex */

/** The first `max` characters on one line, for previews and titles; never cuts a surrogate pair. */
export function oneLine(text: string, max: number): string {
  // Only so much is looked at: the cost must not grow with the text.
  const head = text.slice(0, max * 4);
  const line = cleanText(head).replace(/\s+/g, ' ').trim();
  if (line.length <= max) return head.length < text.length ? withoutHalf(line) : line;
  return `${withoutHalf(line.slice(0, max - 1))}…`;
}

/** Without the half of a surrogate pair that a cut left at the end. */
const withoutHalf = (text: string): string =>
  /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;
