import { ApertureError } from '../errors.ts';
import { isObject, parseJson } from '../json.ts';
import { MAX_CLIENT_FRAME_BYTES, MAX_JSON_DEPTH, MAX_SERVER_FRAME_BYTES } from '../limits.ts';
import type { ClientFrame, ServerFrame } from './frames.ts';
import type { AgentState } from './rest.ts';
import {
  NOT,
  boolean,
  count,
  list,
  number,
  object,
  oneOf,
  optional,
  string,
  variant,
  when,
  type Check,
  type Wrong,
} from './shape.ts';

// Envelopes are checked field by field; the payloads inside (ACP's own) are passed on untouched,
// unknown fields included, and are read tolerantly by session/translate.ts.

const jsonObject = when(isObject);
const contentBlock = when(
  (value) =>
    isObject(value) &&
    typeof value['type'] === 'string' &&
    (value['type'] !== 'text' || typeof value['text'] === 'string'),
);
const key = string(1, 128);
const requestId = string(1, 128);

const settingId = string(1, 1_024);
const settingValue = when(
  (value) =>
    typeof value === 'boolean' ||
    (typeof value === 'string' && value !== '' && value.length <= 1_024),
);

const clientFrame = variant('t', {
  attach: {
    // A missing token is a wrong token (4401), not a malformed frame (4400).
    token: optional(string(), ''),
    client: string(1, 64),
    epoch: optional(string(0, 64)),
    since: count,
    lines: optional(boolean),
  },
  prompt: { k: key, prompt: list(contentBlock, 1_000), steer: optional(boolean) },
  answer: {
    k: key,
    id: requestId,
    result: object({
      outcome: variant('outcome', {
        selected: { optionId: string(), content: optional(jsonObject) },
        cancelled: {},
      }),
    }),
  },
  cancel: { k: key, turn: optional(key) },
  set_mode: { k: key, mode: settingId },
  set_option: { k: key, option: settingId, value: settingValue },
  persisted: { n: count },
  ping: { c: number },
});

const errorInfo = object({ code: string(), message: string(), retryable: boolean });
const agentStates: readonly AgentState[] = ['starting', 'ready', 'exited', 'failed'];
const summary = object({
  id: string(),
  title: string(),
  agent: string(),
  agentTitle: string(),
  cwd: string(),
  createdAt: number,
  updatedAt: number,
  agentState: oneOf(...agentStates),
  turn: oneOf('idle', 'running', 'requires_action'),
  turnStartedAt: optional(number),
  epoch: string(),
  head: count,
  pending: list(string()),
  error: optional(errorInfo),
});

const SERVER_FRAMES = {
  m: {
    n: count,
    from: optional(count),
    at: number,
    m: object({ method: string(), id: optional(string()), params: jsonObject }),
  },
  session: { session: summary },
  ack: { k: string(), n: count, dup: optional(oneOf(true)) },
  pong: { c: number },
  attached: {
    epoch: string(),
    mode: oneOf('resume', 'full', 'gap'),
    low: count,
    head: count,
    session: summary,
    pending: list(string()),
  },
  refused: { k: string(), error: errorInfo },
  error: { error: errorInfo },
};
const serverFrame = variant('t', SERVER_FRAMES);

/**
 * A page's frame, as the gateway reads it.
 *
 * @throws ApertureError as `parseJson`, or `bad_frame` naming the field that is wrong.
 */
export function decodeClientFrame(text: string): ClientFrame {
  // What a page sends is nested a little deeper in the log; it must still fit a frame there.
  const value = parseJson(text, {
    maxLength: MAX_CLIENT_FRAME_BYTES,
    maxDepth: MAX_JSON_DEPTH - 4,
  });
  return check(clientFrame, value) as ClientFrame;
}

/**
 * A gateway's frame, as the page reads it.
 *
 * @throws ApertureError as `parseJson`; `unknown_frame` for a kind that a newer gateway may send (ignore
 *   the frame); `bad_frame` naming the field that is wrong.
 */
export function decodeServerFrame(text: string): ServerFrame {
  const value = parseJson(text, { maxLength: MAX_SERVER_FRAME_BYTES });
  if (
    isObject(value) &&
    typeof value['t'] === 'string' &&
    !Object.hasOwn(SERVER_FRAMES, value['t'])
  ) {
    throw new ApertureError('unknown_frame', 'The gateway sent a kind of frame that is not known.');
  }
  return check(serverFrame, value) as ServerFrame;
}

function check(shape: Check, value: unknown): unknown {
  const wrong: Wrong = { path: [] };
  const read = shape(value, wrong);
  if (read !== NOT) return read;
  const where = wrong.path.toReversed().join('.') || 'frame';
  throw new ApertureError(
    'bad_frame',
    `The frame is not what the protocol asks for: see “${where}”.`,
  );
}
