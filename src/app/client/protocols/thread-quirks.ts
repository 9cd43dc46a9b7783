import type { ErrorInfo } from '../../../core/errors.ts';
import { isObject, type JsonObject } from '../../../core/json.ts';
import { errorOf, idOf, scopeIdOf, str } from './fields.ts';

/** A server's frame, whichever dialect it speaks. */
export type ThreadFrame = { threadId: string | undefined } & (
  | { kind: 'token'; requestId: string | undefined; text: string }
  /** `text` is the whole answer, if the server has it whole. */
  | {
      kind: 'final';
      requestId: string | undefined;
      text: string | undefined;
      stopReason: string | undefined;
    }
  | { kind: 'error'; requestId: string | undefined; error: ErrorInfo }
  | { kind: 'cancelled'; requestId: string | undefined }
  /** A request that this page did not send begins: the server's own, or another client's with what it asked. */
  | { kind: 'started'; requestId: string | undefined; by: string | undefined; prompt: string }
  /** Something waits for an answer, which this model has no words for. */
  | { kind: 'asks'; requestId: string | undefined; title: string }
  | { kind: 'other'; name: string }
);

/** Ids that are the server's own by their look: its requests need no other announcement. */
const SERVER_STARTED = /^(?:server|srv)[-:_]/;

export const isServerStarted = (requestId: string): boolean => SERVER_STARTED.test(requestId);

/** Tokens as `token` or `value`; the final answer in `message.content` or flat in `content`. */
export function readThreadFrame(frame: JsonObject): ThreadFrame {
  const threadId = scopeIdOf(frame['threadId']);
  const requestId = idOf(frame['requestId']);
  const name = str(frame['type']) ?? '';
  switch (name) {
    case 'token':
      return { kind: 'token', threadId, requestId, text: textOf(frame, 'token', 'value') ?? '' };
    case 'final': {
      const message = frame['message'];
      const nested = isObject(message) ? textOf(message, 'content') : str(message);
      const whole = frame['truncated'] === true ? undefined : (nested ?? textOf(frame, 'content'));
      const stopReason = str(frame['stopReason'])?.slice(0, 60) || undefined;
      return { kind: 'final', threadId, requestId, text: whole, stopReason };
    }
    case 'error':
      return {
        kind: 'error',
        threadId,
        requestId,
        error: errorOf(frame, 'The request failed on the server.'),
      };
    case 'cancelled':
      return { kind: 'cancelled', threadId, requestId };
    case 'started':
      return {
        kind: 'started',
        threadId,
        requestId,
        by: str(frame['by']),
        prompt: str(frame['content']) ?? '',
      };
    case 'approval_required':
      return { kind: 'asks', threadId, requestId, title: str(frame['title']) ?? '' };
    default:
      return { kind: 'other', threadId, name };
  }
}

function textOf(frame: JsonObject, ...names: string[]): string | undefined {
  for (const name of names) {
    const value = str(frame[name]);
    if (value !== undefined) return value;
  }
  return undefined;
}
