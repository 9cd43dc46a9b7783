export const DIGITS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const;
export type DigitCommand = `session.${(typeof DIGITS)[number]}`;

export type CommandId =
  | DigitCommand
  | 'session.new'
  | 'session.next'
  | 'session.previous'
  | 'session.attention'
  | 'session.search'
  | 'session.list'
  | 'session.compose'
  | 'session.cancel'
  | 'session.rename'
  | 'session.unread'
  | 'session.connect'
  | 'session.disconnect'
  | 'session.up'
  | 'session.down'
  | 'session.end'
  | 'session.inspect'
  | 'app.palette'
  | 'app.help'
  | 'app.settings'
  | 'app.endpoints'
  | 'endpoint.add'
  | 'theme.auto'
  | 'theme.light'
  | 'theme.dark';

const digits = Object.fromEntries(
  DIGITS.map((digit) => [`session.${digit}`, `Alt+${digit % 10} | g ${digit % 10}`]),
) as Record<DigitCommand, string>;

/**
 * The key of every command by default; empty where only the palette has it. The key controller, and all that is
 * said of keys, are made from this list (R35). Keys are written as in `keys/chord.ts`; alternatives are separated by
 * ` | `. Nothing here is a key that browsers keep for themselves; because some take Alt+digits, each of those has a
 * leader sequence (`g`, then the digit) as well.
 */
export const DEFAULT_KEYS: Readonly<Record<CommandId, string>> = {
  'session.new': 'Alt+N | g n',
  'session.attention': 'Alt+A | n',
  'session.previous': 'Alt+[ | Alt+ArrowUp',
  'session.next': 'Alt+] | Alt+ArrowDown',
  ...digits,
  'session.search': 'g s',
  'session.list': 'g l',
  'session.compose': '/',
  'session.cancel': 'Alt+.',
  'session.rename': 'g r',
  'session.unread': 'g u',
  'session.connect': 'g c',
  'session.disconnect': '',
  'session.up': 'Alt+Shift+ArrowUp',
  'session.down': 'Alt+Shift+ArrowDown',
  'session.end': 'g e',
  'session.inspect': 'g i',
  'app.palette': 'Mod+K',
  'app.help': '?',
  'app.settings': 'g ,',
  'app.endpoints': 'g p',
  'endpoint.add': '',
  'theme.auto': '',
  'theme.light': '',
  'theme.dark': '',
};

export const COMMAND_IDS = Object.keys(DEFAULT_KEYS) as CommandId[];

/** A command's keys with the reader's own bindings laid over the defaults. */
export const boundKeys = (id: CommandId, own: Readonly<Record<string, string>>): string[] =>
  (own[id] ?? DEFAULT_KEYS[id]).split(' | ').filter(Boolean);
