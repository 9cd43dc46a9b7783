import type { SessionAbilities } from '../../core/session/abilities.ts';
import type { SessionRecord } from '../store/types.ts';

/** Whether this session's connection can do it; what was never connected is given the benefit of the doubt. */
export const can = (record: SessionRecord, ability: 'cancel' | 'approve' | 'settings'): boolean =>
  record.abilities.value?.[ability] ?? true;

const PROMISE: Readonly<Record<SessionAbilities['afterDrop'], string>> = {
  resume: '',
  retry: 'If this connection drops, the running answer is cut off.',
  lost: 'This connection is the session: if it breaks, the session is over.',
  done: 'Each message has its own connection: if it breaks, its answer ends there.',
};

/** What this kind of connection cannot promise; empty where nothing is lost. */
export function cannotPromise(record: SessionRecord): string {
  const { afterDrop } = record.abilities.value ?? {};
  return afterDrop ? PROMISE[afterDrop] : '';
}
