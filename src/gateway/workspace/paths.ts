import { lstat, readlink, realpath } from 'node:fs/promises';
import path from 'node:path';
import { ApertureError } from '../../core/errors.ts';
import { explain } from './explain.ts';
import { code } from './markdown.ts';

/** A place inside the workspace. */
export interface Place {
  /** Real path, free of symlinks; the file itself need not exist yet. */
  readonly absolute: string;
  /** From the workspace's root, with `/`; `.` for the root itself. */
  readonly shown: string;
}

/** Symlinks that lead on to symlinks: more than this is a loop. */
const MAX_LINKS = 40;

/**
 * Where a path that somebody typed really leads, if that is inside the workspace (R70).
 *
 * @param root real path of the workspace
 * @throws ApertureError `outside_workspace`, also for a symlink that leads outside, and for one whose target is missing there
 */
export async function resolveInside(root: string, typed: string): Promise<Place> {
  if (typed.includes('\0')) {
    throw new ApertureError('bad_path', 'The path has a NUL character in it.');
  }
  const wanted = path.resolve(root, typed === '' ? '.' : typed);
  const outside = (): ApertureError =>
    new ApertureError(
      'outside_workspace',
      `${code(typed)} leads outside this session's directory (${code(root)}). ` +
        'Only what is inside can be used; start a session in that directory instead.',
    );
  // First by name, so that nothing outside is even looked at.
  if (!contains(root, wanted)) throw outside();
  const absolute = await follow(wanted).catch((error: unknown) => {
    throw explain(error, typed);
  });
  if (!contains(root, absolute)) throw outside();
  return { absolute, shown: shownPath(root, absolute) };
}

export const shownPath = (root: string, absolute: string): string =>
  path.relative(root, absolute).split(path.sep).join('/') || '.';

export function contains(root: string, candidate: string): boolean {
  const relative = path.relative(root, candidate);
  return (
    relative === '' ||
    (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative))
  );
}

/** `realpath` that also works for what does not exist yet, and follows dangling symlinks to where they would create. */
async function follow(wanted: string, linksLeft = MAX_LINKS): Promise<string> {
  try {
    return await realpath(wanted);
  } catch (error) {
    const { code: errno } = error as NodeJS.ErrnoException;
    if (errno !== 'ENOENT' || linksLeft === 0) throw error;
  }
  const stats = await lstat(wanted).catch(() => undefined);
  if (stats?.isSymbolicLink()) {
    return follow(path.resolve(path.dirname(wanted), await readlink(wanted)), linksLeft - 1);
  }
  const parent = path.dirname(wanted);
  if (parent === wanted) return wanted;
  return path.join(await follow(parent, linksLeft), path.basename(wanted));
}
