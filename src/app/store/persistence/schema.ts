import type { DBSchema } from 'idb';
import type { SessionId } from '../../../core/ids.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { NumberedEvent } from '../../../core/session/event.ts';
import type { SessionSummary } from '../../../core/wire/rest.ts';
import type { OutboxEntry } from '../../client/ports.ts';

export const DATABASE = 'aperture-db';
/** 1: the first dashboard's (R23). 2: logs in chunks. 3: queued messages in rows of their own, each with its owner. */
export const VERSION = 3;

/** A stretch of a session's log, protocol-independent. Stands for the numbers `firstSeq … lastSeq`. */
export interface SavedChunk {
  sessionId: SessionId;
  firstSeq: number;
  lastSeq: number;
  events: NumberedEvent[];
}

/** How far a session's log is on disk; written in the same transaction as its chunks. */
export interface Progress {
  id: SessionId;
  epoch: string;
  lastPersisted: number;
  /** Chunks up to this number were coalesced. */
  compactedTo: number;
}

/** What the sidebar and the composer need of a session, and what only this browser knows. */
export interface SavedSession {
  id: SessionId;
  /** The endpoint that it lives on, a gateway by its address; absent for one that came from version 1. */
  endpoint?: string;
  /** What the endpoint's adapter needs to take it up again. */
  remote?: JsonObject;
  summary: SessionSummary;
  /** Log number that the reader has seen. */
  readN: number;
  unread: number;
  preview: string;
  draft: string;
  /** The gateway has it no more; this copy was kept. */
  gone: boolean;
  /** The user gave it its title, at an endpoint that knows of none. */
  named?: boolean;
}

/** One message on its way. A tab sends only what it owns, so that two of them never send the same one. */
export interface SavedQueued {
  sessionId: SessionId;
  key: string;
  /** Place among this session's messages of the same owner. */
  order: number;
  /** The tab that sends it; empty for none. Whoever is first may take over the rows of a tab that is gone. */
  owner: string;
  entry: OutboxEntry;
}

/** Version 1's rows, whose fields we can only guess: everything but the key path is looked for tolerantly. */
export interface OldRow {
  [field: string]: unknown;
}

export interface MetaRow {
  key: string;
  value?: unknown;
}

export interface ApertureSchema extends DBSchema {
  // Version 1's stores stay as they were, rows and all.
  sessions: { key: string; value: OldRow };
  messages: { key: string; value: OldRow; indexes: { sessionId_timestamp: [string, number] } };
  metadata: { key: string; value: MetaRow };
  // Version 2's.
  chunks: { key: [SessionId, number]; value: SavedChunk };
  progress: { key: SessionId; value: Progress };
  'session-state': { key: SessionId; value: SavedSession };
  // Version 3's.
  outbox: { key: [SessionId, string]; value: SavedQueued };
}

export type StoreName =
  'sessions' | 'messages' | 'metadata' | 'chunks' | 'progress' | 'session-state' | 'outbox';
