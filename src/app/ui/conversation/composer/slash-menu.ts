import type { AvailableCommand } from '../../../../core/acp.ts';

/** Commands shown at a time; typing narrows them. */
const MAX_SHOWN = 8;

/**
 * The agent's commands that fit what is being typed: those that begin with it, then those that have it in
 * their name. Empty unless `text` is a slash and the beginning of a name, with the caret in it.
 */
export function matchCommands(
  commands: readonly AvailableCommand[],
  text: string,
  caret: number,
): AvailableCommand[] {
  const typed = /^\/(\S*)$/.exec(text.slice(0, caret));
  if (!typed || /^\S/.test(text.slice(caret))) return [];
  const part = typed[1]!.toLowerCase();
  const named = (command: AvailableCommand): number => command.name.toLowerCase().indexOf(part);
  return commands
    .filter((command) => named(command) >= 0)
    .toSorted((a, b) => Math.min(named(a), 1) - Math.min(named(b), 1))
    .slice(0, MAX_SHOWN);
}

/** What choosing a command writes into the composer. */
export const commandText = (command: AvailableCommand): string => `/${command.name} `;
