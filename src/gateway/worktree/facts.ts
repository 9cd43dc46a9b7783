import { isObject, type JsonObject } from '../../core/json.ts';
import type { SessionWorktree } from '../../core/wire/worktree.ts';

/** A session's own worktree, as a restarted gateway must know it. All paths are real ones. */
export interface WorktreeFacts {
  /** The working tree that it was made from. */
  readonly repository: string;
  /** What both share. */
  readonly gitDir: string;
  readonly path: string;
  readonly branch: string;
  /** The branch that it left, and comes back to. */
  readonly base?: string;
  /** The commit that it left. */
  readonly commit: string;
  /** The directory that was asked for. */
  readonly from: string;
  readonly removed?: true;
}

/** @returns undefined for what no gateway has written. */
export function worktreeFromJson(value: unknown): WorktreeFacts | undefined {
  if (!isObject(value)) return undefined;
  const { repository, gitDir, path, branch, base, commit, from, removed } = value as JsonObject;
  const texts = [repository, gitDir, path, branch, commit, from];
  if (!texts.every((text) => typeof text === 'string' && text !== '')) return undefined;
  return {
    ...({ repository, gitDir, path, branch, commit, from } as WorktreeFacts),
    ...(typeof base === 'string' && { base }),
    ...(removed === true && { removed }),
  };
}

export const worktreeBrief = ({ branch, base, from, removed }: WorktreeFacts): SessionWorktree => ({
  branch,
  ...(base !== undefined && { base }),
  from,
  ...(removed && { removed }),
});
