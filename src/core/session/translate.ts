import type { ContentBlock, PermissionOption, PlanEntry, StopReason, TurnState } from '../acp.ts';
import type {
  AvailableCommand,
  ToolCallContent,
  ToolCallLocation,
  ToolCallStatus,
  ToolKind,
} from '../acp.ts';
import { isObject, type JsonObject } from '../json.ts';
import { GatewayMethod, type LoggedMessage } from '../log/entry.ts';
import type { AgentState } from '../wire/rest.ts';
import type { Role, SessionEvent, ToolPatch } from './event.ts';
import { readModes } from './settings.ts';

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;
const list = <T>(value: unknown): T[] | undefined =>
  Array.isArray(value) ? (value.filter(isObject) as T[]) : undefined;
const oneOf = <T extends string>(value: unknown, allowed: readonly T[]): T | undefined =>
  allowed.find((entry) => entry === value);

const TOOL_STATUS: readonly ToolCallStatus[] = ['pending', 'in_progress', 'completed', 'failed'];
const TURN_STATE: readonly TurnState[] = ['idle', 'running', 'requires_action'];
const AGENT_STATE: readonly AgentState[] = ['starting', 'ready', 'exited', 'failed'];
// A map, because an object would know `constructor` and `__proto__`, which an agent may send.
const CHUNK_ROLE: ReadonlyMap<string, Role> = new Map([
  ['user_message_chunk', 'user'],
  ['agent_message_chunk', 'assistant'],
  ['agent_thought_chunk', 'thought'],
]);

/**
 * One logged message as events. Tolerant by intent: unknown fields are ignored, unknown kinds and
 * broken shapes become `raw` events, and nothing throws.
 */
export function translate(message: LoggedMessage): SessionEvent {
  const params = isObject(message.params) ? message.params : {};
  const method = text(message.method) ?? '';
  return (
    translateKnown({ method, id: text(message.id), params }) ?? {
      type: 'raw',
      method,
      payload: params,
    }
  );
}

function translateKnown({ method, id, params }: LoggedMessage): SessionEvent | undefined {
  switch (method) {
    case 'session/update':
      return isObject(params['update']) ? translateUpdate(params['update']) : undefined;
    case 'session/request_permission': {
      const tool = isObject(params['toolCall']) ? toolPatch(params['toolCall']) : undefined;
      if (!id || !tool) return undefined;
      const options = (list<PermissionOption>(params['options']) ?? []).filter(
        (option) => text(option.optionId) !== undefined && text(option.name) !== undefined,
      );
      return { type: 'permission', id, tool, options };
    }
    case 'elicitation/create':
    case GatewayMethod.signIn:
      return id
        ? {
            type: 'permission',
            id,
            tool: { toolCallId: text(params['toolCallId']) ?? '', title: text(params['message']) },
            options: [],
            ask: { method, params },
          }
        : undefined;
    case GatewayMethod.requestResolved: {
      const request = text(params['id']);
      const outcome = oneOf(params['outcome'], ['selected', 'cancelled'] as const);
      if (!request || !outcome) return undefined;
      return {
        type: 'resolved',
        id: request,
        outcome,
        optionId: text(params['optionId']),
        fields: params['fields'] as string[] | undefined,
        by: text(params['by']),
        reason: text(params['reason']),
      };
    }
    case GatewayMethod.agent: {
      const state = oneOf(params['state'], AGENT_STATE);
      if (!state) return undefined;
      const options = list<JsonObject>(params['configOptions']);
      const capabilities = params['agentCapabilities'];
      const takes = isObject(capabilities) ? capabilities['promptCapabilities'] : undefined;
      return {
        type: 'agent',
        state,
        message: text(params['message']),
        ...(isObject(takes) && { takes }),
        ...(state === 'ready' && { steers: params['steer'] === true }),
        ...agentModes(params['modes']),
        ...(options && { options }),
      };
    }
    case GatewayMethod.error: {
      const error = params['error'];
      if (!isObject(error)) return undefined;
      return {
        type: 'error',
        key: text(params['key']),
        error: {
          code: text(error['code']) ?? 'unknown',
          message: text(error['message']) ?? 'The request failed.',
          retryable: error['retryable'] === true,
        },
      };
    }
    case GatewayMethod.renamed: {
      const title = text(params['title']);
      return title === undefined ? undefined : { type: 'title', title };
    }
    case GatewayMethod.notice: {
      const line = text(params['text']);
      const level = oneOf(params['level'], ['info', 'warning', 'error'] as const) ?? 'info';
      return line === undefined ? undefined : { type: 'notice', level, text: line };
    }
    case GatewayMethod.file: {
      const path = text(params['path']);
      return path === undefined ? undefined : { type: 'file', path, detail: params };
    }
    case GatewayMethod.terminal: {
      const terminal = text(params['id']);
      return terminal === undefined
        ? undefined
        : { type: 'terminal', id: terminal, detail: params };
    }
    case GatewayMethod.ended:
      return { type: 'ended', by: text(params['by']) };
    default:
      return undefined;
  }
}

function translateUpdate(update: JsonObject): SessionEvent | undefined {
  const kind = text(update['sessionUpdate']) ?? '';
  const role = CHUNK_ROLE.get(kind);
  if (role) {
    const content = update['content'];
    if (!isObject(content) || typeof content['type'] !== 'string') return undefined;
    if (content['type'] === 'text' && typeof content['text'] !== 'string') return undefined;
    const ours = ownMeta(update);
    return {
      type: 'chunk',
      role,
      content: content as unknown as ContentBlock,
      messageId: text(update['messageId']),
      key: text(ours['key']),
      by: text(ours['by']),
    };
  }
  switch (kind) {
    case 'tool_call':
    case 'tool_call_update': {
      const call = toolPatch(update);
      return call && { type: 'tool', call };
    }
    case 'plan': {
      const entries = list<PlanEntry>(update['entries']);
      return (
        entries && {
          type: 'plan',
          entries: entries.filter((entry) => text(entry.content) !== undefined),
        }
      );
    }
    case 'available_commands_update': {
      const commands = list<AvailableCommand>(update['availableCommands']);
      return (
        commands && {
          type: 'commands',
          commands: commands.filter((command) => text(command.name) !== undefined),
        }
      );
    }
    case 'usage_update': {
      const { used, size, cost } = update;
      if (typeof used !== 'number' || typeof size !== 'number') return undefined;
      const priced =
        isObject(cost) && typeof cost['amount'] === 'number' && typeof cost['currency'] === 'string'
          ? { amount: cost['amount'], currency: cost['currency'] }
          : undefined;
      return { type: 'usage', used, size, cost: priced };
    }
    case 'session_info_update': {
      const title = text(update['title']);
      return title === undefined ? undefined : { type: 'title', title };
    }
    case 'current_mode_update': {
      const modeId = text(update['currentModeId']);
      return modeId === undefined ? undefined : { type: 'mode', modeId, ...keyOf(update) };
    }
    case 'config_option_update': {
      const options = list<JsonObject>(update['configOptions']);
      return options && { type: 'options', options, ...keyOf(update) };
    }
    case 'state_update': {
      const state = oneOf(update['state'], TURN_STATE);
      return (
        state && {
          type: 'turn',
          state,
          stopReason: text(update['stopReason']) as StopReason | undefined,
          key: text(ownMeta(update)['key']),
        }
      );
    }
    default:
      return undefined;
  }
}

/** What the gateway adds to ACP payloads stands under `_meta.aperture`. */
function ownMeta(update: JsonObject): JsonObject {
  const meta = update['_meta'];
  const ours = isObject(meta) ? meta['aperture'] : undefined;
  return isObject(ours) ? ours : {};
}

/** The key of the frame that an update comes from. */
function keyOf(update: JsonObject): { key?: string } {
  const key = text(ownMeta(update)['key']);
  return key === undefined ? {} : { key };
}

function agentModes(modes: unknown): Pick<Extract<SessionEvent, { type: 'agent' }>, 'modes'> {
  const current = isObject(modes) ? text(modes['currentModeId']) : undefined;
  const available = isObject(modes) ? list(modes['availableModes']) : undefined;
  if (current === undefined || !available) return {};
  return { modes: { current, available: readModes(available) } };
}

function toolPatch(raw: JsonObject): ToolPatch | undefined {
  const toolCallId = text(raw['toolCallId']);
  if (toolCallId === undefined) return undefined;
  const patch: ToolPatch = { toolCallId };
  const title = text(raw['title']);
  if (title !== undefined) patch.title = title;
  const kind = text(raw['kind']);
  if (kind !== undefined) patch.kind = kind as ToolKind;
  const status = oneOf(raw['status'], TOOL_STATUS);
  if (status) patch.status = status;
  const content = list<ToolCallContent>(raw['content']);
  if (content) patch.content = content;
  const locations = list<ToolCallLocation>(raw['locations']);
  if (locations)
    patch.locations = locations.filter((location) => text(location.path) !== undefined);
  if (raw['rawInput'] !== undefined) patch.rawInput = raw['rawInput'];
  if (raw['rawOutput'] !== undefined) patch.rawOutput = raw['rawOutput'];
  return patch;
}
