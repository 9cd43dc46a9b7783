import { createHash } from 'node:crypto';
import { lstat, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { ApertureError } from '../../core/errors.ts';
import type { WorktreeFile, WorktreeState } from '../../core/wire/worktree.ts';
import type { WorktreeFacts } from './facts.ts';
import { git, run } from './git.ts';
import { branchAt, commitOf, gitDirOf, headOf } from './repository.ts';

const MAX_FILES = 500;
/** Files whose size and time stand in a state's mark. */
const MAX_MARKED = 1_000;

/**
 * Whether the directory is there, and still the worktree that was made: git would else look further up, and find
 * a repository that is none of the session's business.
 *
 * @returns false when it is gone.
 * @throws ApertureError `broken_worktree`.
 */
export async function isThere(facts: WorktreeFacts): Promise<boolean> {
  const found = await stat(facts.path).catch(() => undefined);
  if (!found) return false;
  const top = await run(facts.path, ['rev-parse', '--show-toplevel']);
  const same =
    top.code === 0 &&
    (await realpath(top.stdout)) === facts.path &&
    (await gitDirOf(facts.path)) === facts.gitDir;
  if (same) return true;
  throw new ApertureError(
    'broken_worktree',
    `${facts.path} is no worktree of ${facts.repository} any more. Look at it by hand: git worktree list, git worktree repair.`,
  );
}

/** The branch that it comes back to, if there still is one. */
export async function baseOf({ gitDir, base }: WorktreeFacts): Promise<string | undefined> {
  if (base === undefined) return undefined;
  return (await commitOf(gitDir, headOf(base))) === undefined ? undefined : base;
}

/** Where the changes are counted from: where base and worktree parted last, else where it left. */
export async function parting(facts: WorktreeFacts, base: string | undefined): Promise<string> {
  if (base === undefined) return facts.commit;
  const { code, stdout } = await run(facts.path, ['merge-base', headOf(base), 'HEAD']);
  return code === 0 && stdout !== '' ? stdout : facts.commit;
}

/** @throws ApertureError `broken_worktree`, and as {@link git}. */
export async function stateOf(facts: WorktreeFacts): Promise<WorktreeState> {
  const { path: place, branch, repository, gitDir } = facts;
  const there = await isThere(facts);
  const base = await baseOf(facts);
  const [current, own, aheadBehind, unmerged] = await Promise.all([
    there ? branchAt(place) : undefined,
    commitOf(gitDir, headOf(branch)),
    apart(facts, there, base),
    unmergedIn(facts, there),
  ]);
  const known = {
    path: place,
    branch,
    repository,
    ...(base !== undefined && { base }),
    ...aheadBehind,
    unmerged,
  };
  if (!there) {
    const mark = markOf([own ?? '']);
    return { ...known, missing: true, uncommitted: 0, files: [], mark };
  }
  const [status, changed, head] = await Promise.all([
    uncommittedIn(place),
    changedSince(place, await parting(facts, base)),
    commitOf(place, 'HEAD'),
  ]);
  const untracked = status.files.filter((file) => file.change === 'untracked');
  const files = [...changed.files, ...untracked];
  const times = await Promise.all(
    status.files.slice(0, MAX_MARKED).map(async (file) => {
      const found = await lstat(path.join(place, file.path)).catch(() => undefined);
      return `${file.path}\0${found?.size ?? ''}\0${found?.mtimeMs ?? ''}`;
    }),
  );
  return {
    ...known,
    ...(current !== undefined && { current }),
    uncommitted: status.files.length,
    files: files.slice(0, MAX_FILES),
    ...((files.length > MAX_FILES || status.truncated || changed.truncated) && { truncated: true }),
    mark: markOf([own ?? '', head ?? '', status.raw, ...times]),
  };
}

export interface Uncommitted {
  readonly files: readonly WorktreeFile[];
  readonly raw: string;
  readonly truncated: boolean;
}

/** Whatever the user's settings say, new files count, and so does what changed in a submodule. @throws as {@link git}. */
export async function uncommittedIn(place: string): Promise<Uncommitted> {
  const args = [
    ['status', '--porcelain=v1', '-z', '--no-renames'],
    ['--untracked-files=all', '--ignore-submodules=none'],
  ].flat();
  const result = await run(place, args);
  // No answer is not “nothing”.
  if (result.code !== 0) await git(place, args);
  const files = result.stdout.split('\0').flatMap((line): WorktreeFile[] => {
    const [code, file] = [line.slice(0, 2), line.slice(3)];
    if (file === '') return [];
    const change =
      code === '??'
        ? 'untracked'
        : code.includes('D')
          ? 'deleted'
          : code.includes('A')
            ? 'added'
            : 'changed';
    return [{ path: file, change }];
  });
  return { files, raw: result.stdout, truncated: result.truncated };
}

async function changedSince(
  place: string,
  commit: string,
): Promise<{ files: WorktreeFile[]; truncated: boolean }> {
  const args = [
    ['diff', '--raw', '--numstat', '-z', '--no-renames', '--no-ext-diff', '--no-textconv'],
    ['--ignore-submodules=none', commit, '--'],
  ].flat();
  const result = await run(place, args);
  if (result.code !== 0) await git(place, args);
  const files = new Map<string, WorktreeFile>();
  const fields = result.stdout.split('\0');
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!;
    const counts = /^(\d+|-)\t(\d+|-)\t([^]+)$/.exec(field);
    if (field.startsWith(':')) {
      const file = fields[++i];
      const letter = field.at(-1);
      const change = letter === 'A' ? 'added' : letter === 'D' ? 'deleted' : 'changed';
      if (file) files.set(file, { path: file, change });
    } else if (counts) {
      const [, added, removed, file] = counts;
      const known = files.get(file!);
      // A binary file has no lines to count.
      if (known && added !== '-') {
        Object.assign(known, { added: Number(added), removed: Number(removed) });
      }
    }
  }
  return { files: [...files.values()], truncated: result.truncated };
}

/** Commits that base and worktree do not share. */
async function apart(
  facts: WorktreeFacts,
  there: boolean,
  base: string | undefined,
): Promise<{ ahead: number; behind: number }> {
  const [place, tip] = there ? [facts.path, 'HEAD'] : [facts.gitDir, headOf(facts.branch)];
  if (!there && (await commitOf(place, tip)) === undefined) return { ahead: 0, behind: 0 };
  const left = base === undefined ? facts.commit : headOf(base);
  const range = `${left}...${tip}`;
  const counted = await git(place, ['rev-list', '--left-right', '--count', range, '--']);
  const [behind = 0, ahead = 0] = counted.split('\t').map(Number);
  return { ahead, behind };
}

/** Commits that would be on no branch, remote branch or tag if this worktree and its branch were not there. */
async function unmergedIn(
  { path: place, gitDir, branch, commit }: WorktreeFacts,
  there: boolean,
): Promise<number> {
  const cwd = there ? place : gitDir;
  const own = headOf(branch);
  const tips = [
    ...(there ? ['HEAD'] : []),
    ...((await commitOf(cwd, own)) === undefined ? [] : [own]),
  ];
  if (tips.length === 0) return 0;
  const others = [`--exclude=${branch}`, '--branches', '--remotes', '--tags'];
  return Number(await git(cwd, ['rev-list', '--count', ...tips, '--not', commit, ...others]));
}

const markOf = (parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32);
