import type { ErrorInfo } from '../errors.ts';

/** What the sidebar calls it (R22). */
export type ConnectionStatus = ConnectionState['status'];

/**
 * One session connection's life. Every variant owns its fields: there is no retry time on a connected
 * one and no error on a fresh one. Times are ms since 1970.
 */
export type ConnectionState =
  | { status: 'connecting'; since: number }
  | { status: 'connected'; since: number; /** Last measured round trip, ms. */ roundTrip?: number }
  | {
      status: 'reconnecting';
      /** This is attempt `attempt` of `max`; `null` for no end. */
      attempt: number;
      max: number | null;
      /** When the next dial is due; undefined while it is under way or while offline. */
      retryAt?: number;
      /** Why the connection was lost, for the reader. */
      reason: string;
    }
  | { status: 'disconnected'; reason: 'never' | 'user' | 'hibernated' | 'closed' }
  | { status: 'error'; error: ErrorInfo }
  | {
      status: 'ended';
      /** It was deleted on the gateway, rather than ended here. */ gone: boolean;
    };

/** How far a message has come: draft → queued → sent → accepted; `accepted` ends when the log shows it. */
export type Delivery =
  | { state: 'queued' }
  | { state: 'sent' }
  /** Sent, but the connection was lost before it was acknowledged; resent by its key, so it runs once. */
  | { state: 'unconfirmed' }
  | { state: 'accepted' }
  | { state: 'refused'; error: ErrorInfo };
