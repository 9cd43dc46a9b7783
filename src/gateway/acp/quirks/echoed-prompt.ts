import { isObject, type JsonObject } from '../../../core/json.ts';

/**
 * Some agents say the prompt back as they begin to work on it (ACP 2 asks them to). The log has it already, from
 * whoever sent it: what repeats it is not shown twice. Anything else in the user's name is.
 *
 * Seen: agents that speak the draft of ACP 2.
 */
export class EchoedPrompt {
  /** What of the running prompt's text has not been said back. */
  #rest = '';

  prompted(prompt: readonly unknown[]): void {
    this.#rest = prompt.map(textOf).join('');
  }

  /** The turn is over. */
  over(): void {
    this.#rest = '';
  }

  isEcho(update: JsonObject): boolean {
    if (update['sessionUpdate'] !== 'user_message_chunk' || this.#rest === '') return false;
    const text = textOf(update['content']);
    // What is no text came with text that is said back too.
    if (text === '') return true;
    if (!this.#rest.startsWith(text)) return false;
    this.#rest = this.#rest.slice(text.length);
    return true;
  }
}

const textOf = (block: unknown): string =>
  isObject(block) && block['type'] === 'text' && typeof block['text'] === 'string'
    ? block['text']
    : '';
