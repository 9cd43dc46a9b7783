import type { Command } from '../command.ts';
import { code } from '../markdown.ts';
import type { Turn } from '../turn.ts';

/** Made from the table itself, so that it cannot forget a command. */
export function makeHelp(all: () => readonly Command[]): Command {
  return {
    name: 'help',
    description: 'What can be done here',
    async run(turn) {
      const rows = all().map(
        ({ name, hint, description }) =>
          `| ${code(`/${name}${hint ? ` ${hint}` : ''}`)} | ${description} |`,
      );
      await turn.say(
        `I am the built-in workspace agent: no language model, a set of tools for ${code(turn.root)}.\n\n` +
          `| Command | What it does |\n| --- | --- |\n${rows.join('\n')}\n\n` +
          `Paths are relative to that directory, and nothing outside it is touched. ` +
          `Programs run by argument vector, without a shell. ` +
          `“list src”, “read README.md”, “search TODO” and “run npm test” are understood too.\n\n${ADD_A_MODEL}`,
      );
    },
  };
}

const ADD_A_MODEL =
  'To talk to a language model, start a session with another agent: install one that speaks the ' +
  'Agent Client Protocol (`claude-agent-acp`, `codex-acp`, `gemini` …) and it appears in “New session”, ' +
  'or name your own in a file for `--config`.\n';

/** The answer to everything that is no command. */
export function greet(turn: Turn): Promise<void> {
  return turn.say(
    `I am no language model, so I cannot answer that. I can work in ${code(turn.root)}: ` +
      `\`/ls\`, \`/read\`, \`/search\`, \`/diff\`, \`/write\`, \`/run\`, \`/plan\`, and \`/stream 20\` ` +
      `for a long answer to look at. \`/help\` explains them.\n\n${ADD_A_MODEL}`,
  );
}
