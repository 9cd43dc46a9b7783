import { randomUUID } from 'node:crypto';
import { isObject, type JsonObject } from '../../../core/json.ts';

const CHUNKS = new Set<unknown>(['agent_message_chunk', 'agent_thought_chunk']);

/**
 * Messages without ids end where another kind of update begins, and a count of tokens is none that should end one:
 * many agents count while they speak. codex-acp counts after each answer of the model and at no other time, and of
 * tools that it does not report (`view_image`, a tool that does not exist, a command that its sandbox refuses) that
 * count is all that stands between two messages: without it they are glued together. So codex-acp's messages get the
 * ids that it does not give.
 *
 * Seen: codex-acp 0.16.0; the exchange is recorded.
 */
export class UsageEndsMessage {
  readonly #life = randomUUID().slice(0, 8);
  #count = 0;
  #kind: unknown;
  #applies = false;

  /** @param hello the agent's answer to `initialize`. */
  constructor(hello: JsonObject) {
    const info = hello['agentInfo'];
    this.#applies = isObject(info) && info['name'] === 'codex-acp';
  }

  /** The update as it is to be logged. */
  read(update: JsonObject): JsonObject {
    const { sessionUpdate: kind, messageId } = update;
    if (!this.#applies || (messageId !== undefined && messageId !== null)) return update;
    if (!CHUNKS.has(kind)) {
      if (kind === 'usage_update') this.#kind = undefined;
      return update;
    }
    if (this.#kind !== kind) this.#count++;
    this.#kind = kind;
    return { ...update, messageId: `${this.#life}-${this.#count}` };
  }
}
