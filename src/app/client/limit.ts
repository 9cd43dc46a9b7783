import { ApertureError } from '../../core/errors.ts';
import type { SessionId } from '../../core/ids.ts';
import type { EvictionHints } from './ports.ts';

export interface LiveSession {
  readonly id: SessionId;
  /** ms since 1970 of the last traffic (R5). */
  readonly lastActivity: number;
  readonly hints: EvictionHints;
}

/**
 * Which session gives up its socket so that another may have one: the one that has been idle longest,
 * never one that is viewed or busy (R4).
 * @throws ApertureError `connection_limit` when none can.
 */
export function pickYielding(live: readonly LiveSession[], limit: number): SessionId {
  let oldest: LiveSession | undefined;
  for (const session of live) {
    if (session.hints.viewed || session.hints.busy) continue;
    if (!oldest || session.lastActivity < oldest.lastActivity) oldest = session;
  }
  if (oldest) return oldest.id;
  throw new ApertureError(
    'connection_limit',
    `All ${limit} connections are in use by sessions that are working or waiting for you. ` +
      'Wait for one to finish, stop one, or disconnect one, then connect this session again.',
    { retryable: true },
  );
}
