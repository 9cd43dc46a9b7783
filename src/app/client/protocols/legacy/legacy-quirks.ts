import { isObject, type JsonObject } from '../../../../core/json.ts';
import type { RemoteSession } from '../port.ts';

/**
 * The first gateway's descriptions disagree about names, so each thing is looked for under all that are known.
 * Everything tolerant about this protocol stands here.
 */
const first = (from: JsonObject, names: readonly string[]): unknown => {
  for (const name of names) if (from[name] !== undefined && from[name] !== null) return from[name];
  return undefined;
};
const textOf = (from: JsonObject, ...names: string[]): string | undefined => {
  const value = first(from, names);
  return typeof value === 'string' && value !== '' ? value : undefined;
};

export interface LegacySession {
  readonly id: string;
  readonly title?: string | undefined;
  readonly agent?: string | undefined;
  readonly cwd?: string | undefined;
  readonly updatedAt?: number | undefined;
  /** Its agent is in the middle of an answer. */
  readonly running: boolean;
  /** Other names under which its updates may come: the agent's own id. */
  readonly aliases: readonly string[];
}

/** `{session: {…}}` and `{data: {…}}` are as good as the thing itself. */
export function readSession(value: unknown): LegacySession | undefined {
  if (!isObject(value)) return undefined;
  const inner = first(value, ['session', 'data']);
  const from = isObject(inner) ? inner : value;
  const id = first(from, ['id', 'sessionId', 'session_id']);
  if (typeof id !== 'string' || id === '') return undefined;
  const aliases = ['sessionId', 'session_id', 'acpSessionId', 'acp_session_id', 'agentSessionId'];
  const status = textOf(from, 'turn', 'status', 'state');
  return {
    id,
    title: textOf(from, 'title', 'name'),
    agent: textOf(from, 'agentTitle', 'agentName', 'agent_name', 'agent', 'agentType'),
    cwd: textOf(from, 'cwd', 'workingDirectory', 'working_directory', 'workdir'),
    updatedAt: timeOf(
      first(from, ['updatedAt', 'updated_at', 'lastActivity', 'last_activity', 'createdAt']),
    ),
    running:
      first(from, ['isStreaming', 'is_streaming', 'isRunning', 'busy']) === true ||
      (status !== undefined && /^(?:running|busy|streaming|processing|prompting)$/.test(status)),
    aliases: aliases.flatMap((name) => textOf(from, name) ?? []),
  };
}

/** ms since 1970, from an ISO text, seconds or milliseconds. */
function timeOf(value: unknown): number | undefined {
  if (typeof value === 'string') {
    const at = Date.parse(value);
    return Number.isNaN(at) ? undefined : at;
  }
  if (typeof value !== 'number') return undefined;
  return value < 1e11 ? value * 1000 : value;
}

/** A list, or the list under its name; undefined if it is neither. */
export function readList(value: unknown, name: string): unknown[] | undefined {
  if (Array.isArray(value)) return value;
  if (!isObject(value)) return undefined;
  const inner = first(value, [name, 'data', 'items']);
  return Array.isArray(inner) ? inner : undefined;
}

export const asRemote = (session: LegacySession): RemoteSession => ({
  title: session.title ?? session.id,
  updatedAt: session.updatedAt,
  cwd: session.cwd,
  remote: { id: session.id },
});

export interface LegacyMessage {
  readonly role: 'user' | 'assistant' | 'thought';
  readonly text: string;
}

/** Undefined for what nobody said: tool calls, system messages, empty ones. */
export function readMessage(value: unknown): LegacyMessage | undefined {
  if (!isObject(value)) return undefined;
  const role = ROLES.get(textOf(value, 'role', 'type', 'sender', 'from') ?? '');
  const text = plain(first(value, ['content', 'text', 'message', 'parts', 'blocks']));
  return role && text !== '' ? { role, text } : undefined;
}

const ROLES: ReadonlyMap<string, LegacyMessage['role']> = new Map([
  ['user', 'user'],
  ['human', 'user'],
  ['user_message', 'user'],
  ['assistant', 'assistant'],
  ['agent', 'assistant'],
  ['agent_message', 'assistant'],
  ['thought', 'thought'],
  ['thinking', 'thought'],
]);

/** The text of a text, a block, or a list of either. */
export function plain(content: unknown): string {
  if (typeof content === 'string') return content;
  if (Array.isArray(content)) return content.map(plain).join('');
  if (!isObject(content)) return '';
  return plain(first(content, ['text', 'content']) ?? '');
}

/** What one frame says, whichever way it says it. */
export type LegacyFrame =
  | { kind: 'update'; scope: string | undefined; update: JsonObject }
  | { kind: 'permission'; scope: string | undefined; id: string | number; params: JsonObject }
  /** `of`: whose end it is, if it says so. */
  | { kind: 'end'; scope: string | undefined; stopReason: string; of: string | undefined }
  | { kind: 'error'; scope: string | undefined; code: string; message: string }
  /** A greeting, an echo of a ping: nothing to anybody. */
  | { kind: 'nothing' }
  | { kind: 'unknown'; method: string };

const ENDS = new Set([
  'turn_end',
  'turn_ended',
  'turn_complete',
  'prompt_complete',
  'agent_turn_complete',
  'end_turn',
  'done',
]);

/** Undefined where no session is named; one that is no text is nobody's (R51). */
function scopeOf(from: JsonObject): string | undefined {
  const scope = first(from, ['sessionId', 'session_id']);
  if (scope === undefined || scope === '') return undefined;
  return typeof scope === 'string' ? scope : JSON.stringify(scope);
}

/** Whatever is no object has been refused before. */
export function readFrame(frame: JsonObject): LegacyFrame {
  const result = frame['result'];
  const error = frame['error'];
  const scope = scopeOf(frame);
  if (isObject(error)) return failure(error, scope);
  const name = textOf(frame, 'method', 'type') ?? '';
  const method = name.replace(/^session\//, '');
  if (isObject(result)) {
    const stopReason = textOf(result, 'stopReason', 'stop_reason');
    if (stopReason === undefined) return { kind: 'nothing' };
    const id = frame['id'];
    return { kind: 'end', scope, stopReason, of: typeof id === 'string' ? id : undefined };
  }
  const inner = first(frame, ['params', 'data', 'payload']);
  const params = isObject(inner) ? inner : frame;
  const inScope = scopeOf(params) ?? scope;
  if (method === 'update' || method === 'session_update') return update(params, inScope);
  if (method === 'request_permission' || method === 'permission_request') {
    const id = first({ ...params, rpc: frame['id'] }, [
      'rpc',
      'requestId',
      'request_id',
      'permissionId',
      'id',
    ]);
    if (typeof id !== 'string' && typeof id !== 'number') return { kind: 'unknown', method: name };
    return { kind: 'permission', scope: inScope, id, params: withToolCall(params) };
  }
  if (ENDS.has(method)) return end(params, inScope);
  if (method === 'error') return failure(params, inScope);
  if (['connected', 'pong', 'ready', 'auth_ok', 'history'].includes(method)) {
    return { kind: 'nothing' };
  }
  return { kind: 'unknown', method: name };
}

function update(params: JsonObject, scope: string | undefined): LegacyFrame {
  const inner = params['update'];
  const told = isObject(inner) ? inner : params;
  const kind = textOf(told, 'sessionUpdate', 'session_update', 'kind', 'type') ?? '';
  if (ENDS.has(kind)) return end(told, scope);
  if (kind === 'state_update' && told['state'] === 'idle') return end(told, scope);
  if (kind === 'error') return failure(told, scope);
  // A chunk's words may stand as they are.
  const content = told['content'] ?? told['text'];
  const block = typeof content === 'string' ? { type: 'text', text: content } : content;
  return { kind: 'update', scope, update: { ...told, sessionUpdate: kind, content: block } };
}

const end = (from: JsonObject, scope: string | undefined): LegacyFrame => ({
  kind: 'end',
  scope,
  stopReason: textOf(from, 'stopReason', 'stop_reason', 'reason') ?? 'end_turn',
  of: textOf(from, 'requestId', 'request_id', 'messageId'),
});

function failure(from: JsonObject, scope: string | undefined): LegacyFrame {
  const code = first(from, ['code', 'type']);
  return {
    kind: 'error',
    scope,
    code: typeof code === 'string' && code !== 'error' ? code : 'agent_error',
    message: textOf(from, 'message', 'error', 'text') ?? 'The agent failed.',
  };
}

/** Who names no options means allow or deny. */
function withToolCall(params: JsonObject): JsonObject {
  const given = first(params, ['toolCall', 'tool_call', 'tool']);
  const call = isObject(given) ? given : params;
  const options = Array.isArray(params['options']) ? params['options'] : [];
  return {
    toolCall: {
      ...call,
      toolCallId: textOf(call, 'toolCallId', 'tool_call_id', 'id') ?? 'permission',
      title: textOf(call, 'title', 'name', 'description', 'command'),
    },
    options:
      options.length > 0
        ? options.filter(isObject).map((option) => ({
            optionId: textOf(option, 'optionId', 'option_id', 'id', 'value'),
            name: textOf(option, 'name', 'label', 'title', 'optionId', 'id'),
            kind: textOf(option, 'kind', 'type') ?? 'allow_once',
          }))
        : [
            { optionId: 'allow', name: 'Allow', kind: 'allow_once' },
            { optionId: 'deny', name: 'Deny', kind: 'reject_once' },
          ],
  };
}
