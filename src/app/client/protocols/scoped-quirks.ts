import type { ToolCallStatus } from '../../../core/acp.ts';
import type { ErrorInfo } from '../../../core/errors.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { ToolPatch } from '../../../core/session/event.ts';
import { errorOf, idOf, str } from './fields.ts';

export interface Scope {
  readonly worldId: string;
  readonly chatId: string;
}

/** What a server says of one chat. `messageId` is the request that it belongs to. */
export type ScopedEvent =
  | { kind: 'subscribed' }
  | { kind: 'piece'; messageId: string; text: string; role: 'assistant' | 'thought' }
  /** The answer is complete; `text` is all of it, where it is repeated. */
  | { kind: 'answered'; messageId: string; text: string | undefined }
  | { kind: 'tool'; messageId: string; call: ToolPatch }
  /** The request's work as a whole. */
  | { kind: 'activity'; messageId: string; state: 'running' | 'done' | 'cancelled' }
  /** Without a message it is about the chat. */
  | { kind: 'error'; messageId: string | undefined; error: ErrorInfo }
  /** What a user said; shown already. */
  | { kind: 'echo' }
  | { kind: 'other'; name: string };

/** The scope of a frame, as far as it has one: a field that is no text is as good as missing (R51). */
export function scopeOf(frame: JsonObject): Partial<Scope> {
  return { worldId: str(frame['worldId']) || undefined, chatId: str(frame['chatId']) || undefined };
}

/** @returns undefined for a frame that is of a known kind and cannot be read (R71). */
export function readScopedEvent(frame: JsonObject): ScopedEvent | undefined {
  const messageId = idOf(frame['messageId']);
  const name = str(frame['type']) ?? '';
  switch (name) {
    case 'subscribed':
      return { kind: 'subscribed' };
    case 'sse':
      return messageId === undefined ? undefined : readSse(frame, messageId);
    case 'message': {
      const text = str(frame['content']);
      if (messageId === undefined || text === undefined) return undefined;
      if (frame['role'] === 'user') return { kind: 'echo' };
      return { kind: 'answered', messageId, text };
    }
    case 'tool':
      return messageId === undefined ? undefined : readTool(frame, messageId);
    case 'activity':
      return messageId === undefined ? undefined : readActivity(frame, messageId);
    case 'error':
      return { kind: 'error', messageId, error: errorOf(frame, 'The request failed.') };
    default:
      return { kind: 'other', name };
  }
}

function readSse(frame: JsonObject, messageId: string): ScopedEvent | undefined {
  const event = str(frame['event']) ?? 'chunk';
  const text = str(frame['content']);
  switch (event) {
    case 'start':
      return { kind: 'piece', messageId, text: text ?? '', role: 'assistant' };
    case 'chunk':
    case 'thought': {
      if (text === undefined) return undefined;
      return { kind: 'piece', messageId, text, role: event === 'chunk' ? 'assistant' : event };
    }
    case 'end':
      return { kind: 'answered', messageId, text };
    case 'error':
      return { kind: 'error', messageId, error: errorOf(frame, 'The answer broke off.') };
    default:
      return { kind: 'other', name: `sse ${event}` };
  }
}

const TOOL_STATUS: Readonly<Record<string, ToolCallStatus>> = {
  pending: 'pending',
  start: 'in_progress',
  progress: 'in_progress',
  in_progress: 'in_progress',
  result: 'completed',
  completed: 'completed',
  error: 'failed',
  failed: 'failed',
};

function readTool(frame: JsonObject, messageId: string): ScopedEvent | undefined {
  const toolCallId = idOf(frame['toolCallId']);
  if (toolCallId === undefined) return undefined;
  const call: ToolPatch = { toolCallId };
  const title = str(frame['title']) ?? str(frame['name']);
  if (title !== undefined) call.title = title;
  const status = TOOL_STATUS[str(frame['status']) ?? ''];
  if (status) call.status = status;
  if (frame['input'] !== undefined) call.rawInput = frame['input'];
  const output = frame['output'];
  if (output !== undefined) {
    call.rawOutput = output;
    const text = str(output);
    if (text !== undefined) call.content = [{ type: 'content', content: { type: 'text', text } }];
  }
  return { kind: 'tool', messageId, call };
}

function readActivity(frame: JsonObject, messageId: string): ScopedEvent | undefined {
  switch (str(frame['status'])) {
    case 'start':
    case 'started':
    case 'running':
      return { kind: 'activity', messageId, state: 'running' };
    case 'end':
    case 'done':
    case 'idle':
    case 'completed':
      return { kind: 'activity', messageId, state: 'done' };
    case 'stopped':
    case 'cancelled':
      return { kind: 'activity', messageId, state: 'cancelled' };
    case 'error':
    case 'failed':
      return { kind: 'error', messageId, error: errorOf(frame, 'The request failed.') };
    default:
      // Servers have more words for what they do than ends and beginnings.
      return { kind: 'other', name: 'activity' };
  }
}
