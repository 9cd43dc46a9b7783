import { isObject, type JsonObject } from '../../../core/json.ts';

/**
 * A call that runs a command is no work on the directory that it runs in, but some agents tell that as the place
 * that the call touches: it would stand beside every command, and make sessions that run in one directory seem to
 * work on the same file. Other places are kept.
 *
 * Seen: opencode 1.18.33; the exchange is recorded.
 */
export function withoutCommandPlace(update: JsonObject): JsonObject {
  const { kind, locations, rawInput } = update;
  if (kind !== 'execute' || !Array.isArray(locations) || !isObject(rawInput)) return update;
  const { cwd } = rawInput;
  const kept = locations.filter((each) => !isObject(each) || each['path'] !== cwd);
  return kept.length === locations.length ? update : { ...update, locations: kept };
}
