import { setImmediate } from 'node:timers/promises';
import { ApertureError } from '../../../core/errors.ts';
import type { Command } from '../command.ts';
import { proseBlocks, tokens } from '../prose.ts';
import { pause } from '../turn.ts';

export const MAX_PARAGRAPHS = 2_000;
const DEFAULT_PARAGRAPHS = 20;
const DEFAULT_MS = 8;
const MAX_MS = 10_000;
/** How far behind its schedule a stream may catch up in one go, ms; what is more is lost to a pause of the machine. */
const MAX_CATCH_UP_MS = 100;

export const stream: Command = {
  name: 'stream',
  description: 'Stream a long markdown answer, to try things out',
  hint: '[paragraphs, 1–2000] [ms between pieces]',
  async run(turn, argument) {
    const [count = DEFAULT_PARAGRAPHS, ms = DEFAULT_MS] = parseNumbers(argument);
    let due = performance.now();
    let sinceYield = 0;
    for (const token of tokens(proseBlocks(count))) {
      turn.signal.throwIfAborted();
      await turn.say(token);
      due = Math.max(due + ms, performance.now() - MAX_CATCH_UP_MS);
      const wait = due - performance.now();
      if (wait >= 1) await pause(wait, turn.signal);
      // A cancel can only be read when the loop lets go.
      else if (++sinceYield % 16 === 0) await setImmediate();
    }
  },
};

function parseNumbers(argument: string): number[] {
  const words = argument.split(/\s+/).filter(Boolean);
  const numbers = words.map(Number);
  const [count = 1, ms = 0] = numbers;
  const good =
    numbers.length <= 2 &&
    Number.isInteger(count) &&
    count >= 1 &&
    count <= MAX_PARAGRAPHS &&
    ms >= 0 &&
    ms <= MAX_MS;
  if (!good) {
    throw new ApertureError(
      'bad_command',
      `That takes a number of paragraphs (1 to ${MAX_PARAGRAPHS}) and, if you like, the milliseconds ` +
        `between pieces (0 to ${MAX_MS}). Example: \`/stream 20 8\`.`,
    );
  }
  return numbers;
}
