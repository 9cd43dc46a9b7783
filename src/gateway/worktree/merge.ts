import { ApertureError } from '../../core/errors.ts';
import type { WorktreeFacts } from './facts.ts';
import { git, lastWords, run, WORK_MS } from './git.ts';
import { branchAt, commitOf, headOf } from './repository.ts';
import { baseOf, isThere, uncommittedIn } from './state.ts';

const MAX_MESSAGE = 4_000;

/** What stands in the way of a merge or a removal, for an error's text. */
export function named(files: readonly { path: string }[]): string {
  const shown = files.slice(0, 3).map((file) => file.path);
  return `${files.length === 1 ? '1 file' : `${files.length} files`} (${shown.join(', ')}${files.length > 3 ? ', …' : ''})`;
}

/** @throws ApertureError `worktree_missing`, `broken_worktree` */
export async function mustBeThere(facts: WorktreeFacts): Promise<void> {
  if (await isThere(facts)) return;
  throw new ApertureError(
    'worktree_missing',
    `The directory ${facts.path} is gone. Its branch ${facts.branch} may still be there.`,
  );
}

/**
 * Commits everything in the worktree that git does not ignore.
 * @throws ApertureError `bad_message`, `nothing_to_commit`, as {@link mustBeThere}, and as {@link git}.
 */
export async function commitAll(facts: WorktreeFacts, message: unknown): Promise<void> {
  const text = typeof message === 'string' ? message.trim() : '';
  if (text === '' || text.length > MAX_MESSAGE || text.includes('\0')) {
    throw new ApertureError(
      'bad_message',
      `A commit needs a message of 1 to ${MAX_MESSAGE} characters.`,
    );
  }
  await mustBeThere(facts);
  if ((await uncommittedIn(facts.path)).files.length === 0) {
    throw new ApertureError('nothing_to_commit', 'Everything is committed already.');
  }
  await git(facts.path, ['add', '--all'], { timeoutMs: WORK_MS });
  await git(facts.path, ['commit', '--quiet', `--message=${text}`], { timeoutMs: WORK_MS });
}

/**
 * Merges its branch into the base, in the working tree that it was made from. Either all of it is done, or nothing.
 *
 * @throws ApertureError `uncommitted`, `other_branch`, `no_base`, `nothing_to_merge`, `base_not_checked_out`,
 *   `base_dirty`, `conflict`, `merge_failed`, `merge_unclear`, as {@link mustBeThere}, and as {@link git}.
 */
export async function mergeBack(facts: WorktreeFacts): Promise<void> {
  const { repository, branch, path } = facts;
  await mustBeThere(facts);
  await refuseUncommitted(facts);
  const current = await branchAt(path);
  if (current !== branch) {
    const now = current === undefined ? 'on no branch' : `on ${current}`;
    throw new ApertureError(
      'other_branch',
      `The worktree is ${now} now, not on its own ${branch}. Check that out there, or merge by hand.`,
    );
  }
  const base = await baseOf(facts);
  if (base === undefined) throw noBase(facts);
  const ahead = await git(path, ['rev-list', '--count', `${headOf(base)}..HEAD`, '--']);
  if (ahead === '0') {
    throw new ApertureError('nothing_to_merge', `${base} has everything of ${branch} already.`);
  }
  await refuseUnready(repository, base);
  await refuseConflicts(repository, base, branch);
  await merge(facts, base);
}

async function refuseUncommitted({ path }: WorktreeFacts): Promise<void> {
  const { files } = await uncommittedIn(path);
  if (files.length === 0) return;
  throw new ApertureError(
    'uncommitted',
    `${named(files)} in the worktree are not committed, and would not be merged. Commit them first.`,
  );
}

function noBase({ branch, base }: WorktreeFacts): ApertureError {
  const why = base === undefined ? 'left from no branch' : `left from ${base}, which is gone`;
  return new ApertureError(
    'no_base',
    `${branch} ${why}. Merge it by hand where you want it: git merge ${branch}`,
  );
}

/** The target must be on the base, with nothing under way and nothing uncommitted. */
async function refuseUnready(repository: string, base: string): Promise<void> {
  if ((await branchAt(repository)) !== base) {
    throw new ApertureError(
      'base_not_checked_out',
      `${repository} is not on ${base} now. Check it out there, then merge again.`,
    );
  }
  const args = [
    ['status', '--porcelain=v1', '-z', '--no-renames'],
    ['--untracked-files=no', '--ignore-submodules=dirty'],
  ].flat();
  const dirty = (await git(repository, args)).split('\0').filter((line) => line !== '');
  if (dirty.length > 0 || (await isMerging(repository))) {
    const what =
      dirty.length > 0
        ? `has uncommitted changes: ${named(dirty.map((line) => ({ path: line.slice(3) })))}`
        : 'is in the middle of a merge';
    throw new ApertureError(
      'base_dirty',
      `${repository} ${what}. Commit or stash them first; nothing was changed.`,
    );
  }
}

/** Tried without touching any file. A git that cannot do that (before 2.38) finds out by merging. */
async function refuseConflicts(repository: string, base: string, branch: string): Promise<void> {
  const args = ['merge-tree', '--write-tree', '--name-only', '--no-messages', '-z'];
  const tried = await run(repository, [...args, headOf(base), headOf(branch)]);
  if (tried.code !== 1) return;
  const files = [...new Set(tried.stdout.split('\0').slice(1))].filter((file) => file !== '');
  if (files.length > 0) throw conflict(base, branch, named(files.map((file) => ({ path: file }))));
}

async function merge({ repository, branch }: WorktreeFacts, base: string): Promise<void> {
  const before = await commitOf(repository, 'HEAD');
  const args = ['-c', 'merge.autoStash=false', 'merge', '--no-edit', '--quiet', branch];
  let words: string;
  try {
    const merged = await run(repository, args, { timeoutMs: WORK_MS });
    if (merged.code === 0) return;
    words = `${merged.stderr}\n${merged.stdout}`;
  } catch (error) {
    words = error instanceof Error ? error.message : String(error);
  }
  // There was none under way before, so this one is ours.
  if (await isMerging(repository)) await run(repository, ['merge', '--abort']);
  const after = await commitOf(repository, 'HEAD');
  const left = await git(repository, ['status', '--porcelain', '--untracked-files=no']);
  if (after !== before || left !== '') {
    throw new ApertureError(
      'merge_unclear',
      `The merge was interrupted, and ${repository} may not be as it was. Look at it with git status. Git said: ${lastWords(words)}`,
    );
  }
  if (/^CONFLICT /m.test(words)) throw conflict(base, branch, 'the same lines');
  throw new ApertureError(
    'merge_failed',
    `Git did not merge ${branch} into ${base}, and nothing was changed. It said: ${lastWords(words)}`,
  );
}

const conflict = (base: string, branch: string, what: string): ApertureError =>
  new ApertureError(
    'conflict',
    `${branch} and ${base} both changed ${what}. Nothing was changed now. Ask the agent to merge ${base} into its branch, or merge by hand: git merge ${branch}`,
  );

const isMerging = async (repository: string): Promise<boolean> =>
  (await commitOf(repository, 'MERGE_HEAD')) !== undefined;
