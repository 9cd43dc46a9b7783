import { readdir, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { ApertureError } from '../../core/errors.ts';
import type { WorktreeState } from '../../core/wire/worktree.ts';
import type { WorktreeFacts } from './facts.ts';
import { git, run, WORK_MS } from './git.ts';
import { commitOf, headOf } from './repository.ts';
import { stateOf } from './state.ts';

/**
 * Removes working tree and branch; what is gone already is no error.
 *
 * @param discard the `mark` of the state whose uncommitted and unmerged work may go; without it, nothing may that
 *   is nowhere else.
 * @throws ApertureError `uncommitted`, `unmerged`, `submodules`, `worktree_changed`, `broken_worktree`, and as
 *   {@link git}.
 */
export async function removeWorktree(facts: WorktreeFacts, discard?: string): Promise<void> {
  const { gitDir, path: place, branch } = facts;
  const state = await stateOf(facts);
  const submodules = state.missing ? 'none' : await submodulesOf(place);
  if (discard === undefined) refuseLoss(state, submodules);
  else if (discard !== state.mark) {
    throw new ApertureError(
      'worktree_changed',
      'The worktree has changed since you looked. Look again before you discard anything.',
    );
  }
  // Git looks once more by itself. It refuses all that have submodules, initialised or not; those were looked at.
  const force = discard !== undefined || state.missing || submodules === 'listed';
  if (await isKnown(facts)) {
    const args = ['worktree', 'remove', ...(force ? ['--force'] : []), '--', place];
    await git(gitDir, args, { timeoutMs: WORK_MS });
  }
  if ((await commitOf(gitDir, headOf(branch))) !== undefined) {
    // It stays if somebody has it checked out elsewhere.
    await run(gitDir, ['branch', '--quiet', '-D', '--', branch]);
  }
  await rmdir(path.dirname(place)).catch(() => {});
}

function refuseLoss(state: WorktreeState, submodules: Submodules): void {
  const { uncommitted, unmerged, branch, base } = state;
  if (uncommitted > 0) {
    throw new ApertureError(
      'uncommitted',
      `${count(uncommitted, 'file')} in the worktree ${uncommitted === 1 ? 'is' : 'are'} not committed, so it was not removed.`,
    );
  }
  if (unmerged > 0) {
    throw new ApertureError(
      'unmerged',
      `${branch} has ${count(unmerged, 'commit')} that no other branch has, so it was not removed. Merge it into ${base ?? 'another branch'} first, or push it.`,
    );
  }
  if (submodules === 'cloned') {
    throw new ApertureError(
      'submodules',
      'Submodules were cloned into the worktree, with commits that may be nowhere else, so it was not removed.',
    );
  }
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

type Submodules = 'none' | 'listed' | 'cloned';

/** Cloned ones keep their own repositories inside of this worktree's, and would go with it. */
async function submodulesOf(place: string): Promise<Submodules> {
  const own = await git(place, ['rev-parse', '--absolute-git-dir']);
  const cloned = await readdir(path.join(own, 'modules')).catch(() => []);
  if (cloned.length > 0) return 'cloned';
  const listed = await git(place, ['ls-files', '--stage', '-z']);
  return listed.split('\0').some((line) => line.startsWith('160000 ')) ? 'listed' : 'none';
}

/** Whether git has it in its list; pruning would touch those of others, too. */
async function isKnown({ gitDir, path: place }: WorktreeFacts): Promise<boolean> {
  const listed = await git(gitDir, ['worktree', 'list', '--porcelain', '-z']);
  return listed.split('\0').includes(`worktree ${place}`);
}
