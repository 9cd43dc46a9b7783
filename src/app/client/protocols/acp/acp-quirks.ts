import { isObject, type JsonObject } from '../../../../core/json.ts';

/** Where agents deviate from ACP's text, and what is made of it. Each says who or what does it. */

/** Some advertise an ability as `true` instead of the object that the text asks for. */
export const advertised = (value: unknown): boolean => value === true || isObject(value);

/** Early drafts gave the version as text. Undefined: that is no answer to `initialize`. */
export function versionOf(hello: JsonObject): number | undefined {
  const version = Number(hello['protocolVersion'] ?? Number.NaN);
  return Number.isInteger(version) ? version : undefined;
}

/** Some put the update's own fields where `update` should stand. */
export function withUpdate(params: JsonObject): JsonObject {
  if (isObject(params['update']) || typeof params['sessionUpdate'] !== 'string') return params;
  const { sessionId, ...update } = params;
  return { sessionId, update };
}

/** `_meta.aperture` is what our own gateway adds to its log; from anybody else it would be a forgery. */
export function withoutOurs(params: JsonObject): JsonObject {
  const { update } = params;
  const meta = isObject(update) ? update['_meta'] : undefined;
  if (!isObject(update) || !isObject(meta) || !('aperture' in meta)) return params;
  const { aperture: _, ...rest } = meta;
  return { ...params, update: { ...update, _meta: rest } };
}

/** Updates that describe the session as it is now, rather than add to its conversation. */
const STANDING: ReadonlySet<unknown> = new Set([
  'available_commands_update',
  'current_mode_update',
  'config_option_update',
  'session_info_update',
  'usage_update',
]);

export type UpdateKind = 'user' | 'chunk' | 'turn' | 'standing' | 'other';

/** What an update is, as far as it matters for when it may come. */
export function kindOf(params: JsonObject): UpdateKind {
  const kind = isObject(params['update']) ? params['update']['sessionUpdate'] : undefined;
  if (STANDING.has(kind)) return 'standing';
  if (kind === 'user_message_chunk') return 'user';
  if (kind === 'agent_message_chunk' || kind === 'agent_thought_chunk') return 'chunk';
  // ACP v2's word for it; in v1 the answer to the prompt says how the turn stands, and nothing else.
  return kind === 'state_update' ? 'turn' : 'other';
}
