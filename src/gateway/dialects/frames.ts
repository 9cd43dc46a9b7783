import * as v from 'valibot';
import { ApertureError } from '../../core/errors.ts';
import { isObject, parseJson, type JsonObject } from '../../core/json.ts';
import { MAX_CLIENT_FRAME_BYTES, MAX_JSON_DEPTH } from '../../core/limits.ts';

/** A client's frame: a JSON object with a `type`. @throws ApertureError as `parseJson`, or `bad_frame`. */
export function readTyped(text: string): JsonObject & { type: string } {
  const value = parseJson(text, {
    maxLength: MAX_CLIENT_FRAME_BYTES,
    // What a client sends is nested a little deeper in the log; it must still fit a frame there.
    maxDepth: MAX_JSON_DEPTH - 4,
  });
  if (isObject(value) && typeof value['type'] === 'string') {
    return value as JsonObject & { type: string };
  }
  throw new ApertureError('bad_frame', 'A frame is a JSON object with a “type”.');
}

/** @throws ApertureError `bad_message`, naming the field that is wrong. */
export function checkFrame<S extends v.GenericSchema>(schema: S, frame: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, frame, { abortEarly: true });
  if (result.success) return result.output;
  const where = v.getDotPath(result.issues[0]) ?? 'frame';
  throw new ApertureError('bad_message', `The frame is not what is asked for: see “${where}”.`);
}

/** An id that a client made. */
export const clientId = v.pipe(v.string(), v.minLength(1), v.maxLength(128));

/** Answers a permission request; without an option, as cancelled. */
export const approvalFrame = v.object({
  type: v.literal('approval'),
  id: clientId,
  optionId: v.optional(v.nullable(v.string())),
});

export type ApprovalFrame = v.InferOutput<typeof approvalFrame>;
