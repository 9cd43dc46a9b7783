import type { ApertureError } from '../../core/errors.ts';
import type { SessionId } from '../../core/ids.ts';
import type { Clock } from './clock.ts';
import type { DialQueue } from './dial-queue.ts';
import type { Environment } from './environment.ts';
import type { Intake } from './intake.ts';
import type { ClientHost } from './ports.ts';
import type { Fetch, Place, SocketFactory } from './protocols/port.ts';

/** What its server says of a session that could not be dialled (R11). */
export type SessionCheck =
  | { status: 'there' }
  | { status: 'gone' }
  /** It answers, but not to us: another token or origin is needed. */
  | { status: 'refused'; error: ApertureError }
  | { status: 'unreachable' };

/** What every session connection is given. */
export interface ConnectionContext {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly environment: Environment;
  readonly dials: DialQueue;
  readonly sockets: SocketFactory;
  /** Without it, whatever a socket brings is read at once. */
  readonly intake: Intake | undefined;
  readonly fetch: Fetch;
  /** Asked anew for every attempt: a token may have changed, an adapter may have noted something. Undefined for one that is nowhere. */
  readonly place: (id: SessionId) => Place | undefined;
  /** Names this tab. */
  readonly client: string;
  readonly host: ClientHost;
  readonly check: (id: SessionId) => Promise<SessionCheck>;
}
