import type { ContentBlock, TurnState } from '../../../core/acp.ts';
import type { EndpointPolicy, ProtocolName } from '../../../core/endpoint/policy.ts';
import type { ProbeAnswer } from '../../../core/endpoint/probe.ts';
import type { ErrorInfo } from '../../../core/errors.ts';
import type { SessionId } from '../../../core/ids.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { SessionAbilities } from '../../../core/session/abilities.ts';
import type { Answer, SessionEvent } from '../../../core/session/event.ts';
import type { CloseInfo } from '../../../core/wire/close-codes.ts';
import type { SessionSummary } from '../../../core/wire/rest.ts';
import type { Clock } from '../clock.ts';
import type { Attached } from '../ports.ts';

/** An event with the log numbers it stands for: `from … n`, both included. */
export interface SequencedEvent {
  from: number;
  n: number;
  /** ms since 1970, by the clock of whoever logged it. */
  at: number;
  event: SessionEvent;
}

/** What any protocol's frames come down to. `unknown` ends here: nothing above looks at a frame. */
export type Incoming =
  /** The handshake is done; comes once, before anything but `remote`. `pending`: requests that wait for an answer. */
  | { kind: 'attached'; info: Attached; pending: readonly string[] }
  | { kind: 'event'; event: SequencedEvent }
  /** Taken over by the other side, now or (`duplicate`) before; `refused`: nothing ran. */
  | { kind: 'ack'; key: string; duplicate: boolean }
  | { kind: 'refused'; key: string; error: ErrorInfo }
  | { kind: 'summary'; summary: SessionSummary }
  /** The log's entry `n` came and cannot be read: it is asked for once more, then shown as a gap (R21, R71). */
  | { kind: 'unreadable'; n: number; why: string }
  | { kind: 'pong'; token: number }
  /** Keep this with the session: the adapter's own note, given back to it with the next {@link OpenRequest}. */
  | { kind: 'remote'; remote: JsonObject }
  /** Something came that belongs to nobody here; it is counted, logged and dropped (R39, R51, R54). */
  | { kind: 'ignored'; why: IgnoredWhy; detail: string }
  /** Last words before the other side closes. */
  | { kind: 'error'; error: ErrorInfo };

export type IgnoredWhy =
  | 'unknown_request'
  | 'foreign_scope'
  | 'missing_scope'
  | 'late'
  | 'duplicate_final'
  | 'unknown_kind'
  | 'too_many';

/** Where the session lives. */
export interface Endpoint {
  /** http or https address of the server, with or without a path. */
  readonly url: string;
  readonly token: string;
}

/** Where to go on. `since` 0 without epoch: from the start. */
export interface ResumePoint {
  epoch: string | undefined;
  since: number;
}

export interface SocketEvent {
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
}

/** The part of a browser's WebSocket that the client uses; injected. */
export interface Socket {
  readonly readyState: number;
  addEventListener(
    type: 'open' | 'message' | 'close' | 'error',
    listener: (event: SocketEvent) => void,
    options?: { signal: AbortSignal },
  ): void;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}
export type SocketFactory = (url: string, protocols: readonly string[]) => Socket;

export interface LinkSink {
  incoming(message: Incoming): void;
  /** It answers, and opening the session may take so long from now on; ms. */
  opening?(ms: number): void;
  /** Once, and nothing after it. `code` as in the WebSocket close event. */
  closed(code: number, reason: string): void;
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface OpenRequest {
  readonly session: SessionId;
  readonly endpoint: Endpoint;
  readonly policy: EndpointPolicy;
  /** What the page knows of the session: title, directory, agent as they were asked for. */
  readonly summary: SessionSummary;
  /** What this adapter noted of it by `remote`, in this page or an earlier one. */
  readonly remote: JsonObject | undefined;
  /** How the page's copy of the conversation stands: what a page that died left open is settled from this (R43). */
  readonly was: { readonly turn: TurnState; readonly pending: readonly string[] };
  /** Whether nobody has named it yet; then its next prompt does, unless the other side names it. */
  readonly untitled?: () => boolean;
  /** Names this tab to the other side. */
  readonly client: string;
  readonly resume: ResumePoint;
  readonly sockets: SocketFactory;
  readonly fetch: Fetch;
  /** ms since 1970. */
  readonly now: () => number;
  /** For an adapter's own timers; the system's unless given. */
  readonly clock?: Clock;
  readonly sink: LinkSink;
}

/** Where one session lives and how it is spoken with there. */
export interface Place {
  readonly endpoint: Endpoint;
  readonly protocol: Protocol;
  readonly policy: EndpointPolicy;
  readonly summary: SessionSummary;
  readonly remote: JsonObject | undefined;
  readonly was: OpenRequest['was'];
  readonly untitled?: OpenRequest['untitled'];
}

export interface ProbeRequest {
  readonly endpoint: Endpoint;
  readonly policy: EndpointPolicy;
  readonly sockets: SocketFactory;
  readonly fetch: Fetch;
  /** Aborts what the probe has open; it then resolves `no`. */
  readonly signal: AbortSignal;
}

/** A conversation that is on the server already. Times are ms since 1970. */
export interface RemoteSession {
  readonly title: string;
  readonly updatedAt: number | undefined;
  readonly cwd: string | undefined;
  /** What {@link OpenRequest.remote} has to be to take it up. */
  readonly remote: JsonObject;
}

/**
 * One attempt at a connection, from dial to close. How many sockets stand behind it is the adapter's
 * affair: one, one per request, or a share of a common one. Capabilities are objects that exist or do not;
 * sending on a link that is not open is an error of the caller and does nothing.
 */
export interface Link {
  /** `steer`: into the running turn. Only where the agent said that it takes such a message. */
  prompt(key: string, prompt: readonly ContentBlock[], steer?: boolean): void;
  /** `turn`: the key of the prompt whose turn is meant, if it is known. */
  readonly cancel?: { send(key: string, turn?: string): void };
  readonly approve?: {
    /** More than an option's id only for requests that came with an `ask`. */
    answer(key: string, requestId: string, answer: Answer): void;
  };
  /** The agent's modes and options; what became of a change comes as `mode`, `options` or `error` with its key. */
  readonly settings?: {
    setMode(key: string, mode: string): void;
    setOption(key: string, option: string, value: string | boolean): void;
  };
  /** Prompts go out with all their blocks; which of them the agent takes. Absent: text alone, the rest is refused. */
  readonly takes?: SessionAbilities['takes'];
  readonly liveness?: { ping(token: number): void };
  /** The other side keeps what is not acknowledged here. */
  readonly retention?: { persisted(n: number): void };
  /** Where it depends on what the other side said of itself; the protocol's own otherwise. */
  readonly afterDrop?: SessionAbilities['afterDrop'];
  /** Idempotent; no callback comes after it. */
  close(code?: number, reason?: string): void;
}

/**
 * A connection model. One file each, their vendors' deviations in `*-quirks.ts`. An adapter whose server keeps no
 * log keeps one itself, with {@link LocalLog}: the page never sees the difference.
 */
export interface Protocol {
  readonly name: ProtocolName;
  /** What becomes of the conversation when the connection breaks. */
  readonly afterDrop: SessionAbilities['afterDrop'];
  /** Any number of pages may be connected to one session; else a lease says which (R64). */
  readonly shared: boolean;
  /** A prompt that was sent before under the same key runs once there; else only the user may send one again. */
  readonly knowsKeys?: true;
  /** Reports nothing to the sink before it has returned. */
  open(request: OpenRequest): Link;
  classifyClose(code: number, reason: string): CloseInfo;
  /** Asks a server whether it speaks this. Starts no work there and leaves nothing open. Never rejects. */
  probe(request: ProbeRequest): Promise<ProbeAnswer>;
  /** What is on the server already. Rejects with an ApertureError. */
  list?(request: ProbeRequest): Promise<RemoteSession[]>;
}
