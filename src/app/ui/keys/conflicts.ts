import type { CommandId } from './bindings.ts';
import { COMMANDS, keysOf, type Command } from './commands.ts';

/** Chords that browsers or systems keep for themselves, so that binding them would be a lie (R35). */
export function isReserved(chord: string): boolean {
  return (
    /^Mod\+([1-9]|[NTWQLRPFSAZXCVJDHUO]|Tab|Shift\+[NTWIJCR])$/.test(chord) ||
    /^(Alt\+(F4|Tab|ArrowLeft|ArrowRight|D|F|E)|F\d+|Tab|Shift\+Tab|Enter|Escape| |Arrow\w+)$/.test(
      chord,
    )
  );
}

/** The commands that share keys with another one, by command id; a sequence also clashes with its own first key. */
export function conflictsOf(own: Readonly<Record<string, string>>): Map<CommandId, Command[]> {
  const bound = COMMANDS.flatMap((command) =>
    keysOf(command, own).map((keys) => ({ command, keys })),
  );
  const found = new Map<CommandId, Command[]>();
  for (const one of bound) {
    const others = bound.filter(
      (other) =>
        other.command !== one.command &&
        (other.keys === one.keys ||
          other.keys.startsWith(`${one.keys} `) ||
          one.keys.startsWith(`${other.keys} `)),
    );
    if (others.length > 0)
      found.set(
        one.command.id,
        others.map((other) => other.command),
      );
  }
  return found;
}
