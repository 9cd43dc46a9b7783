import type { JsonObject } from '../../../core/json.ts';
import { isConversation } from '../updates.ts';

/**
 * `session/load` repeats the conversation, whole messages in one chunk each however they were streamed, and tool
 * calls once or twice. The log has all of it from when it happened, with its numbers: what is repeated is dropped,
 * and what describes the session as it is now is news all the same.
 *
 * Seen: opencode 1.18.33, codex-acp 0.16.0, every agent with `loadSession`.
 */
export const isRepeated = (params: JsonObject): boolean => isConversation(params);
