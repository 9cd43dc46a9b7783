import type { LoggedMessage } from '../../core/log/entry.ts';
import * as entries from './entries.ts';
import type { SessionFacts } from './facts.ts';

/**
 * What a log lacks when its gateway died while something was under way: the end of every request that was
 * open, and of the turn, marked as cut (R58). Facts are written together with the entries that they tell of.
 */
export function missingEnd({ turn, asking }: SessionFacts): LoggedMessage[] {
  const resolved = asking.map((id) =>
    entries.requestResolved(id, 'gateway', { outcome: 'cancelled' }, 'gateway_restarted'),
  );
  if (!turn) return resolved;
  return [
    ...resolved,
    entries.failure(
      {
        code: 'turn_interrupted',
        message:
          'The gateway stopped while the agent was working, so this turn was cut. What the agent had said is kept; send your message again, or tell it to go on.',
        retryable: true,
      },
      turn.key,
    ),
    entries.turnState('idle', turn.key, { stopReason: 'interrupted' }),
  ];
}
