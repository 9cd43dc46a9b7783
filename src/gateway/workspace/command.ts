import type { Turn } from './turn.ts';

/** One slash command; what it does stands in a file of its own under commands/. */
export interface Command {
  readonly name: string;
  readonly description: string;
  /** What may follow it; absent when nothing may. */
  readonly hint?: string;
  /**
   * @param argument what was typed after the command, trimmed
   * @throws ApertureError with a sentence for the user; anything else is a defect
   */
  run(turn: Turn, argument: string): Promise<void>;
}
