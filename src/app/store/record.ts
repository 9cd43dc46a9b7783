import { signal, type Signal } from '@preact/signals-core';
import type { SessionId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import type { SessionAbilities } from '../../core/session/abilities.ts';
import type { ConnectionState } from '../../core/session/connection-state.ts';
import type { NumberedEvent } from '../../core/session/event.ts';
import { emptyTranscript, type Transcript } from '../../core/session/transcript.ts';
import type { SessionSummary } from '../../core/wire/rest.ts';
import type { EndpointId } from './endpoint-types.ts';
import type { SavedSession } from './persistence/schema.ts';
import type { SessionToSave } from './persistence/storage.ts';
import type {
  AnswerState,
  Attention,
  CancelState,
  OlderState,
  OutboxEntry,
  SessionRecord,
  TurnView,
} from './types.ts';

/** A record as the store itself sees it: the same signals, writable. */
type Writable<T> = {
  -readonly [K in keyof T]: T[K] extends { readonly value: infer V } ? Signal<V> : T[K];
};
export type WritableRecord = Writable<SessionRecord>;

/** One session in the store. Nothing in here knows of any other session (R52). */
export class SessionEntry {
  readonly record: WritableRecord;
  transcript: Transcript = emptyTranscript();
  /** The log that the transcript is of; undefined until one was read or attached to. */
  epoch: string | undefined;
  /** Last log number that arrived, applied or still in the inbox. */
  receivedN = 0;
  /** Events that arrived and were not applied yet; begins at `inboxAt`. */
  inbox: NumberedEvent[] = [];
  inboxAt = 0;
  /** Everything up to this number is on disk. */
  storedN = 0;
  /** Log number that the reader has seen (R25). */
  readN: number;
  /** Log numbers of the last error, and of the last turn that ended by itself. */
  lastErrorN = 0;
  lastDoneN = 0;
  /** Resolves when the cached log was taken over; connecting waits for it (R28). */
  loaded: Promise<void> | undefined;
  /** The cached log is in the inbox up to this number; while it is read, `loading` holds. */
  loadingTo = 0;
  /** Grows when the transcript is begun anew; what was read from disk for an older one is dropped. */
  era = 0;
  /** What the endpoint's adapter noted of it. */
  remote: JsonObject | undefined;
  /** The same object while this tab has nothing newer than what it read, or gave to the database. */
  savedRemote: JsonObject | undefined;
  /** The gateway has it no more; this copy is kept. */
  gone: boolean;
  /** The user gave it its title, which stands then; a gateway knows that by itself. */
  named: boolean;
  /** The user asked for it to end; then nobody needs to be told. */
  ending = false;
  /** Marked as unread by hand: looking at it does not change that, coming back to it does. */
  keptUnread = false;
  /** The draft as this tab last read it, or gave it to the database. */
  savedDraft: string;
  /** The user closed the connection; it is not opened again unasked. */
  parked = false;

  constructor(saved: SavedSession) {
    const { id, summary } = saved;
    this.readN = saved.readN;
    this.remote = this.savedRemote = saved.remote;
    this.gone = saved.gone;
    this.named = saved.named === true;
    this.savedDraft = saved.draft;
    const connection: ConnectionState = saved.gone
      ? { status: 'ended', gone: true }
      : { status: 'disconnected', reason: 'never' };
    this.record = {
      id,
      title: signal(summary.title),
      summary: signal(summary),
      connection: signal(connection),
      endpoint: signal<EndpointId | undefined>(saved.endpoint),
      abilities: signal<SessionAbilities | undefined>(undefined),
      turn: signal<TurnView>({ state: 'idle', startedAt: undefined }),
      preview: signal(saved.preview),
      activity: signal(''),
      unread: signal(saved.unread),
      attention: signal<Attention | undefined>(undefined),
      transcript: () => this.transcript,
      structure: signal(0),
      touched: signal<ReadonlySet<string>>(new Set()),
      details: signal(0),
      outbox: signal<readonly OutboxEntry[]>([]),
      answers: signal<ReadonlyMap<string, AnswerState>>(new Map()),
      stopping: signal<CancelState>('none'),
      draft: signal(saved.draft),
      loading: signal(false),
      older: signal<OlderState>('none'),
      readMark: signal(Number.POSITIVE_INFINITY),
      scrollTop: undefined,
      shownFrom: undefined,
    };
  }

  get id(): SessionId {
    return this.record.id;
  }

  get endpoint(): EndpointId | undefined {
    return this.record.endpoint.peek();
  }

  set endpoint(id: EndpointId | undefined) {
    this.record.endpoint.value = id;
  }

  get waiting(): number {
    return this.inbox.length - this.inboxAt;
  }

  /** The cached log was taken over, or another one was begun. */
  get hasLog(): boolean {
    return this.epoch !== undefined;
  }

  /** Begins the conversation anew: another log, or nothing on disk. */
  clear(epoch: string | undefined, receivedN: number): void {
    this.era++;
    this.transcript = emptyTranscript();
    this.epoch = epoch;
    this.receivedN = receivedN;
    this.inbox = [];
    this.inboxAt = 0;
    this.lastErrorN = 0;
    this.lastDoneN = 0;
    this.loadingTo = 0;
    this.storedN = 0;
    this.record.loading.value = false;
    this.record.older.value = 'none';
    this.record.shownFrom = undefined;
    this.record.structure.value++;
  }

  /** What is known of it, under the title that it has here. */
  get summary(): SessionSummary {
    const { record } = this;
    return { ...record.summary.peek(), title: record.title.peek() };
  }

  toSaved(): SessionToSave {
    const { record } = this;
    const draft = record.draft.peek();
    return {
      id: this.id,
      ...(this.endpoint !== undefined && { endpoint: this.endpoint }),
      ...(this.remote !== undefined && { remote: this.remote }),
      summary: this.summary,
      readN: this.readN,
      unread: record.unread.peek(),
      preview: record.preview.peek(),
      draft,
      gone: this.gone,
      ...(this.named && { named: true }),
      ...(draft === this.savedDraft && { keepDraft: true }),
      ...(this.remote === this.savedRemote && { keepRemote: true }),
      ...(this.keptUnread && { readBack: true }),
    };
  }
}

/** A session that nobody has seen here before. */
export function newEntry(
  summary: SessionSummary,
  endpoint: EndpointId,
  readN: number,
  remote?: JsonObject,
): SessionEntry {
  return new SessionEntry({
    id: summary.id,
    endpoint,
    ...(remote && { remote }),
    summary,
    readN,
    unread: 0,
    preview: '',
    draft: '',
    gone: false,
  });
}
