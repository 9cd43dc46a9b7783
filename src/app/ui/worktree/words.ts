import type { WorktreeState } from '../../../core/wire/worktree.ts';

export const countOf = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** How it stands to its base, and what is not committed. */
export function standWords({ ahead, behind, uncommitted, base }: WorktreeState): string {
  const to = base === undefined ? '' : ` of ${base}`;
  const way =
    ahead + behind === 0
      ? base === undefined
        ? 'No commit yet'
        : `Level with ${base}`
      : [
          ahead > 0 ? `${countOf(ahead, 'commit')} ahead` : '',
          behind > 0 ? `${countOf(behind, 'commit')} behind` : '',
        ]
          .filter(Boolean)
          .join(', ') + to;
  return uncommitted === 0
    ? `${way}; everything is committed`
    : `${way}; ${countOf(uncommitted, 'file')} not committed`;
}

/** What would be lost with it. */
export function lossWords({ uncommitted, unmerged, branch }: WorktreeState): string {
  const lost = [
    uncommitted > 0
      ? `${countOf(uncommitted, 'file')} that ${uncommitted === 1 ? 'is' : 'are'} not committed`
      : '',
    unmerged > 0 ? `${countOf(unmerged, 'commit')} of ${branch} that no other branch has` : '',
  ].filter(Boolean);
  const what = lost.join(', and ') || 'what was cloned into it';
  return `Removing it deletes for good: ${what}.`;
}
