import { ApertureError } from './errors.ts';
import { MAX_JSON_DEPTH } from './limits.ts';

export type JsonObject = { [key: string]: unknown };

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export interface JsonLimits {
  /** Longest text in UTF-16 units; a cheap bound below the byte limit that the socket enforces. */
  maxLength: number;
  maxDepth?: number;
}

/**
 * Parses one frame (R71).
 *
 * @throws ApertureError `frame_too_large`, `bad_json`, `frame_too_deep` or `frame_forbidden_key`
 *   (`__proto__` as a key, at any depth).
 */
export function parseJson(text: string, limits: JsonLimits): unknown {
  if (text.length > limits.maxLength) {
    throw new ApertureError(
      'frame_too_large',
      `The frame is longer than ${limits.maxLength} characters.`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ApertureError('bad_json', 'The frame is not valid JSON.');
  }
  checkShape(value, limits.maxDepth ?? MAX_JSON_DEPTH);
  return value;
}

function checkShape(value: unknown, depthLeft: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depthLeft === 0) throw new ApertureError('frame_too_deep', 'The frame is nested too deeply.');
  if (Array.isArray(value)) {
    for (const entry of value) checkShape(entry, depthLeft - 1);
    return;
  }
  // JSON.parse makes `__proto__` an own key, so this sees it.
  if (Object.hasOwn(value, '__proto__')) {
    throw new ApertureError('frame_forbidden_key', 'The frame has a key that is not allowed.');
  }
  for (const key in value) checkShape((value as JsonObject)[key], depthLeft - 1);
}
