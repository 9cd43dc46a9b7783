import type { FileHandle } from 'node:fs/promises';
import { ApertureError } from '../../../core/errors.ts';
import { takeWord } from '../argv.ts';
import type { Command } from '../command.ts';
import { openFile } from '../files.ts';
import { code, fence, languageOf, showBytes } from '../markdown.ts';
import { resolveInside } from '../paths.ts';

/** Shown at once: whichever of the two comes first. */
export const MAX_LINES = 500;
const MAX_BYTES = 128 * 1024;
/** How far into a file a range is looked for. */
const MAX_SCAN_BYTES = 64 * 1024 * 1024;

export const read: Command = {
  name: 'read',
  description: 'Show a text file, or some lines of it',
  hint: '<path>[:from-to]',
  async run(turn, argument) {
    const { file, from, to } = parseTarget(argument);
    const place = await resolveInside(turn.root, file);
    const tool = await turn.tool({
      title: `Read ${place.shown}${from > 1 || to ? `:${from}${to ? `-${to}` : ''}` : ''}`,
      kind: 'read',
      rawInput: { path: place.shown, from, ...(to && { to }) },
      locations: [{ path: place.absolute, line: from }],
    });
    const { handle, size } = await openFile(place);
    try {
      const last = Math.min(to ?? Infinity, from + MAX_LINES - 1);
      const part = await readLines(handle, from, last, turn.signal);
      if (part === 'binary') {
        throw new ApertureError(
          'binary_file',
          `${code(place.shown)} (${showBytes(size)}) is not UTF-8 text, so it is not shown.`,
        );
      }
      await tool.update({ status: 'completed', rawOutput: { lines: part.lines.length } });
      if (part.lines.length === 0) {
        return await turn.say(
          part.seen === 0
            ? `${code(place.shown)} is empty.\n`
            : `${code(place.shown)} has no line ${from}; it ends at line ${part.seen}.\n`,
        );
      }
      const end = from + part.lines.length - 1;
      const range = part.more || from > 1 ? `lines ${from}–${end} · ` : '';
      const next =
        part.more && end < (to ?? Infinity)
          ? `\nThere is more: \`/read ${place.shown}:${end + 1}-${end + MAX_LINES}\`\n`
          : '';
      await turn.say(
        `**${code(place.shown)}** · ${range}${showBytes(size)}\n\n` +
          `${fence(part.lines.join('\n'), languageOf(place.shown))}\n${next}`,
      );
    } finally {
      await handle.close();
    }
  },
};

/** `path`, `path:12`, `path:12-40`; a path with blanks stands in quotes. */
export function parseTarget(argument: string): { file: string; from: number; to?: number } {
  const { word, after } = takeWord(argument);
  if (word === '') {
    throw new ApertureError('bad_command', 'Which file? Example: `/read README.md:1-40`.');
  }
  // A path with blanks that nobody quoted is still a path.
  const whole = after === '' ? word : argument;
  const range = /^(.+):(\d{1,9})(?:-(\d{1,9})?)?$/s.exec(whole);
  if (!range) return { file: whole, from: 1 };
  const from = Math.max(1, Number(range[2]));
  // `path:12` alone: from there on.
  if (range[3] === undefined) return { file: range[1]!, from };
  const to = Number(range[3]);
  if (to < from) {
    throw new ApertureError('bad_command', `The range ${from}-${to} ends before it begins.`);
  }
  return { file: range[1]!, from, to };
}

interface Part {
  lines: string[];
  /** The file goes on after these lines. */
  more: boolean;
  /** Lines that were seen at all. */
  seen: number;
}

/** Lines `from … to` (from 1), decoded strictly; bounded in lines, in bytes and in how far it looks. */
async function readLines(
  handle: FileHandle,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<Part | 'binary'> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const buffer = Buffer.alloc(64 * 1024);
  const lines: string[] = [];
  let partial = '';
  let seen = 0;
  let kept = 0;
  let scanned = 0;
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, scanned);
    scanned += bytesRead;
    const bytes = buffer.subarray(0, bytesRead);
    if (bytes.includes(0)) return 'binary';
    try {
      partial += decoder.decode(bytes, { stream: bytesRead > 0 });
    } catch {
      return 'binary';
    }
    const complete = partial.split('\n');
    partial = complete.pop()!;
    if (bytesRead === 0 && partial !== '') complete.push(partial);
    for (const line of complete) {
      if (++seen < from) continue;
      if (seen > to || kept + line.length > MAX_BYTES) {
        // One enormous line is still shown in part.
        if (lines.length === 0) lines.push(`${line.slice(0, MAX_BYTES)} …`);
        return { lines, more: true, seen };
      }
      lines.push(line.replace(/\r$/, ''));
      kept += line.length + 1;
    }
    if (bytesRead === 0) return { lines, more: false, seen };
    if (partial.length > 4 * MAX_BYTES) {
      if (seen + 1 >= from && lines.length === 0) lines.push(`${partial.slice(0, MAX_BYTES)} …`);
      return { lines, more: true, seen: seen + 1 };
    }
    if (scanned > MAX_SCAN_BYTES) return { lines, more: true, seen };
  }
}
