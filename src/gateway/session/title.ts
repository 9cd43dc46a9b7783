import type { ContentBlock } from '../../core/acp.ts';
import { TITLE_LENGTH, titleOf } from '../../core/session/title.ts';
import { oneLine } from '../../core/text/sanitise.ts';

export type TitleGiver = 'nobody' | 'agent' | 'user';

/** A session's title and who gave it: the user's stands for good, the agent's over a made-up one. */
export class Title {
  #text: string;
  #by: TitleGiver;

  constructor(text: string, by: TitleGiver) {
    this.#text = text;
    this.#by = by;
  }

  get by(): TitleGiver {
    return this.#by;
  }

  get text(): string {
    return this.#text;
  }

  byUser(title: string): void {
    this.#text = title;
    this.#by = 'user';
  }

  /** The first prompt names a session that nobody has named. @returns whether it changed. */
  byPrompt(prompt: readonly ContentBlock[]): boolean {
    if (this.#by !== 'nobody') return false;
    const title = titleOf(prompt);
    if (title === undefined) return false;
    this.#text = title;
    this.#by = 'agent';
    return true;
  }

  /** @returns what the agent's wish led to: `insist` when the user's own title must be said again. */
  byAgent(wish: unknown): 'changed' | 'insist' | 'same' {
    const title = typeof wish === 'string' ? oneLine(wish, TITLE_LENGTH) : '';
    if (title === '' || title === this.#text) return 'same';
    if (this.#by === 'user') return 'insist';
    this.#by = 'agent';
    this.#text = title;
    return 'changed';
  }
}
