import { realpathSync, type Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { ApertureError } from '../../core/errors.ts';
import type { DirectoriesResponse } from '../../core/wire/rest.ts';
import { contains } from '../acp/services/contained.ts';

const MAX_LISTED = 500;

/**
 * The real path of a directory that sessions may use.
 *
 * @param roots real paths; when there are any, the directory must lie inside one of them, after all
 *   symbolic links were followed (R70).
 * @throws ApertureError `bad_directory`, `no_such_directory`, `not_a_directory`, `unreadable_directory`
 *   or `outside_roots`.
 */
export async function resolveDirectory(given: string, roots: readonly string[]): Promise<string> {
  const wanted =
    given === '~' || given.startsWith('~/') ? path.join(homedir(), given.slice(1)) : given;
  if (!path.isAbsolute(wanted) || wanted.includes('\0')) {
    throw new ApertureError(
      'bad_directory',
      `“${given}” is no absolute path. Give one such as ${homedir()} or ~/project.`,
    );
  }
  let real: string;
  let stats: Stats;
  try {
    real = await realpath(wanted);
    stats = await stat(real);
  } catch (error) {
    throw explain(error, wanted);
  }
  // Before anything else is told about it: what lies outside is nobody's business.
  if (roots.length > 0 && !roots.some((root) => contains(root, real))) {
    throw new ApertureError(
      'outside_roots',
      `“${wanted}” is outside of what this gateway allows (${roots.join(', ')}). Choose a directory inside, or start the gateway with another --root.`,
    );
  }
  if (!stats.isDirectory()) {
    throw new ApertureError(
      'not_a_directory',
      `“${wanted}” is not a directory. Give the directory that the agent should work in.`,
    );
  }
  return real;
}

/**
 * Whether a directory that was resolved once still is what it was: an earlier gateway may have had other
 * roots, and a symbolic link may have taken its place (R70).
 *
 * @throws ApertureError `no_such_directory`, `outside_roots`
 */
export function checkDirectory(directory: string, roots: readonly string[]): void {
  let real: string;
  try {
    real = realpathSync(directory);
  } catch {
    throw new ApertureError(
      'no_such_directory',
      `The directory ${directory} does not exist any more.`,
    );
  }
  if (roots.length > 0 && !roots.some((root) => contains(root, real))) {
    throw new ApertureError(
      'outside_roots',
      `The directory ${directory} is outside of what this gateway allows (${roots.join(', ')}). Start the gateway with another --root to go on here.`,
    );
  }
}

/** Subdirectories of one, for choosing where a session works. @throws as {@link resolveDirectory} */
export async function listDirectories(
  given: string,
  roots: readonly string[],
): Promise<DirectoriesResponse> {
  const directory = await resolveDirectory(given, roots);
  let names: string[];
  try {
    const found = await readdir(directory, { withFileTypes: true });
    const directories = await Promise.all(
      found.map(async (entry) => {
        if (entry.isDirectory()) return entry.name;
        if (!entry.isSymbolicLink()) return undefined;
        const target = await stat(path.join(directory, entry.name)).catch(() => undefined);
        return target?.isDirectory() ? entry.name : undefined;
      }),
    );
    names = directories.filter((name) => name !== undefined);
  } catch (error) {
    throw explain(error, directory);
  }
  names.sort((a, b) => hidden(a) - hidden(b) || a.localeCompare(b));
  const parent = path.dirname(directory);
  const atTop =
    parent === directory || (roots.length > 0 && !roots.some((root) => contains(root, parent)));
  return {
    path: directory,
    parent: atTop ? null : parent,
    entries: names.slice(0, MAX_LISTED).map((name) => ({ name, path: path.join(directory, name) })),
    ...(names.length > MAX_LISTED && { truncated: true }),
  };
}

const hidden = (name: string): number => (name.startsWith('.') ? 1 : 0);

function explain(error: unknown, wanted: string): ApertureError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EACCES' || code === 'EPERM') {
    return new ApertureError(
      'unreadable_directory',
      `“${wanted}” may not be read. Choose another.`,
    );
  }
  return new ApertureError(
    'no_such_directory',
    `“${wanted}” does not exist. Choose another, or create it first.`,
  );
}
