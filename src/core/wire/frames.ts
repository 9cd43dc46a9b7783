import type { ContentBlock } from '../acp.ts';
import type { ErrorInfo } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { LogEntry } from '../log/entry.ts';
import type { SessionSummary } from './rest.ts';

/** The WebSocket subprotocol of this wire. PROTOCOL.md describes it in full. */
export const SUBPROTOCOL = 'aperture.v1';

/** First frame of a page, within 5 s. `since`: the last number that the page has persisted, 0 for none. */
export interface AttachFrame {
  t: 'attach';
  token: string;
  /** Names the tab in the log (`by`), 1 to 64 characters. */
  client: string;
  epoch?: string;
  since: number;
  /** It can read several frames in one message, one a line: entries that come close together are sent so. */
  lines?: boolean;
}

/** Everything that has a key `k` is idempotent: sent again, it is acknowledged again and runs once. */
export interface PromptFrame {
  t: 'prompt';
  k: string;
  prompt: ContentBlock[];
  /** While a turn runs: into that turn, if the agent takes such a message (`ready` says `steer`); else as without. */
  steer?: boolean;
}

export interface AnswerFrame {
  t: 'answer';
  k: string;
  /** The request's id. */
  id: string;
  /**
   * `optionId`: of a permission request, its option's; of an elicitation `accept` (with `content`, if it is a form) or
   * `decline`; of a sign-in `method:<id>` or `retry`.
   */
  result: {
    outcome:
      { outcome: 'selected'; optionId: string; content?: JsonObject } | { outcome: 'cancelled' };
  };
}

export interface CancelFrame {
  t: 'cancel';
  k: string;
  /** The key of the prompt whose turn is meant; without it, whichever runs. Does nothing to another (R41). */
  turn?: string;
}

/** Changes the agent's mode. What becomes of it stands in the log: `current_mode_update`, or an error with `k`. */
export interface SetModeFrame {
  t: 'set_mode';
  k: string;
  mode: string;
}

/** Changes one of the agent's options, likewise: `config_option_update` with all of them, or an error. */
export interface SetOptionFrame {
  t: 'set_option';
  k: string;
  option: string;
  /** A select's value, or a boolean option's. */
  value: string | boolean;
}

export type SetFrame = SetModeFrame | SetOptionFrame;

/** The page has entries up to `n` on disk; the gateway may trim below the lowest such number. */
export interface PersistedFrame {
  t: 'persisted';
  n: number;
}

export interface PingFrame {
  t: 'ping';
  /** Anything; comes back in the pong. */
  c: number;
}

export type ClientFrame =
  AttachFrame | PromptFrame | AnswerFrame | CancelFrame | SetFrame | PersistedFrame | PingFrame;

/**
 * `resume`: what follows starts at `since + 1`. `full`: the log starts again at `low`, forget what you have
 * (another epoch). `gap`: same epoch, but `since + 1 … low - 1` are gone.
 */
export type AttachMode = 'resume' | 'full' | 'gap';

export interface AttachedFrame {
  t: 'attached';
  epoch: string;
  mode: AttachMode;
  /** First number that the gateway still has, and the last one. An empty log has low 1, head 0. */
  low: number;
  head: number;
  session: SessionSummary;
  pending: string[];
}

/** One log entry; never repeated on a socket, always in order. */
export interface MessageFrame extends LogEntry {
  t: 'm';
}

/** Accepted. `n`: the log's number when it was; `dup`: this key had been accepted before. */
export interface AckFrame {
  t: 'ack';
  k: string;
  n: number;
  dup?: true;
}

/** Refused: nothing ran. `retryable` tells whether the same frame may be sent again later. */
export interface RefusedFrame {
  t: 'refused';
  k: string;
  error: ErrorInfo;
}

/** The summary changed (title, state); carries no number because it can be read again at any time. */
export interface SessionFrame {
  t: 'session';
  session: SessionSummary;
}

export interface PongFrame {
  t: 'pong';
  c: number;
}

/** Last words before the gateway closes the socket. */
export interface ErrorFrame {
  t: 'error';
  error: ErrorInfo;
}

export type ServerFrame =
  AttachedFrame | MessageFrame | AckFrame | RefusedFrame | SessionFrame | PongFrame | ErrorFrame;
