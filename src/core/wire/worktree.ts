/** A session's own git worktree, as its summary names it. */
export interface SessionWorktree {
  branch: string;
  /** The branch that it left, and is merged back into; absent when it left a commit without a branch. */
  base?: string;
  /** The directory that was asked for, in the repository that it was made from. */
  from: string;
  /** It was removed: the session can be read, and does not go on. */
  removed?: true;
}

export interface WorktreeFile {
  /** From the worktree's root, with `/`. */
  path: string;
  change: 'added' | 'changed' | 'deleted' | 'untracked';
  /** Lines; absent for a binary file, and for one that git does not know yet. */
  added?: number;
  removed?: number;
}

/** `GET /v1/sessions/:id/worktree` */
export interface WorktreeState {
  path: string;
  /** What is checked out there now; absent for a commit without a branch. */
  current?: string;
  branch: string;
  base?: string;
  repository: string;
  /** The directory is gone; the branch may still be there. */
  missing?: true;
  /** Commits that the base does not have, and commits of the base that the worktree does not have. */
  ahead: number;
  behind: number;
  /** Files that differ from the last commit, new ones included; ignored ones are not counted. */
  uncommitted: number;
  /** Commits that are on no other branch, remote branch or tag. */
  unmerged: number;
  /** What merging would bring, committed or not; at most 500. */
  files: WorktreeFile[];
  /** There are more than are listed. */
  truncated?: true;
  /** Names this state; whoever discards work says which state of it (`DELETE …?discard=`). */
  mark: string;
}

/** `GET /v1/sessions/:id/worktree/diff?path=` */
export interface WorktreeDiff {
  path: string;
  /** As `git diff` has it, with the whole file around the changes if that is not too long. */
  patch: string;
  binary?: true;
  /** The patch was cut. */
  truncated?: true;
}

/** `GET /v1/repository?path=`: whether a session there can have a worktree of its own. */
export type RepositoryInfo =
  { possible: true; repository: string; branch?: string } | { possible: false; why: string };
