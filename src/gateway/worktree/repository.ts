import { realpath } from 'node:fs/promises';
import { ApertureError } from '../../core/errors.ts';
import { failed, git, run } from './git.ts';

/** Where a directory stands in a git repository. */
export interface Place {
  /** The working tree's root; a real path. */
  readonly top: string;
  /** From there to the directory, with a slash at its end; empty at the root. */
  readonly prefix: string;
  /** What all its working trees share: the repository itself. */
  readonly gitDir: string;
  /** What is checked out; undefined for a commit without a branch. */
  readonly branch: string | undefined;
}

/**
 * @param cwd a directory.
 * @throws ApertureError `not_a_repository`, `no_working_tree`, and as {@link git}.
 */
export async function locate(cwd: string): Promise<Place> {
  const args = ['rev-parse', '--is-inside-work-tree', '--is-bare-repository'];
  const found = await run(cwd, args);
  if (found.code !== 0) {
    // Git has other reasons too, such as an owner whom it does not trust; those are told in its own words.
    if (!/not a git repository/i.test(found.stderr)) throw failed(args, found);
    throw new ApertureError(
      'not_a_repository',
      `${cwd} is in no git repository, so there are no worktrees. Start the session without one, or run git init there.`,
    );
  }
  const [inside, bare] = found.stdout.split('\n');
  if (inside !== 'true') {
    throw new ApertureError(
      'no_working_tree',
      bare === 'true'
        ? `${cwd} is a bare repository: nothing is checked out that a worktree could come back to. Choose a clone of it.`
        : `${cwd} is inside of git's own directory. Choose one with files in it.`,
    );
  }
  // One by one: a path may have a line's end in it.
  const top = await realpath(await git(cwd, ['rev-parse', '--show-toplevel']));
  const prefix = await git(cwd, ['rev-parse', '--show-prefix']);
  return { top, prefix, gitDir: await gitDirOf(cwd), branch: await branchAt(cwd) };
}

/** @returns undefined for a commit without a branch. */
export async function branchAt(cwd: string): Promise<string | undefined> {
  const { code, stdout } = await run(cwd, ['symbolic-ref', '--short', '--quiet', 'HEAD']);
  return code === 0 && stdout !== '' ? stdout : undefined;
}

/** A real path. @throws as {@link git}. */
export async function gitDirOf(cwd: string): Promise<string> {
  const args = ['rev-parse', '--path-format=absolute', '--git-common-dir'];
  return realpath(await git(cwd, args));
}

/** @returns the commit's id; undefined when there is none of this name. */
export async function commitOf(cwd: string, name: string): Promise<string | undefined> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
  const { code, stdout } = await run(cwd, args);
  return code === 0 ? stdout : undefined;
}

export const headOf = (branch: string): string => `refs/heads/${branch}`;
