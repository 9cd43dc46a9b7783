import * as v from 'valibot';
import type { ContentBlock } from '../acp.ts';
import { ApertureError } from '../errors.ts';
import { isObject, parseJson, type JsonObject } from '../json.ts';
import { MAX_CLIENT_FRAME_BYTES, MAX_JSON_DEPTH, MAX_SERVER_FRAME_BYTES } from '../limits.ts';
import type { ClientFrame, ServerFrame } from './frames.ts';
import type { AgentState } from './rest.ts';

// Envelopes are checked field by field; the payloads inside (ACP's own) are passed on untouched,
// unknown fields included, and are read tolerantly by session/translate.ts.

const jsonObject = v.custom<JsonObject>(isObject);
const contentBlock = v.custom<ContentBlock>(
  (value) =>
    isObject(value) &&
    typeof value['type'] === 'string' &&
    (value['type'] !== 'text' || typeof value['text'] === 'string'),
);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const key = v.pipe(v.string(), v.minLength(1), v.maxLength(128));
const requestId = v.pipe(v.string(), v.minLength(1), v.maxLength(128));

const clientFrame = v.variant('t', [
  v.object({
    t: v.literal('attach'),
    // A missing token is a wrong token (4401), not a malformed frame (4400).
    token: v.optional(v.string(), ''),
    client: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
    epoch: v.optional(v.pipe(v.string(), v.maxLength(64))),
    since: count,
  }),
  v.object({
    t: v.literal('prompt'),
    k: key,
    prompt: v.pipe(v.array(contentBlock), v.maxLength(1_000)),
  }),
  v.object({
    t: v.literal('answer'),
    k: key,
    id: requestId,
    result: v.object({
      outcome: v.variant('outcome', [
        v.object({ outcome: v.literal('selected'), optionId: v.string() }),
        v.object({ outcome: v.literal('cancelled') }),
      ]),
    }),
  }),
  v.object({ t: v.literal('cancel'), k: key, turn: v.optional(key) }),
  v.object({ t: v.literal('persisted'), n: count }),
  v.object({ t: v.literal('ping'), c: v.number() }),
]);

const errorInfo = v.object({ code: v.string(), message: v.string(), retryable: v.boolean() });
const agentStates: readonly AgentState[] = ['starting', 'ready', 'exited', 'failed'];
const summary = v.object({
  id: v.string(),
  title: v.string(),
  agent: v.string(),
  agentTitle: v.string(),
  cwd: v.string(),
  createdAt: v.number(),
  updatedAt: v.number(),
  agentState: v.picklist(agentStates),
  turn: v.picklist(['idle', 'running', 'requires_action']),
  turnStartedAt: v.optional(v.number()),
  epoch: v.string(),
  head: count,
  pending: v.array(v.string()),
  error: v.optional(errorInfo),
});

const serverFrame = v.variant('t', [
  v.object({
    t: v.literal('m'),
    n: count,
    from: v.optional(count),
    at: v.number(),
    m: v.object({ method: v.string(), id: v.optional(v.string()), params: jsonObject }),
  }),
  v.object({ t: v.literal('session'), session: summary }),
  v.object({ t: v.literal('ack'), k: v.string(), n: count, dup: v.optional(v.literal(true)) }),
  v.object({ t: v.literal('pong'), c: v.number() }),
  v.object({
    t: v.literal('attached'),
    epoch: v.string(),
    mode: v.picklist(['resume', 'full', 'gap']),
    low: count,
    head: count,
    session: summary,
    pending: v.array(v.string()),
  }),
  v.object({ t: v.literal('refused'), k: v.string(), error: errorInfo }),
  v.object({ t: v.literal('error'), error: errorInfo }),
]);

const SERVER_FRAMES = new Set<unknown>(
  serverFrame.options.map((option) => option.entries.t.literal),
);

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
  if (isObject(value) && typeof value['t'] === 'string' && !SERVER_FRAMES.has(value['t'])) {
    throw new ApertureError('unknown_frame', 'The gateway sent a kind of frame that is not known.');
  }
  return check(serverFrame, value) as ServerFrame;
}

function check<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const where = v.getDotPath(result.issues[0]) ?? 'frame';
  throw new ApertureError(
    'bad_frame',
    `The frame is not what the protocol asks for: see “${where}”.`,
  );
}
