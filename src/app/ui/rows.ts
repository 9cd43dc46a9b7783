import type { SessionRecord, Store } from '../store/types.ts';

/**
 * The sessions as the sidebar shows them: what has ended stands below what lives, each in the user's own order.
 * Subscribes to the list and to every connection.
 */
export function rowsOf(store: Store): SessionRecord[] {
  return store.sessions.value.toSorted((a, b) => Number(isEnded(a)) - Number(isEnded(b)));
}

/** A local copy: the server has it no more. */
export const isEnded = (record: SessionRecord): boolean =>
  record.connection.value.status === 'ended';
