import type { Command } from '../command.ts';
import { pause } from '../turn.ts';

const THOUGHTS = [
  'The user wants to see what a thought looks like. ',
  'A real agent would weigh its options here, ',
  'read a few files, and change its mind once or twice. ',
  'This one has no mind to change, ',
  'so it recites a fixed text in small pieces.',
];

export const think: Command = {
  name: 'think',
  description: 'Show thoughts before an answer, to try them out',
  hint: '[about]',
  async run(turn, argument) {
    const thoughts = argument ? [`About “${argument}”: `, ...THOUGHTS] : THOUGHTS;
    for (const thought of thoughts) {
      await turn.think(thought);
      await pause(60, turn.signal);
    }
    await turn.say('That was a thought, and this is the answer to it.\n');
  },
};
