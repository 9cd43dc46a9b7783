import type { SessionId } from '../../core/ids.ts';
import type { Attention, SessionRecord, Store } from './types.ts';
import type { ConnectionStatus } from '../../core/session/connection-state.ts';

/**
 * What a row shows as its status (R22, R33). The connection's own, except that a session whose agent
 * failed is in error however well its socket does. Subscribes to what it reads.
 */
export function displayStatus(record: SessionRecord): ConnectionStatus {
  const { status } = record.connection.value;
  return status === 'connected' && record.summary.value.agentState === 'failed' ? 'error' : status;
}

/** Running a turn, or waiting for an approval in one, as far as this page can know. */
export function isBusy(record: SessionRecord): boolean {
  return record.turn.value.state !== 'idle' && isLive(record);
}

/** The agent works right now; false while it waits for the reader, and when nobody can tell any more. */
export function isStreaming(record: SessionRecord): boolean {
  return record.turn.value.state === 'running' && isLive(record);
}

function isLive(record: SessionRecord): boolean {
  const { status } = record.connection.value;
  return status === 'connected' || status === 'reconnecting' || status === 'connecting';
}

const LADDER: readonly Attention[] = ['approval', 'error', 'done'];

/**
 * The next session that wants its reader: the highest rung of the ladder (approval, error, done),
 * within it the next row below `from`, going round. `from` itself is not a candidate.
 */
export function nextNeedingAttention(
  store: Store,
  from: SessionId | undefined,
): SessionRecord | undefined {
  const rows = store.sessions.value;
  const start = rows.findIndex((record) => record.id === from);
  const order = [...rows.slice(start + 1), ...rows.slice(0, Math.max(start, 0))];
  for (const rung of LADDER) {
    const found = order.find((record) => record.attention.value === rung);
    if (found) return found;
  }
  return undefined;
}

/** How many sessions stand on each rung; for the title, the favicon and the badge. */
export function attentionCounts(store: Store): Record<Attention, number> {
  const counts: Record<Attention, number> = { approval: 0, error: 0, done: 0 };
  for (const record of store.sessions.value) {
    const { value } = record.attention;
    if (value) counts[value]++;
  }
  return counts;
}

/** Why a session is in error, for the reader; undefined when it is not. */
export function errorOf(record: SessionRecord): { code: string; message: string } | undefined {
  const connection = record.connection.value;
  if (connection.status === 'error') return connection.error;
  const summary = record.summary.value;
  if (summary.agentState !== 'failed') return undefined;
  return (
    summary.error ?? {
      code: 'agent_failed',
      message: 'The agent has stopped. Send a message to start it again.',
    }
  );
}
