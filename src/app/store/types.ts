import type { ReadonlySignal } from '@preact/signals-core';
import type { ContentBlock, TurnState } from '../../core/acp.ts';
import type { ErrorInfo } from '../../core/errors.ts';
import type { SessionId } from '../../core/ids.ts';
import type { ConnectionState } from '../../core/session/connection-state.ts';
import type { Answer } from '../../core/session/event.ts';
import type { Transcript } from '../../core/session/transcript.ts';
import type { AgentsResponse, DirectoriesResponse, SessionSummary } from '../../core/wire/rest.ts';
import type { SessionAbilities } from '../../core/session/abilities.ts';
import type { CancelState, OutboxEntry } from '../client/ports.ts';
import type { EndpointActions, EndpointId, EndpointStore, NewSessionAt } from './endpoint-types.ts';

export type { CancelState, OutboxEntry } from '../client/ports.ts';

/** Why a session wants its reader. The ladder everywhere: approval > error > done. */
export type Attention = 'approval' | 'error' | 'done';

export interface TurnView {
  readonly state: TurnState;
  /** ms since 1970 by this page's clock; undefined when idle. */
  readonly startedAt: number | undefined;
}

/** Of history that is on disk and not in memory: whether it is being read, or could not be. */
export type OlderState = 'none' | 'reading' | 'failed';

/** An answer to a permission request that is under way or could not be sent (R56). */
export type AnswerState = { state: 'sending' } | { state: 'failed'; error: ErrorInfo };

/**
 * One session, as the interface reads it. Each part is a signal of its own, so that a background
 * stream wakes only its row. Only the store's actions write.
 */
export interface SessionRecord {
  readonly id: SessionId;
  readonly title: ReadonlySignal<string>;
  /** What the gateway last said of the session. */
  readonly summary: ReadonlySignal<SessionSummary>;
  readonly connection: ReadonlySignal<ConnectionState>;
  /** Where it lives; undefined for a local copy that came from version 1. */
  readonly endpoint: ReadonlySignal<EndpointId | undefined>;
  /** As it was connected last; undefined while it never was on this page. */
  readonly abilities: ReadonlySignal<SessionAbilities | undefined>;
  readonly turn: ReadonlySignal<TurnView>;
  /** The end of the last message, one line. */
  readonly preview: ReadonlySignal<string>;
  /** What the agent is doing now; empty when idle. */
  readonly activity: ReadonlySignal<string>;
  readonly unread: ReadonlySignal<number>;
  readonly attention: ReadonlySignal<Attention | undefined>;
  /** The conversation itself, changed in place; read it when `structure` or `touched` fire. */
  readonly transcript: () => Transcript;
  /** Grows when items were added, or the transcript was replaced. At most once a frame. */
  readonly structure: ReadonlySignal<number>;
  /** Ids of the items that changed in the last frame. */
  readonly touched: ReadonlySignal<ReadonlySet<string>>;
  /** Commands, usage, mode: grows when `transcript()`'s summary fields changed. */
  readonly details: ReadonlySignal<number>;
  readonly outbox: ReadonlySignal<readonly OutboxEntry[]>;
  readonly answers: ReadonlySignal<ReadonlyMap<string, AnswerState>>;
  /** The user's wish to stop the turn: `waiting` for a connection, or `sent` and not confirmed yet. */
  readonly stopping: ReadonlySignal<CancelState>;
  readonly draft: ReadonlySignal<string>;
  /** Cached history is being read from the database. */
  readonly loading: ReadonlySignal<boolean>;
  /** Whether what stands before `transcript().items` is on its way; there is some while `transcript().past` is set. */
  readonly older: ReadonlySignal<OlderState>;
  /**
   * The last log number that the reader had seen when this view of the session began; the "new" divider
   * stands after it. `Infinity` when nothing was unread then: no divider.
   */
  readonly readMark: ReadonlySignal<number>;
  /** Not shown to anyone else: where the reader had scrolled to. `undefined`: at the end, and following. */
  scrollTop: number | undefined;
  /** The first item that is mounted for a reader who does not follow the end, counted from the beginning. */
  shownFrom: number | undefined;
}

/** A server as the page sees it. */
export type EndpointState =
  /** No address or token yet: ask for them. */
  | { status: 'unset'; url: string; error?: ErrorInfo }
  | { status: 'connecting'; url: string }
  | { status: 'ready'; url: string }
  /** R15: cached history is readable, dialling goes on. */
  | {
      status: 'unreachable';
      url: string;
      error: ErrorInfo;
      attempt: number;
      retryAt: number | undefined;
    }
  | { status: 'unauthorized'; url: string; error: ErrorInfo };

export interface Toast {
  readonly id: string;
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
  /** One thing that the reader can do about it. */
  readonly action?: { readonly label: string; readonly run: () => void };
}

export interface Settings {
  theme: 'auto' | 'light' | 'dark';
  /** Send while the agent works: wait for its end, or stop it first (R40). */
  whileBusy: 'queue' | 'interrupt';
  /** Key bindings that differ from the defaults: command → keys. */
  keys: Record<string, string>;
}

/** Where streams are kept: `database`, or `memory` with the reason why it is not (R32). */
export type StorageState = { mode: 'database' } | { mode: 'memory'; reason: string };

export interface Store extends EndpointStore {
  readonly activeSessionId: ReadonlySignal<SessionId | undefined>;
  /** Sidebar order: changes when sessions come and go or the user moves them, never by streaming. */
  readonly sessions: ReadonlySignal<readonly SessionRecord[]>;
  /** The main gateway's: the one that the page came from, or was pointed at last. */
  readonly endpoint: ReadonlySignal<EndpointState>;
  /** Of the main gateway. */
  readonly agents: ReadonlySignal<AgentsResponse | undefined>;
  readonly toasts: ReadonlySignal<readonly Toast[]>;
  readonly settings: ReadonlySignal<Readonly<Settings>>;
  readonly storage: ReadonlySignal<StorageState>;
  /** False until cached state was read: the first frame shows the shell only. */
  readonly started: ReadonlySignal<boolean>;
  record(id: SessionId): SessionRecord | undefined;
}

/** The only writers of the store. Everything that can fail ends in a visible state or rejects with an ApertureError. */
export interface Actions extends EndpointActions {
  /** Shows this session: writes `activeSessionId`, clears its unread count, connects it if it is not (R18). */
  activate(id: SessionId): void;
  /** It may be activated next: reads its history, where that was not done, and notes where its reader had stopped. */
  prepare(id: SessionId): void;
  /** @throws ApertureError as the gateway said it, or `unreachable`. Resolves when the session is in the store and active. */
  createSession(request: NewSessionAt): Promise<SessionId>;
  /** Ends it on its server, if that can be asked to, and removes it here; another is picked if it was viewed (R36). */
  endSession(id: SessionId): Promise<void>;
  /** Removes the local copy of a session that is gone on the gateway (R17). Never rejects: what fails is told. */
  forgetSession(id: SessionId): Promise<void>;
  /** Never rejects: what fails is told, and the title is the old one again. */
  renameSession(id: SessionId, title: string): Promise<void>;
  moveSession(id: SessionId, toIndex: number): void;

  setDraft(id: SessionId, text: string): void;
  /**
   * Sends the text and what is attached as a prompt, or queues it visibly (R6, R40). Never throws; the outbox shows
   * what became of it. @returns false if it was not taken: then the words are the draft again, and why is shown.
   */
  sendPrompt(id: SessionId, text: string, attached?: readonly ContentBlock[]): boolean;
  /** Keeps what is attached to the draft over a reload; none forgets it. @returns whether it is on disk. Never rejects. */
  keepFiles(id: SessionId, attached: readonly ContentBlock[]): Promise<boolean>;
  /** What was kept so. Never rejects. */
  keptFiles(id: SessionId): Promise<readonly ContentBlock[]>;
  /** A queued message: take its text back into the draft, or drop it. */
  withdrawQueued(id: SessionId, key: string): void;
  /** Changes its text; what is attached to it stays. */
  editQueued(id: SessionId, key: string, text: string): void;
  /** Changes the order in which queued messages go. `toIndex` is among all of the outbox; clamped. */
  moveQueued(id: SessionId, key: string, toIndex: number): void;
  /** Sends a queued message into the running turn, if the agent takes it; it stays queued otherwise. */
  steer(id: SessionId, key: string): void;
  /** Sends a refused or unconfirmed one again, by the same key. */
  resend(id: SessionId, key: string): void;
  /** Stops this session's turn, and no other. */
  cancelTurn(id: SessionId): void;
  /** Answers a request of this session; `undefined` cancels it. What was typed into a form is kept nowhere. */
  answer(id: SessionId, requestId: string, answer: Answer): void;
  /** Changes the agent's mode. Resolves when that is over: the log says what holds, a refusal is shown. Never rejects. */
  setMode(id: SessionId, mode: string): Promise<void>;
  /** Likewise one of its options: a select's value, or a boolean. */
  setOption(id: SessionId, option: string, value: string | boolean): Promise<void>;
  markUnread(id: SessionId): void;
  /** Reads history from disk that is not in memory; `older` tells how that goes. */
  readOlder(id: SessionId): void;

  /** Dials at once instead of waiting (R19 "Retry now"). */
  retryNow(id: SessionId): void;
  connect(id: SessionId): void;
  disconnect(id: SessionId): void;

  /** Points the page at a gateway. @throws ApertureError when it cannot be reached or refuses the token. */
  setEndpoint(url: string, token: string, remember: boolean): Promise<void>;
  retryEndpoint(): void;
  refreshAgents(): Promise<void>;
  /** The directories inside `path`, or inside the default one; of the main gateway unless another is named. @throws ApertureError as the gateway said it, or `unreachable`. */
  directories(path?: string, endpoint?: EndpointId): Promise<DirectoriesResponse>;
  /** The agents of any gateway in the list. @throws ApertureError as the gateway said it, or `unreachable`. */
  agentsAt(endpoint: EndpointId): Promise<AgentsResponse>;
  changeSettings(patch: Partial<Settings>): void;
  showToast(toast: Omit<Toast, 'id'>): void;
  dismissToast(id: string): void;
}
