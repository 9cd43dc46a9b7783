import { boundKeys, DEFAULT_KEYS, DIGITS, type CommandId } from './bindings.ts';

/** Every command that a key can have, as data: the help overlay, the palette and the settings are made from it (R35). */
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

const ALL: readonly Omit<Command, 'keys'>[] = [
  { id: 'session.new', label: 'New session', group: 'Sessions' },
  {
    id: 'session.attention',
    label: 'Next session that needs you',
    group: 'Sessions',
  },
  {
    id: 'session.previous',
    label: 'Previous session',
    group: 'Sessions',
  },
  { id: 'session.next', label: 'Next session', group: 'Sessions' },
  ...DIGITS.map((digit): Omit<Command, 'keys'> => ({
    id: `session.${digit}`,
    label: `Session ${digit}`,
    group: 'Sessions',
    digit,
  })),
  { id: 'session.search', label: 'Search sessions', group: 'Sessions' },
  { id: 'session.list', label: 'Show the list of sessions', group: 'Sessions' },
  {
    id: 'session.compose',
    label: 'Write a message',
    group: 'This session',
    needsSession: true,
  },
  {
    id: 'session.cancel',
    label: 'Stop the running turn',
    group: 'This session',
    needsSession: true,
  },
  {
    id: 'session.rename',
    label: 'Rename session',
    group: 'This session',
    needsSession: true,
  },
  {
    id: 'session.unread',
    label: 'Mark session unread',
    group: 'This session',
    needsSession: true,
  },
  {
    id: 'session.connect',
    label: 'Connect session now',
    group: 'This session',
    needsSession: true,
  },
  {
    id: 'session.disconnect',
    label: 'Disconnect session',
    group: 'This session',
    needsSession: true,
  },
  {
    id: 'session.up',
    label: 'Move session up',
    group: 'This session',
    needsSession: true,
  },
  {
    id: 'session.down',
    label: 'Move session down',
    group: 'This session',
    needsSession: true,
  },
  {
    id: 'session.end',
    label: 'End session',
    group: 'This session',
    needsSession: true,
  },
  {
    id: 'session.inspect',
    label: 'Connection details',
    group: 'This session',
    needsSession: true,
  },
  { id: 'app.palette', label: 'Command palette', group: 'Page' },
  { id: 'app.help', label: 'Keyboard help', group: 'Page' },
  { id: 'app.settings', label: 'Settings', group: 'Page' },
  { id: 'app.endpoints', label: 'Endpoints', group: 'Page' },
  { id: 'endpoint.add', label: 'Add endpoint', group: 'Page' },
  { id: 'theme.auto', label: 'Theme: follow the system', group: 'Page' },
  { id: 'theme.light', label: 'Theme: light', group: 'Page' },
  { id: 'theme.dark', label: 'Theme: dark', group: 'Page' },
];

export const COMMANDS: readonly Command[] = ALL.map((command) => ({
  ...command,
  keys: DEFAULT_KEYS[command.id],
}));

/** What a command's keys are with the reader's own bindings laid over the defaults. */
export const keysOf = ({ id }: Command, own: Readonly<Record<string, string>>): string[] =>
  boundKeys(id, own);
