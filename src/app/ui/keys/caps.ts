import { isApple } from './chord.ts';

const GLYPHS: Record<string, string> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  ' ': 'Space',
};

/** For the reader: the keys of a sequence, each a list of caps. `Alt+Shift+ArrowUp` → `[['Alt', 'Shift', '↑']]`. */
export function capsOf(keys: string): string[][] {
  const apple = isApple();
  return keys.split(' ').map((chord) =>
    chord.split(/\+(?=.)/).map((part) => {
      if (part === 'Mod') return apple ? '⌘' : 'Ctrl';
      if (part === 'Alt') return apple ? '⌥' : 'Alt';
      if (part === 'Shift') return apple ? '⇧' : 'Shift';
      return GLYPHS[part] ?? part;
    }),
  );
}
