import { lstat, readlink } from 'node:fs/promises';
import path from 'node:path';
import type { ToolCallContent } from '@agentclientprotocol/sdk';
import { takeWord } from '../argv.ts';
import type { Command } from '../command.ts';
import { decodeText, readText } from '../files.ts';
import {
  baseCommit,
  blobAt,
  changedFiles,
  inRepository,
  type ChangedFile,
  type GitOptions,
} from '../git.ts';
import { code, plural, showBytes } from '../markdown.ts';
import { contains, resolveInside } from '../paths.ts';

const MAX_FILES = 30;
const MAX_FILE_BYTES = 256 * 1024;
/** Both sides of all files together; what is beyond is listed without its content. */
const MAX_TOTAL = 1024 * 1024;

export const diff: Command = {
  name: 'diff',
  description: 'Show what changed since the last commit',
  hint: '[path]',
  async run(turn, argument) {
    const place = await resolveInside(turn.root, takeWord(argument).word);
    const git: GitOptions = { root: turn.root, signal: turn.signal };
    const tool = await turn.tool({
      title: place.shown === '.' ? 'Changes since the last commit' : `Changes in ${place.shown}`,
      kind: 'read',
      rawInput: { path: place.shown },
      locations: [{ path: place.absolute }],
    });
    if (!(await inRepository(git))) {
      await tool.update({ status: 'completed' });
      return turn.say(
        'This directory is not in a git repository, so there is nothing to compare with. ' +
          '`/run git init` makes it one.\n',
      );
    }
    const base = await baseCommit(git);
    const files = await changedFiles(base, place.shown, git);
    if (files.length === 0) {
      await tool.update({ status: 'completed' });
      return turn.say('Nothing has changed since the last commit.\n');
    }
    const content: ToolCallContent[] = [];
    const lines: string[] = [];
    let total = 0;
    for (const file of files.slice(0, MAX_FILES)) {
      turn.signal.throwIfAborted();
      const sides = total < MAX_TOTAL ? await bothSides(base, file, git) : 'not shown any more';
      lines.push(
        `- ${file.change} ${code(file.path)}${typeof sides === 'string' ? ` · ${sides}` : ''}`,
      );
      if (typeof sides === 'string') continue;
      total += (sides.oldText?.length ?? 0) + sides.newText.length;
      content.push({ type: 'diff', path: path.join(turn.root, file.path), ...sides });
    }
    await tool.update({
      status: 'completed',
      content,
      locations: files
        .slice(0, MAX_FILES)
        .map((file) => ({ path: path.join(turn.root, file.path) })),
    });
    const rest = files.length - lines.length;
    if (rest > 0) lines.push(`- … and ${plural(rest, 'more file')}; try \`/diff\` with a path`);
    await turn.say(`**${plural(files.length, 'changed file')}**\n\n${lines.join('\n')}\n`);
  },
};

/** Old and new text, or why they are not shown. */
async function bothSides(
  base: string,
  file: ChangedFile,
  options: GitOptions,
): Promise<{ oldText: string | null; newText: string } | string> {
  const large = `larger than ${showBytes(MAX_FILE_BYTES)}, not shown`;
  let oldText: string | null = null;
  if (file.change === 'changed' || file.change === 'deleted') {
    const bytes = await blobAt(base, file.path, { ...options, maxBytes: MAX_FILE_BYTES });
    if (bytes === undefined) return large;
    const text = decodeText(bytes);
    if (text === undefined) return 'binary, not shown';
    oldText = text;
  }
  if (file.change === 'deleted') return { oldText, newText: '' };
  const absolute = path.join(options.root, file.path);
  // git says it is inside; its names are data all the same.
  if (!contains(options.root, absolute)) return 'outside, not shown';
  const stats = await lstat(absolute).catch(() => undefined);
  if (stats?.isSymbolicLink()) return { oldText, newText: `${await readlink(absolute)}` };
  if (!stats?.isFile()) return 'no regular file, not shown';
  if (stats.size > MAX_FILE_BYTES) return large;
  // A directory on the way may be a symlink.
  const place = await resolveInside(options.root, file.path);
  const newText = await readText(place, MAX_FILE_BYTES);
  return newText === undefined ? 'binary, not shown' : { oldText, newText };
}
