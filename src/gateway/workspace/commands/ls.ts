import { lstat, readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from '../command.ts';
import { explain } from '../explain.ts';
import { code, plural, showBytes } from '../markdown.ts';
import { resolveInside } from '../paths.ts';
import { takeWord } from '../argv.ts';

const MAX_ENTRIES = 500;

export const ls: Command = {
  name: 'ls',
  description: 'List a directory',
  hint: '[path]',
  async run(turn, argument) {
    const place = await resolveInside(turn.root, takeWord(argument).word);
    const tool = await turn.tool({
      title: `List ${place.shown}`,
      kind: 'read',
      rawInput: { path: place.shown },
      locations: [{ path: place.absolute }],
    });
    let entries;
    try {
      entries = await readdir(place.absolute, { withFileTypes: true });
    } catch (error) {
      throw explain(error, place.shown);
    }
    entries.sort(
      (a, b) => Number(b.isDirectory()) - Number(a.isDirectory()) || (a.name < b.name ? -1 : 1),
    );
    const lines: string[] = [];
    for (const entry of entries.slice(0, MAX_ENTRIES)) {
      turn.signal.throwIfAborted();
      const full = path.join(place.absolute, entry.name);
      if (entry.isDirectory()) lines.push(`- ${code(`${entry.name}/`)}`);
      else if (entry.isSymbolicLink()) {
        const target = await readlink(full).catch(() => '?');
        lines.push(`- ${code(entry.name)} → ${code(target)}`);
      } else {
        const size = await lstat(full).then(
          (stats) => ` · ${showBytes(stats.size)}`,
          () => '',
        );
        lines.push(`- ${code(entry.name)}${entry.isFile() ? size : ' · special file'}`);
      }
    }
    await tool.update({ status: 'completed', rawOutput: { entries: entries.length } });
    if (entries.length === 0) return turn.say(`${code(place.shown)} is empty.\n`);
    const heading = `**${code(place.shown)}** · ${plural(entries.length, 'entry', 'entries')}`;
    const rest = entries.length - lines.length;
    if (rest > 0) lines.push(`\n… and ${plural(rest, 'more entry', 'more entries')}.`);
    await turn.say(`${heading}\n\n${lines.join('\n')}\n`);
  },
};
