import type { Command } from '../command.ts';
import { code } from '../markdown.ts';

export const ask: Command = {
  name: 'ask',
  description: 'Ask for a permission and do nothing, to try approvals out',
  hint: '[what to ask]',
  async run(turn, argument) {
    const title = argument || 'A harmless question: nothing will happen';
    const tool = await turn.tool({
      title,
      kind: 'other',
      status: 'pending',
      rawInput: { harmless: true },
    });
    const options = [
      { optionId: 'allow_once', name: 'Allow once', kind: 'allow_once' },
      { optionId: 'allow_always', name: 'Always allow', kind: 'allow_always' },
      { optionId: 'reject_once', name: 'Reject', kind: 'reject_once' },
    ] as const;
    const choice = await turn.permit(tool, [...options]);
    const chosen = options.find((option) => option.optionId === choice);
    const allowed = chosen?.kind.startsWith('allow') ?? false;
    await tool.update({ status: allowed ? 'completed' : 'failed' });
    await turn.say(
      chosen
        ? `You chose **${chosen.name}** for ${code(title)}. Nothing was done.\n`
        : `The question was withdrawn. Nothing was done.\n`,
    );
  },
};
