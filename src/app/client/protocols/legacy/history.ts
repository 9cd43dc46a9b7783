import type { JsonObject } from '../../../../core/json.ts';
import type { SessionEvent } from '../../../../core/session/event.ts';
import type { LegacyMessage } from './legacy-quirks.ts';

/** Of a long history that the page sees for the first time, only the newest are shown. */
const MAX_SHOWN = 5_000;

/**
 * How far the page's log has come in the server's history. Messages there have no ids that the live stream knows, so
 * the place is counted: by the user's messages, and by characters of the answer to the last of them.
 */
export interface Mark {
  /** The user's messages that the page has. */
  users: number;
  /** Characters of what the agent answered to the last one. */
  shown: number;
}

export const readMark = (remote: JsonObject | undefined): Mark => ({
  users: count(remote?.['users']),
  shown: count(remote?.['shown']),
});

const count = (value: unknown): number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;

export interface Merge {
  /** All that the agent answered to the last of the user's messages that the page has. */
  readonly answer: string;
  /** What of it the page has not. */
  readonly rest: string;
  /** What was said after that, oldest first. */
  readonly later: readonly LegacyMessage[];
  /** Where the page stands once it has shown it all. */
  readonly mark: Mark;
  /** Messages left out of `later`, because there are too many. */
  readonly left: number;
}

/** What the server's history has beyond the page's log (R28): nothing of it is shown twice. */
export function merge(history: readonly LegacyMessage[], mark: Mark): Merge {
  const users = history.flatMap(({ role }, index) => (role === 'user' ? [index] : []));
  // A prompt that never arrived is not there; then the page has everything.
  const missing = mark.users > users.length;
  const from = mark.users === 0 ? 0 : missing ? history.length : users[mark.users - 1]! + 1;
  const next = mark.users === 0 && mark.shown === 0 ? 0 : (users[mark.users] ?? history.length);
  const answer = textOf(history.slice(from, Math.max(from, next)));
  const all = history.slice(Math.max(from, next));
  const later = all.slice(-MAX_SHOWN);
  const lastUser = history.findLastIndex(({ role }) => role === 'user');
  return {
    answer,
    rest: answer.slice(mark.shown),
    later,
    left: all.length - later.length,
    mark: missing
      ? { users: users.length, shown: 0 }
      : {
          users: users.length,
          shown: Math.max(
            textOf(history.slice(lastUser + 1)).length,
            all.length === 0 ? mark.shown : 0,
          ),
        },
  };
}

const textOf = (messages: readonly LegacyMessage[]): string =>
  messages
    .filter(({ role }) => role === 'assistant')
    .map(({ text }) => text)
    .join('');

export const said = ({ role, text }: LegacyMessage): SessionEvent => ({
  type: 'chunk',
  role,
  content: { type: 'text', text },
});
