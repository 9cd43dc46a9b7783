import type { Command } from './command.ts';

export interface Understood {
  command: Command;
  argument: string;
}

/** Plain words that mean a command. Narrow on purpose: guessing wrong is worse than saying “no”. */
const PLAIN: readonly [RegExp, string][] = [
  [/^(?:help|hi|hello|hey|\?)[.!?]*$/i, 'help'],
  [/^(?:list|ls|dir)(?:\s+(?:the\s+)?(?:files|everything))?[.!?]*$/i, 'ls'],
  [/^(?:list|ls|dir)\s+(?:files\s+in\s+)?(?<argument>"[^"]+"|'[^']+'|\S+)$/i, 'ls'],
  [/^(?:read|show|open|cat)\s+(?:me\s+)?(?<argument>"[^"]+"|'[^']+'|\S+)$/i, 'read'],
  [/^(?:search|find|grep)\s+(?:for\s+)?(?<argument>\S[^\n]*)$/i, 'search'],
  [/^(?:diff|changes|what(?:'s| has| is)? changed)[.!?]*$/i, 'diff'],
  [/^(?:run|execute)\s+(?<argument>\S[^\n]*)$/i, 'run'],
];

/** The command that a prompt means: `/name …`, or a few plain words; `undefined` for anything else. */
export function understand(prompt: string, commands: readonly Command[]): Understood | undefined {
  const text = prompt.trim();
  const slash = /^\/([A-Za-z]+)(?=\s|$)([^]*)$/.exec(text);
  if (slash) {
    const command = commands.find(({ name }) => name === slash[1]!.toLowerCase());
    return command && { command, argument: slash[2]!.trim() };
  }
  for (const [pattern, name] of PLAIN) {
    const match = pattern.exec(text);
    const command = match && commands.find((command) => command.name === name);
    if (command) return { command, argument: match.groups?.['argument']?.trim() ?? '' };
  }
  return undefined;
}
