import { isObject, type JsonObject } from '../../core/json.ts';

/** Updates that describe the session as it is now, rather than add to its conversation. */
const STANDING = new Set<unknown>([
  'available_commands_update',
  'current_mode_update',
  'config_option_update',
  'session_info_update',
  'usage_update',
]);

/** Whether a `session/update` belongs to a turn: message, thought, tool call, plan, or something unknown. */
export function isConversation(params: JsonObject): boolean {
  const update = params['update'];
  return !isObject(update) || !STANDING.has(update['sessionUpdate']);
}
