import type { ContentBlock } from '../../../core/acp.ts';
import type { ErrorInfo } from '../../../core/errors.ts';
import type { SessionId } from '../../../core/ids.ts';
import type { RetryPolicy } from '../../../core/retry/policy.ts';
import type { SessionEvent } from '../../../core/session/event.ts';
import type { CloseInfo } from '../../../core/wire/close-codes.ts';
import type { SessionSummary } from '../../../core/wire/rest.ts';
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
  /** The handshake is done; comes once, before anything else. `pending`: requests that wait for an answer. */
  | { kind: 'attached'; info: Attached; pending: readonly string[] }
  | { kind: 'event'; event: SequencedEvent }
  /** Taken over by the other side, now or (`duplicate`) before; `refused`: nothing ran. */
  | { kind: 'ack'; key: string; duplicate: boolean }
  | { kind: 'refused'; key: string; error: ErrorInfo }
  | { kind: 'summary'; summary: SessionSummary }
  | { kind: 'pong'; token: number }
  /** Last words before the other side closes. */
  | { kind: 'error'; error: ErrorInfo };

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
  /** Once, and nothing after it. `code` as in the WebSocket close event. */
  closed(code: number, reason: string): void;
}

export interface OpenRequest {
  readonly session: SessionId;
  readonly endpoint: Endpoint;
  /** Names this tab to the other side. */
  readonly client: string;
  readonly resume: ResumePoint;
  readonly sockets: SocketFactory;
  readonly sink: LinkSink;
}

/**
 * One attempt at a connection, from dial to close. How many sockets stand behind it is the adapter's
 * affair: one, one per request, or a share of a common one. Capabilities are objects that exist or do not;
 * sending on a link that is not open is an error of the caller and does nothing.
 */
export interface Link {
  prompt(key: string, prompt: readonly ContentBlock[]): void;
  /** `turn`: the key of the prompt whose turn is meant, if it is known. */
  readonly cancel?: { send(key: string, turn?: string): void };
  readonly approve?: { answer(key: string, requestId: string, optionId: string | undefined): void };
  readonly liveness?: { ping(token: number): void };
  /** The other side keeps what is not acknowledged here. */
  readonly retention?: { persisted(n: number): void };
  /** Idempotent; no callback comes after it. */
  close(code?: number, reason?: string): void;
}

/** A connection model. One file each, their vendors' deviations in `*-quirks.ts`. */
export interface Protocol {
  readonly name: string;
  /** What becomes of the conversation when the connection breaks. */
  readonly afterDrop: 'resume' | 'retry' | 'lost' | 'done';
  readonly retry: RetryPolicy;
  /** Reports nothing to the sink before it has returned. */
  open(request: OpenRequest): Link;
  classifyClose(code: number, reason: string): CloseInfo;
}
