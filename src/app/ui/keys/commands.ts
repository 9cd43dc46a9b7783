/**
 * Every command that a key can have, as data: the key controller, the help overlay, the palette and
 * the settings are all made from this list (R35). Keys are written as in `keys/chord.ts`; alternatives
 * are separated by ` | `. Nothing here is a key that browsers keep for themselves; because some take
 * Alt+digits, each of those has a leader sequence (`g`, then the digit) as well.
 */
export interface Command {
  readonly id: CommandId;
  readonly label: string;
  readonly group: 'Sessions' | 'This session' | 'Page';
  /** The default. Empty: reachable by the palette only. */
  readonly keys: string;
  /** Needs a viewed session. */
  readonly needsSession?: boolean;
  /** Not in the palette, or folded into one line of the help. */
  readonly digit?: number;
}

const DIGITS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const;
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

export const COMMANDS: readonly Command[] = [
  { id: 'session.new', label: 'New session', group: 'Sessions', keys: 'Alt+N | g n' },
  {
    id: 'session.attention',
    label: 'Next session that needs you',
    group: 'Sessions',
    keys: 'Alt+A | n',
  },
  {
    id: 'session.previous',
    label: 'Previous session',
    group: 'Sessions',
    keys: 'Alt+[ | Alt+ArrowUp',
  },
  { id: 'session.next', label: 'Next session', group: 'Sessions', keys: 'Alt+] | Alt+ArrowDown' },
  ...DIGITS.map((digit): Command => ({
    id: `session.${digit}`,
    label: `Session ${digit}`,
    group: 'Sessions',
    keys: `Alt+${digit % 10} | g ${digit % 10}`,
    digit,
  })),
  { id: 'session.search', label: 'Search sessions', group: 'Sessions', keys: 'g s' },
  { id: 'session.list', label: 'Show the list of sessions', group: 'Sessions', keys: 'g l' },
  {
    id: 'session.compose',
    label: 'Write a message',
    group: 'This session',
    keys: '/',
    needsSession: true,
  },
  {
    id: 'session.cancel',
    label: 'Stop the running turn',
    group: 'This session',
    keys: 'Alt+.',
    needsSession: true,
  },
  {
    id: 'session.rename',
    label: 'Rename session',
    group: 'This session',
    keys: 'g r',
    needsSession: true,
  },
  {
    id: 'session.unread',
    label: 'Mark session unread',
    group: 'This session',
    keys: 'g u',
    needsSession: true,
  },
  {
    id: 'session.connect',
    label: 'Connect session now',
    group: 'This session',
    keys: 'g c',
    needsSession: true,
  },
  {
    id: 'session.disconnect',
    label: 'Disconnect session',
    group: 'This session',
    keys: '',
    needsSession: true,
  },
  {
    id: 'session.up',
    label: 'Move session up',
    group: 'This session',
    keys: 'Alt+Shift+ArrowUp',
    needsSession: true,
  },
  {
    id: 'session.down',
    label: 'Move session down',
    group: 'This session',
    keys: 'Alt+Shift+ArrowDown',
    needsSession: true,
  },
  {
    id: 'session.end',
    label: 'End session',
    group: 'This session',
    keys: 'g e',
    needsSession: true,
  },
  {
    id: 'session.inspect',
    label: 'Connection details',
    group: 'This session',
    keys: 'g i',
    needsSession: true,
  },
  { id: 'app.palette', label: 'Command palette', group: 'Page', keys: 'Mod+K' },
  { id: 'app.help', label: 'Keyboard help', group: 'Page', keys: '?' },
  { id: 'app.settings', label: 'Settings', group: 'Page', keys: 'g ,' },
  { id: 'app.endpoints', label: 'Endpoints', group: 'Page', keys: 'g p' },
  { id: 'endpoint.add', label: 'Add endpoint', group: 'Page', keys: '' },
  { id: 'theme.auto', label: 'Theme: follow the system', group: 'Page', keys: '' },
  { id: 'theme.light', label: 'Theme: light', group: 'Page', keys: '' },
  { id: 'theme.dark', label: 'Theme: dark', group: 'Page', keys: '' },
];

/** What a command's keys are with the reader's own bindings laid over the defaults. */
export function keysOf(command: Command, own: Readonly<Record<string, string>>): string[] {
  const keys = own[command.id] ?? command.keys;
  return keys.split(' | ').filter(Boolean);
}
