import type { ContentBlock } from '../acp.ts';
import { oneLine } from '../text/sanitise.ts';

/** Longest title that a session is given without being asked, characters. */
export const TITLE_LENGTH = 80;

/** What a prompt makes of the title of a session that nobody has named; undefined if it says nothing of what it is about. */
export function titleOf(prompt: readonly ContentBlock[]): string | undefined {
  const first = prompt.find((block) => block.type === 'text');
  const title = oneLine(first?.text ?? '', TITLE_LENGTH);
  // A slash command says what to do, not what it is about.
  return title === '' || title.startsWith('/') ? undefined : title;
}
