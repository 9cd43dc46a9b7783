import { ApertureError, toErrorInfo } from '../../core/errors.ts';
import type { WorktreeDiff, WorktreeState } from '../../core/wire/worktree.ts';
import type { Logger } from '../logger.ts';
import type { WorktreeFacts } from '../worktree/facts.ts';
import type { Worktrees } from '../worktree/worktrees.ts';
import { checkDirectory } from './directory.ts';
import type { SessionFacts } from './facts.ts';
import type { Session } from './session.ts';

/** What can be done with the worktree of a session; what was done stands in its log. */
export class SessionWorktrees {
  constructor(
    private readonly worktrees: Worktrees,
    private readonly logger: Logger,
  ) {}

  /** @throws ApertureError `no_worktree`, `worktree_removed`, and as `Worktrees` */
  async state(session: Session): Promise<WorktreeState> {
    return this.worktrees.state(factsOf(session));
  }

  async diff(session: Session, file: string): Promise<WorktreeDiff> {
    return this.worktrees.diff(factsOf(session), file);
  }

  /** @throws ApertureError also `busy`: what the agent is writing is half done. */
  async commit(session: Session, message: unknown): Promise<void> {
    const facts = factsOf(session);
    refuseBusy(session);
    await this.worktrees.commit(facts, message);
    session.tell(`Everything in the worktree was committed to ${facts.branch}.`);
  }

  async merge(session: Session): Promise<void> {
    const facts = factsOf(session);
    await this.worktrees.merge(facts);
    session.tell(`${facts.branch} was merged into ${facts.base} in ${facts.repository}.`);
  }

  /**
   * The session stays, and can be read.
   * @param discard as `removeWorktree`. @throws ApertureError also `busy`.
   */
  async remove(session: Session, discard: string | undefined): Promise<void> {
    const facts = factsOf(session);
    refuseBusy(session);
    await this.worktrees.remove(facts, discard);
    session.worktreeRemoved();
    const { path, branch } = facts;
    this.logger.info('worktree.removed', { sessionId: session.id, path, branch });
    session.tell(
      `The worktree ${path} and its branch ${branch} were removed. The session can be read, but does not go on.`,
    );
  }

  /** After its session was ended: it goes if nothing is lost by that, else it stays where it is. */
  async ended(session: Session): Promise<void> {
    const { worktree } = session.facts;
    if (!worktree || worktree.removed) return;
    const { path, branch } = worktree;
    const about = { sessionId: session.id, path, branch };
    try {
      await this.worktrees.remove(worktree);
      this.logger.info('worktree.removed', about);
    } catch (error) {
      this.logger.warn('worktree.kept', { ...about, why: toErrorInfo(error).code });
    }
  }
}

/**
 * Whether a session may still work where it did; an earlier gateway may have had other roots (R70).
 * @throws ApertureError as `checkDirectory`
 */
export function checkPlace({ cwd, worktree }: SessionFacts, roots: readonly string[]): void {
  if (!worktree) return checkDirectory(cwd, roots);
  checkDirectory(worktree.repository, roots);
  checkDirectory(cwd, [worktree.path]);
}

/** For the log of a session that begins in one. */
export const worktreeWords = ({ branch, base, repository }: WorktreeFacts): string =>
  `This session has a git worktree of its own: the branch ${branch}, from ${base ?? 'a commit without a branch'} of ${repository}.`;

function factsOf(session: Session): WorktreeFacts {
  const { worktree } = session.facts;
  if (!worktree) {
    throw new ApertureError('no_worktree', 'This session has no worktree of its own.');
  }
  if (worktree.removed) {
    throw new ApertureError('worktree_removed', 'The worktree of this session was removed.');
  }
  return worktree;
}

function refuseBusy(session: Session): void {
  if (session.summary().turn === 'idle') return;
  throw new ApertureError(
    'busy',
    'The agent is still working in the worktree. Wait for it, or stop it first.',
    { retryable: true },
  );
}
