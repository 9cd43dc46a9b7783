import { lstat } from 'node:fs/promises';
import path from 'node:path';
import type { ToolCallLocation } from '@agentclientprotocol/sdk';
import { ApertureError } from '../../../core/errors.ts';
import { takeWord } from '../argv.ts';
import type { Command } from '../command.ts';
import { readText, walk, type Walk } from '../files.ts';
import { cell, code, plural } from '../markdown.ts';
import { resolveInside, shownPath, type Place } from '../paths.ts';
import type { Turn } from '../turn.ts';

const MAX_HITS = 200;
const MAX_HITS_PER_FILE = 20;
const MAX_FILE_BYTES = 2 * 1024 * 1024;
/** ms; a search that takes longer shows what it has. */
const MAX_TIME_MS = 20_000;
const EXCERPT = 160;

export interface Hit {
  absolute: string;
  line: number;
  text: string;
}

export interface SearchResult {
  hits: Hit[];
  files: number;
  /** Why not everything was searched; undefined when it was. */
  stopped?: string;
}

export const search: Command = {
  name: 'search',
  description: 'Find text in the files here',
  hint: '<text> [in path]',
  async run(turn, argument) {
    const { text, where } = await parseQuery(turn.root, argument);
    const tool = await turn.tool({
      title: `Search “${text}”${where.shown === '.' ? '' : ` in ${where.shown}`}`,
      kind: 'search',
      rawInput: { text, path: where.shown },
      locations: [{ path: where.absolute }],
    });
    const result = await searchFiles(turn, where, [text]);
    const locations: ToolCallLocation[] = result.hits.map(({ absolute, line }) => ({
      path: absolute,
      line,
    }));
    await tool.update({
      status: 'completed',
      ...(locations.length > 0 && { locations }),
      rawOutput: { hits: result.hits.length, files: result.files },
    });
    const scope = `${plural(result.files, 'file')} searched${result.stopped ? `; ${result.stopped}` : ''}`;
    if (result.hits.length === 0) {
      return turn.say(`Nothing found for ${code(text)} (${scope}).\n`);
    }
    const rows = result.hits.map(
      ({ absolute, line, text }) =>
        `| ${cell(code(`${shownPath(turn.root, absolute)}:${line}`))} | ${cell(code(text))} |`,
    );
    await turn.say(
      `**${plural(result.hits.length, 'line')}** with ${code(text)} (${scope})\n\n` +
        `| Place | Line |\n| --- | --- |\n${rows.join('\n')}\n`,
    );
  },
};

/** `text`, `text in path`, `"text in quotes" in path`. What follows the last “in” counts only if it exists. */
async function parseQuery(root: string, argument: string): Promise<{ text: string; where: Place }> {
  const here = await resolveInside(root, '.');
  if (/^["']/.test(argument)) {
    const { word, after } = takeWord(argument);
    const path = /^in\s+(.+)$/s.exec(after)?.[1];
    if (after === '' || path) return checked(word, path ? await resolveInside(root, path) : here);
  }
  const split = /^(.+)\s+in\s+(\S+)$/s.exec(argument);
  if (split) {
    const place = await existing(root, split[2]!);
    if (place) return checked(split[1]!, place);
  }
  return checked(argument, here);
}

function checked(text: string, where: Place): { text: string; where: Place } {
  if (text === '') {
    throw new ApertureError(
      'bad_command',
      'What shall be searched? Example: `/search TODO in src`.',
    );
  }
  if (text.includes('\n') || text.length > 500) {
    throw new ApertureError('bad_command', 'One line of at most 500 characters can be searched.');
  }
  return { text, where };
}

async function existing(root: string, typed: string): Promise<Place | undefined> {
  const place = await resolveInside(root, typed);
  return lstat(place.absolute).then(
    () => place,
    () => undefined,
  );
}

/** Lines with one of the texts; upper and lower case count only for a text that has upper case. */
export async function searchFiles(
  turn: Turn,
  where: Place,
  texts: readonly string[],
): Promise<SearchResult> {
  const finders = texts.map((text) => {
    const exact = text !== text.toLowerCase();
    return (line: string): [number, number] => [
      (exact ? line : line.toLowerCase()).indexOf(text),
      text.length,
    ];
  });
  const find = (line: string): [number, number] | undefined =>
    finders.map((finder) => finder(line)).find(([at]) => at !== -1);
  const result: SearchResult = { hits: [], files: 0 };
  const deadline = performance.now() + MAX_TIME_MS;
  const state: Walk = { truncated: false };
  for await (const absolute of filesAt(where, turn.signal, state)) {
    turn.signal.throwIfAborted();
    if (performance.now() > deadline) {
      result.stopped = 'stopped after 20 s';
      return result;
    }
    const place: Place = { absolute, shown: shownPath(turn.root, absolute) };
    const content = await readText(place, MAX_FILE_BYTES).catch(() => undefined);
    if (content === undefined) continue;
    result.files++;
    // Most files have nothing: one look at the whole is cheaper than one at each line.
    if (!find(content)) continue;
    let inFile = 0;
    for (const [index, line] of content.split('\n').entries()) {
      const found = find(line);
      if (!found) continue;
      if (++inFile > MAX_HITS_PER_FILE) {
        result.stopped = `at most ${MAX_HITS_PER_FILE} lines of each file are shown`;
        break;
      }
      result.hits.push({ absolute, line: index + 1, text: excerpt(line, ...found) });
      if (result.hits.length === MAX_HITS) {
        result.stopped = `stopped at ${MAX_HITS} lines`;
        return result;
      }
    }
  }
  if (state.truncated) result.stopped = 'there are too many files to search them all';
  return result;
}

async function* filesAt(where: Place, signal: AbortSignal, state: Walk): AsyncGenerator<string> {
  try {
    for await (const { absolute, isDirectory } of walk(where.absolute, signal, state)) {
      if (!isDirectory) yield absolute;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
    yield path.resolve(where.absolute);
  }
}

function excerpt(line: string, at: number, length: number): string {
  const start = Math.max(0, Math.min(at - 40, line.length - EXCERPT));
  const end = Math.max(start + EXCERPT, at + length);
  const part = line.slice(start, end).trim();
  return `${start > 0 ? '…' : ''}${part}${end < line.length ? '…' : ''}`;
}
