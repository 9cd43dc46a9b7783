import { batch } from '@preact/signals-core';
import type { SessionId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import type { SessionAbilities } from '../../core/session/abilities.ts';
import type { ConnectionState } from '../../core/session/connection-state.ts';
import type { NumberedEvent } from '../../core/session/event.ts';
import type { SessionSummary } from '../../core/wire/rest.ts';
import type {
  Attached,
  CancelState,
  ClientHost,
  EvictionHints,
  OutboxEntry,
} from '../client/ports.ts';
import type { ClockSkew } from './clock-skew.ts';
import type { Ingest } from './ingest.ts';
import type { LogWriter } from './persistence/log-writer.ts';
import type { SessionEntry } from './record.ts';
import type { Saver } from './saver.ts';
import type { Sessions } from './sessions.ts';
import type { StoreState } from './state.ts';

export interface HostParts {
  state: StoreState;
  sessions: Sessions;
  ingest: Ingest;
  writer: LogWriter;
  saver: Saver;
  skew: ClockSkew;
  /** A session's connection is in another state now. */
  changed: (
    entry: SessionEntry,
    connection: ConnectionState,
    before: ConnectionState['status'],
  ) => void;
  /** ms since 1970. */
  now: () => number;
}

/** Takes what the client reports into the store. Reports of a session that is not there do nothing (R24). */
export class StoreHost implements ClientHost {
  readonly #parts: HostParts;

  constructor(parts: HostParts) {
    this.#parts = parts;
  }

  resumePoint(id: SessionId): { epoch: string | undefined; since: number } {
    const entry = this.#entry(id);
    return { epoch: entry?.epoch, since: entry?.receivedN ?? 0 };
  }

  evictionHints(id: SessionId): EvictionHints {
    const entry = this.#entry(id);
    const viewed = this.#parts.state.activeSessionId.peek() === id;
    if (!entry) return { viewed, busy: false };
    const { turn, attention } = entry.record;
    // Events that were not applied yet may be the beginning of anything.
    const busy =
      turn.peek().state !== 'idle' || attention.peek() === 'approval' || entry.waiting > 0;
    // What cannot be taken up again does not yield its connection: that would end it.
    const final = entry.record.abilities.peek()?.afterDrop === 'lost';
    return { viewed, busy: busy || final };
  }

  connectionChanged(id: SessionId, connection: ConnectionState): void {
    const entry = this.#entry(id);
    if (!entry) return;
    const { sessions, changed } = this.#parts;
    const before = entry.record.connection.peek().status;
    batch(() => {
      entry.record.connection.value = connection;
      sessions.refresh(entry);
    });
    if (connection.status === 'ended') sessions.ended(entry);
    changed(entry, connection, before);
  }

  attached(id: SessionId, info: Attached, abilities: SessionAbilities): void {
    const entry = this.#entry(id);
    if (!entry) return;
    const { sessions, writer, ingest } = this.#parts;
    const { epoch, mode, low, head, session } = info;
    const at = this.#parts.now();
    batch(() => {
      entry.record.abilities.value = abilities;
      if (mode === 'full') {
        // Numbers begin anew: whoever had read everything has read what was there when we came back.
        const hadReadAll = entry.hasLog && entry.record.unread.peek() === 0;
        if (entry.hasLog && entry.epoch !== epoch) entry.readN = hadReadAll ? head : 0;
        entry.clear(epoch, low - 1);
        writer.startLog(id, epoch);
        // What the log's own beginning was is not to be had; the reader sees that (R21).
        if (low > 1) this.#gap(entry, 1, low - 1, at);
      } else if (mode === 'gap' && low - 1 > entry.receivedN) {
        this.#gap(entry, entry.receivedN + 1, low - 1, at);
      }
      sessions.setSummary(entry, session);
      ingest.request(entry);
    });
  }

  events(id: SessionId, events: NumberedEvent[]): void {
    const entry = this.#entry(id);
    if (!entry) return;
    const { ingest, writer, skew } = this.#parts;
    const last = events.at(-1);
    if (last && last.n > entry.record.summary.peek().head) skew.observe(last.at, this.#parts.now());
    ingest.push(entry, events);
    writer.append(id, events);
  }

  summaryChanged(id: SessionId, summary: SessionSummary): void {
    const entry = this.#entry(id);
    if (entry) this.#parts.sessions.setSummary(entry, summary);
  }

  remoteChanged(id: SessionId, remote: JsonObject): void {
    const entry = this.#entry(id);
    if (!entry) return;
    entry.remote = remote;
    // At once: without it the session cannot be taken up again.
    this.#parts.saver.now(entry);
  }

  outboxChanged(id: SessionId, entries: readonly OutboxEntry[]): void {
    const entry = this.#entry(id);
    if (!entry) return;
    entry.record.outbox.value = entries;
    // The session with them: a reload right after the first message must find it.
    this.#parts.saver.now(entry);
    void this.#parts.saver.outbox(entry);
  }

  cancelChanged(id: SessionId, state: CancelState): void {
    const entry = this.#entry(id);
    if (entry) entry.record.stopping.value = state;
  }

  #gap(entry: SessionEntry, from: number, to: number, at: number): void {
    const events: NumberedEvent[] = [{ n: to, at, event: { type: 'gap', from, to } }];
    this.#parts.ingest.push(entry, events);
    this.#parts.writer.append(entry.id, events);
  }

  #entry(id: SessionId): SessionEntry | undefined {
    return this.#parts.state.entry(id);
  }
}
