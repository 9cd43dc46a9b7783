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

/** Whether it claims how the turn stands; only the gateway knows, and says so in the same words. */
export const isTurnState = ({ update }: JsonObject): boolean =>
  isObject(update) && update['sessionUpdate'] === 'state_update';

/** The update without what only the gateway may say: its own additions stand under `_meta.aperture`. */
export function withoutOurs(params: JsonObject): JsonObject {
  const { update } = params;
  const meta = isObject(update) ? update['_meta'] : undefined;
  if (!isObject(update) || !isObject(meta) || !('aperture' in meta)) return params;
  const { aperture: _, ...rest } = meta;
  return { ...params, update: { ...update, _meta: rest } };
}
