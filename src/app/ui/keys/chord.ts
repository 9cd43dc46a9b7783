/**
 * Keys as text: `Mod+K` (Ctrl, on Apple's machines Command), `Alt+1`, `Alt+Shift+ArrowUp`, `?`, and
 * sequences with a space, `g n`. With Alt or Mod the key is named by its place on the keyboard, because
 * Alt types other characters on a Mac and on many layouts; without, by the character that it types.
 */

export const isApple = (): boolean => /Mac|iPhone|iPad/.test(navigator.platform);

const MODIFIERS = new Set(['Control', 'Shift', 'Alt', 'Meta', 'AltGraph', 'CapsLock', 'Dead']);

const CODE_NAMES: Record<string, string> = {
  BracketLeft: '[',
  BracketRight: ']',
  Period: '.',
  Comma: ',',
  Slash: '/',
  Semicolon: ';',
  Quote: "'",
  Backquote: '`',
  Minus: '-',
  Equal: '=',
  Backslash: '\\',
};

/** The chord of a key event, or `undefined` for one that is none: a modifier alone, AltGr, an input method at work. */
export function chordOf(event: KeyboardEvent): string | undefined {
  if (event.isComposing || event.getModifierState('AltGraph')) return undefined;
  const mod = isApple() ? event.metaKey : event.ctrlKey;
  const foreign = isApple() ? event.ctrlKey : event.metaKey;
  if (foreign) return undefined;
  if (!event.altKey && !mod) {
    if (MODIFIERS.has(event.key)) return undefined;
    // A printed character says by itself whether Shift was held; a named key does not.
    return event.shiftKey && event.key.length > 1 ? `Shift+${event.key}` : event.key;
  }
  const key = nameOfCode(event.code) ?? event.key;
  if (MODIFIERS.has(key) || !key) return undefined;
  return [mod && 'Mod', event.altKey && 'Alt', event.shiftKey && 'Shift', key]
    .filter(Boolean)
    .join('+');
}

function nameOfCode(code: string): string | undefined {
  if (/^Key[A-Z]$/.test(code)) return code.slice(3);
  if (/^(Digit|Numpad)[0-9]$/.test(code)) return code.slice(-1);
  if (/^(Alt|Control|Shift|Meta)(Left|Right)$/.test(code)) return 'Alt';
  return CODE_NAMES[code] ?? (code || undefined);
}

/** Keys that typing in a text field must keep: everything without Alt or Mod. */
export const typesText = (chord: string): boolean => !/^(Mod|Alt)\+/.test(chord);
