import { constants } from 'node:fs';
import { open, opendir, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { ApertureError } from '../../core/errors.ts';
import { code } from './markdown.ts';
import { explain } from './explain.ts';
import type { Place } from './paths.ts';

/** Directories that are never walked into: other people's code, and the repository's own store. */
export const SKIPPED_DIRECTORIES: ReadonlySet<string> = new Set([
  'node_modules',
  '.git',
  '.hg',
  '.svn',
  '.venv',
  '__pycache__',
]);

/** Entries that one walk looks at, at most. */
export const MAX_WALK_ENTRIES = 50_000;

export interface WalkedFile {
  /** Absolute path; no part of it below the walk's start is a symlink. */
  readonly absolute: string;
  readonly isDirectory: boolean;
}

export interface Walk {
  /** There was more than {@link MAX_WALK_ENTRIES}: the walk stopped. */
  truncated: boolean;
}

/** All directories and regular files below `start`, breadth first, by name. Symlinks are not followed. */
export async function* walk(
  start: string,
  signal: AbortSignal,
  state: Walk = { truncated: false },
): AsyncGenerator<WalkedFile> {
  const queue = [start];
  let seen = 0;
  for (let directory = queue.shift(); directory !== undefined; directory = queue.shift()) {
    const entries = [];
    try {
      for await (const entry of await opendir(directory)) {
        signal.throwIfAborted();
        entries.push(entry);
        if (entries.length + seen >= MAX_WALK_ENTRIES) break;
      }
    } catch (error) {
      signal.throwIfAborted();
      // An unreadable directory hides itself only.
      if (directory === start) throw error;
      continue;
    }
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (++seen >= MAX_WALK_ENTRIES) {
        state.truncated = true;
        return;
      }
      const absolute = path.join(directory, entry.name);
      if (entry.isDirectory()) {
        if (SKIPPED_DIRECTORIES.has(entry.name)) continue;
        queue.push(absolute);
        yield { absolute, isDirectory: true };
      } else if (entry.isFile()) yield { absolute, isDirectory: false };
    }
  }
}

/** Opens a regular file, and nothing else: no symlink that appeared meanwhile, no pipe that would block. */
export async function openFile(place: Place): Promise<{ handle: FileHandle; size: number }> {
  let handle: FileHandle;
  try {
    const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
    handle = await open(place.absolute, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    throw explain(error, place.shown);
  }
  try {
    const stats = await handle.stat();
    if (stats.isDirectory()) {
      throw new ApertureError(
        'is_directory',
        `${code(place.shown)} is a directory; try \`/ls\` on it.`,
      );
    }
    if (!stats.isFile()) {
      throw new ApertureError('not_a_file', `${code(place.shown)} is no regular file.`);
    }
    return { handle, size: stats.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** What a file of text holds, up to `maxBytes`; `undefined` for one that is larger or is not UTF-8 text. */
export async function readText(place: Place, maxBytes: number): Promise<string | undefined> {
  const { handle, size } = await openFile(place);
  try {
    if (size > maxBytes) return undefined;
    const buffer = Buffer.alloc(maxBytes + 1);
    let length = 0;
    // A file may grow between stat and read.
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return length > maxBytes ? undefined : decodeText(buffer.subarray(0, length));
  } finally {
    await handle.close();
  }
}

/** UTF-8 text, or `undefined` for anything else (a NUL counts as something else). */
export function decodeText(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
