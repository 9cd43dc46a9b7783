import type { ContentBlock } from '../../../../core/acp.ts';
import { messagePart } from './bidi-quirks.ts';

/** What goes along with each prompt at most: the newest messages, and characters of them. */
const MAX_MESSAGES = 100;
const MAX_CHARACTERS = 1_000_000;

interface Message {
  readonly id: string;
  readonly role: 'user' | 'assistant';
  readonly parts: readonly object[];
  readonly size: number;
}

/** The conversation as this model's servers want to be told it: all of it, with every prompt. */
export class SentConversation {
  #messages: Message[] = [];

  asked(id: string, prompt: readonly ContentBlock[]): void {
    this.#add(id, 'user', prompt.map(messagePart));
  }

  answered(id: string, text: string): void {
    if (text !== '') this.#add(id, 'assistant', [{ type: 'text', text }]);
  }

  /** The last one was not sent after all. */
  takeBack(): void {
    this.#messages.pop();
  }

  toJSON(): object[] {
    return this.#messages.map(({ id, role, parts }) => ({ id, role, parts }));
  }

  #add(id: string, role: Message['role'], parts: object[]): void {
    this.#messages.push({ id, role, parts, size: JSON.stringify(parts).length });
    let size = this.#messages.reduce((sum, message) => sum + message.size, 0);
    // The oldest give way; the newest goes out, however large.
    while (
      this.#messages.length > 1 &&
      (this.#messages.length > MAX_MESSAGES || size > MAX_CHARACTERS)
    ) {
      size -= this.#messages.shift()!.size;
    }
  }
}
