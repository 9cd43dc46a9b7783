import { lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ToolCallContent } from '@agentclientprotocol/sdk';
import { ApertureError } from '../../../core/errors.ts';
import { newId } from '../../../core/ids.ts';
import { takeWord } from '../argv.ts';
import type { Command } from '../command.ts';
import { explain } from '../explain.ts';
import { readText } from '../files.ts';
import { code, showBytes } from '../markdown.ts';
import { resolveInside, type Place } from '../paths.ts';

/** A file that is larger is not replaced: the change could not be shown as a whole. */
const MAX_BYTES = 256 * 1024;

export const write: Command = {
  name: 'write',
  description: 'Write a text file; shows the change and asks first',
  hint: '<path> <text>',
  async run(turn, argument) {
    const { word, after } = takeWord(argument);
    if (word === '' || after === '') {
      throw new ApertureError(
        'bad_command',
        'A path and the text are needed. Example: `/write notes.md Remember the milk.`',
      );
    }
    const newText = after.endsWith('\n') ? after : `${after}\n`;
    if (Buffer.byteLength(newText) > MAX_BYTES) {
      throw new ApertureError('too_large', `At most ${showBytes(MAX_BYTES)} can be written.`);
    }
    const place = await resolveInside(turn.root, word);
    const oldText = await currentText(place);
    const diff: ToolCallContent = { type: 'diff', path: place.absolute, oldText, newText };
    const verb = oldText === null ? 'Create' : 'Replace';
    const tool = await turn.tool({
      title: `${verb} ${place.shown}`,
      kind: 'edit',
      rawInput: { path: place.shown, bytes: Buffer.byteLength(newText) },
      locations: [{ path: place.absolute }],
      content: [diff],
      status: 'pending',
    });
    const choice = await turn.permit(tool, [
      { optionId: 'allow_once', name: 'Allow once', kind: 'allow_once' },
      { optionId: 'reject_once', name: 'Reject', kind: 'reject_once' },
    ]);
    if (choice !== 'allow_once') {
      await tool.update({ status: 'failed' });
      return turn.say(`Not written: you did not allow the change to ${code(place.shown)}.\n`);
    }
    // The answer may have taken hours: look again before touching anything.
    const now = await resolveInside(turn.root, word);
    if (now.absolute !== place.absolute || (await currentText(now)) !== oldText) {
      throw new ApertureError(
        'changed_meanwhile',
        `${code(place.shown)} was changed while this waited for your answer. Nothing was written; try again.`,
      );
    }
    await tool.update({ status: 'in_progress' });
    await replace(turn.root, now, newText);
    await tool.update({ status: 'completed', content: [diff] });
    const done = oldText === null ? 'Created' : 'Replaced';
    await turn.say(`${done} ${code(place.shown)} (${showBytes(Buffer.byteLength(newText))}).\n`);
  },
};

/** What stands there now; `null` for nothing. @throws ApertureError for what is no small text file */
async function currentText(place: Place): Promise<string | null> {
  try {
    await lstat(place.absolute);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw explain(error, place.shown);
  }
  const text = await readText(place, MAX_BYTES);
  if (text === undefined) {
    throw new ApertureError(
      'not_replaceable',
      `${code(place.shown)} is binary or larger than ${showBytes(MAX_BYTES)}, so the change cannot be shown. Nothing was written.`,
    );
  }
  return text;
}

/** All or nothing: a reader sees the old file or the new one. */
async function replace(root: string, place: Place, text: string): Promise<void> {
  const directory = path.dirname(place.absolute);
  const temporary = path.join(directory, `.${path.basename(place.absolute)}.${newId()}.tmp`);
  try {
    await mkdir(directory, { recursive: true });
    // The directory may have become a symlink in between.
    await resolveInside(root, directory);
    const mode = await stat(place.absolute).then(
      (stats) => stats.mode & 0o777,
      () => 0o666,
    );
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(text, 'utf8');
    } finally {
      await handle.close();
    }
    await rename(temporary, place.absolute);
  } catch (error) {
    await rm(temporary, { force: true });
    throw explain(error, place.shown);
  }
}
