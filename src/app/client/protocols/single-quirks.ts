import type { ErrorInfo } from '../../../core/errors.ts';
import { isObject, type JsonObject } from '../../../core/json.ts';
import { errorOf, scopeIdOf, str } from './fields.ts';

/** A server's frame, whichever way it spells it. `sessId` where the frame says which session it is of. */
export type SingleFrame = { sessId: string | undefined } &
  /** `resumed`: whether it goes on with the conversation that was asked for; undefined if it does not say. */
  (
    | { kind: 'welcome'; resumed: boolean | undefined }
    /** A piece of the answer, or all of it. `finish`: nothing follows, and why. */
    | { kind: 'response'; text: string; finish: string | undefined }
    /** Something waits for an answer, which this model has no words for. */
    | { kind: 'asks'; title: string }
    | { kind: 'error'; error: ErrorInfo }
    | { kind: 'other'; name: string }
  );

export function readSingleFrame(frame: JsonObject): SingleFrame {
  const sessId = scopeIdOf(frame['sess_id']) ?? scopeIdOf(frame['session_id']);
  const name = str(frame['type']) ?? '';
  switch (name) {
    case 'welcome':
      return {
        kind: 'welcome',
        sessId,
        resumed: typeof frame['resumed'] === 'boolean' ? frame['resumed'] : undefined,
      };
    case 'approval_required':
      return { kind: 'asks', sessId, title: str(frame['title']) ?? '' };
    case 'assistant_response':
      return { kind: 'response', sessId, text: textOf(frame), finish: finishOf(frame) };
    case 'error':
      return { kind: 'error', sessId, error: errorOf(frame, 'The server could not answer.') };
    default:
      return { kind: 'other', sessId, name };
  }
}

/** The payload is text, or an object with the text in one of the usual fields; some have no payload at all. */
function textOf(frame: JsonObject): string {
  const payload = frame['payload'];
  if (typeof payload === 'string') return payload;
  for (const from of [isObject(payload) ? payload : {}, frame]) {
    for (const name of ['text', 'content', 'delta']) {
      const value = str(from[name]);
      if (value !== undefined) return value;
    }
  }
  return '';
}

/** A finish reason that is empty or null belongs to a piece that others follow. */
function finishOf(frame: JsonObject): string | undefined {
  const payload = isObject(frame['payload']) ? frame['payload'] : {};
  for (const from of [frame, payload]) {
    const reason = str(from['finish_reason']) ?? str(from['finishReason']);
    if (reason) return stopReason(reason);
    if (from['done'] === true || from['final'] === true) return 'end_turn';
  }
  return undefined;
}

const STOP_REASONS: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  complete: 'end_turn',
  completed: 'end_turn',
  length: 'max_tokens',
  content_filter: 'refusal',
  aborted: 'cancelled',
  canceled: 'cancelled',
  error: 'error',
};

const stopReason = (reason: string): string => STOP_REASONS[reason] ?? reason.slice(0, 60);
