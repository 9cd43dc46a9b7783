import { ApertureError, type ErrorInfo } from '../../../core/errors.ts';
import { isObject, parseJson, type JsonObject } from '../../../core/json.ts';
import { MAX_SERVER_FRAME_BYTES } from '../../../core/limits.ts';
import { oneLine } from '../../../core/text/sanitise.ts';

const MAX_MESSAGE = 500;
const MAX_CODE = 64;
/** Longer ids are none: they are remembered. */
const MAX_ID = 256;

/** One text frame of a server. @throws ApertureError as `parseJson`, or `bad_frame` for what is no object (R71). */
export function readFrame(text: string): JsonObject {
  const value = parseJson(text, { maxLength: MAX_SERVER_FRAME_BYTES });
  if (isObject(value)) return value;
  throw new ApertureError('bad_frame', 'The server sent a frame that is no object.');
}

export const str = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** An id: text that is not empty, or a number, as some servers have it. */
export function idOf(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  return typeof value === 'string' && value !== '' && value.length <= MAX_ID ? value : undefined;
}

/** The scope that a frame names; `''`, which is nobody's, for one that cannot be read (R51). */
export const scopeIdOf = (value: unknown): string | undefined =>
  value === undefined || value === null || value === '' ? undefined : (idOf(value) ?? '');

/**
 * A server's account of a failure, wherever in the frame it stands (R47). `retryable` is what it says itself;
 * `true` if it says nothing, since the user decides whether to send again.
 */
export function errorOf(frame: JsonObject, fallback: string): ErrorInfo {
  const inner = frame['error'] ?? frame['payload'];
  const from = isObject(inner) ? inner : frame;
  const code = idOf(from['code']) ?? idOf(frame['code']) ?? 'server_error';
  const message = str(from['message']) ?? str(inner) ?? str(frame['message']) ?? fallback;
  const retryable = from['retryable'] ?? frame['retryable'];
  return {
    code: oneLine(code, MAX_CODE),
    message: oneLine(message, MAX_MESSAGE) || fallback,
    retryable: typeof retryable === 'boolean' ? retryable : true,
  };
}
