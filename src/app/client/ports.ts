import type { ContentBlock } from '../../core/acp.ts';
import type { SessionId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import type { SessionAbilities } from '../../core/session/abilities.ts';
import type { ConnectionState, Delivery } from '../../core/session/connection-state.ts';
import type { NumberedEvent } from '../../core/session/event.ts';
import type { AttachMode } from '../../core/wire/frames.ts';
import type { SessionSummary } from '../../core/wire/rest.ts';

/** `waiting`: it goes out with the next connection. `sent`: it is on its way, and sent again if need be. */
export type CancelState = 'none' | 'waiting' | 'sent';

/** A message on its way to the agent. Leaves the outbox when the session's log shows it. */
export interface OutboxEntry {
  /** The idempotency key; the log's user message carries it. */
  readonly key: string;
  readonly prompt: ContentBlock[];
  /** ms since 1970. */
  readonly createdAt: number;
  readonly delivery: Delivery;
}

export interface Attached {
  epoch: string;
  mode: AttachMode;
  low: number;
  head: number;
  session: SessionSummary;
}

/** What the limit rule needs to know of a session (R4). */
export interface EvictionHints {
  viewed: boolean;
  /** Running a turn, or waiting for an approval, or holding unsent messages. */
  busy: boolean;
}

/**
 * How the client reports upward; the store implements it. Every call names its session, and nothing
 * in the client can ask which one is viewed to decide where an event goes (R50).
 */
export interface ClientHost {
  /** Where to go on: the last applied number of this session's log, and its epoch. */
  resumePoint(id: SessionId): { epoch: string | undefined; since: number };
  evictionHints(id: SessionId): EvictionHints;
  connectionChanged(id: SessionId, state: ConnectionState): void;
  /** On `full` the host forgets what it has of this session; on `gap` it shows one. Comes before any event. */
  attached(id: SessionId, info: Attached, abilities: SessionAbilities): void;
  events(id: SessionId, events: NumberedEvent[]): void;
  summaryChanged(id: SessionId, summary: SessionSummary): void;
  /** What the adapter wants to be kept with the session. */
  remoteChanged(id: SessionId, remote: JsonObject): void;
  outboxChanged(id: SessionId, entries: readonly OutboxEntry[]): void;
  /** Whether the user's wish to stop the turn is still on its way. */
  cancelChanged?(id: SessionId, state: CancelState): void;
}
