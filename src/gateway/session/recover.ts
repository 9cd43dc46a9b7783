import type { SessionLog } from '../journal/port.ts';
import { GatewayMethod, type LoggedMessage } from '../../core/log/entry.ts';
import * as entries from './entries.ts';
import type { SessionFacts } from './facts.ts';

const READ_BYTES = 256 * 1024;

/**
 * What a log lacks when its gateway died in the middle of a turn: the end of every request that was
 * open, and of the turn itself, marked as cut (R58).
 */
export async function missingEnd(
  log: SessionLog,
  turn: NonNullable<SessionFacts['turn']>,
): Promise<LoggedMessage[]> {
  const open = new Set<string>();
  let next = turn.n;
  for (;;) {
    const batch = await log.read(next, READ_BYTES);
    if (batch.length === 0) break;
    for (const { n, frame } of batch) {
      next = n + 1;
      const { m } = JSON.parse(frame.toString()) as { m: LoggedMessage };
      if (m.method === 'session/request_permission' && m.id) open.add(m.id);
      if (m.method === GatewayMethod.requestResolved) open.delete(String(m.params['id']));
    }
  }
  return [
    ...Array.from(open, (id) =>
      entries.requestResolved(id, 'gateway', { outcome: 'cancelled' }, 'gateway_restarted'),
    ),
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
