import { isObject, type JsonObject } from '../json.ts';
import { touch, type Change } from './change.ts';
import type { SessionEvent, ToolPatch } from './event.ts';
import type { ToolItem, Transcript } from './transcript.ts';

/** Of one terminal's output at least this much is kept, the newest, and never twice as much (UTF-16 units). */
export const TERMINAL_TEXT = 64 * 1024;
/** Terminals whose output is kept; of older ones the oldest that has ended goes first, or the oldest. */
export const MAX_TERMINALS = 64;
/** Tool calls that follow one terminal; more than the newest of them show it as it was. */
const MAX_SHOWN_BY = 8;
const MAX_COMMAND = 4_096;

/** A terminal that the agent has from the gateway. Its text is the command's own: not cleaned (R68). */
export interface TerminalOutput {
  /** Program and arguments with spaces between; empty when its start was not seen. */
  command: string;
  /** The newest output. */
  text: string;
  /** How much was dropped before `text` (UTF-16 units). */
  dropped: number;
  /** The log has no more of its output than this. */
  cut: boolean;
  /** Undefined while it runs. `gone`: it ended with its agent, nobody knows how. */
  end: { exitCode: number | undefined; signal: string | undefined; gone?: true } | undefined;
}

type News = Extract<SessionEvent, { type: 'terminal' }>;

/** What becomes of a terminal; the cost of a piece of output does not grow with what came before it. */
export function applyTerminal(state: Transcript, { id, detail }: News, change: Change): void {
  const { past } = state;
  if (past?.terminals.has(id)) {
    past.needed = state.lastN;
    return;
  }
  const terminal = state.terminals.get(id) ?? begin(state, id, change);
  switch (detail['state']) {
    case 'started':
      terminal.command = commandLine(detail);
      break;
    case 'output':
      if (typeof detail['text'] === 'string') append(terminal, detail['text']);
      break;
    case 'truncated':
      terminal.cut = true;
      break;
    case 'exited': {
      const { exitCode, signal } = detail;
      terminal.end = {
        exitCode: typeof exitCode === 'number' ? exitCode : undefined,
        signal: typeof signal === 'string' ? signal : undefined,
      };
      break;
    }
    case 'released':
      terminal.end ??= { exitCode: undefined, signal: undefined, gone: true };
      break;
    default:
      return;
  }
  touchShowing(state, id, change);
}

/** The agent is gone, and all that it had running with it: nothing more is said of them. */
export function endTerminals(state: Transcript, change: Change): void {
  for (const [id, terminal] of state.terminals) {
    if (terminal.end) continue;
    terminal.end = { exitCode: undefined, signal: undefined, gone: true };
    touchShowing(state, id, change);
  }
}

/** Notes which terminals this call shows, so that their output is drawn as it comes. */
export function showTerminals(state: Transcript, item: ToolItem, patch: ToolPatch): void {
  for (const part of (patch.content ?? []) as unknown[]) {
    if (!isObject(part) || part['type'] !== 'terminal') continue;
    const id = part['terminalId'];
    if (typeof id !== 'string') continue;
    showOn(state, id, item);
    if (state.past?.terminals.has(id)) state.past.needed = state.lastN;
  }
}

export function showOn({ shownBy }: Transcript, id: string, item: ToolItem): void {
  const showing = shownBy.get(id) ?? [];
  if (showing.includes(item)) return;
  showing.push(item);
  if (showing.length > MAX_SHOWN_BY) showing.shift();
  shownBy.set(id, showing);
}

function begin(state: Transcript, id: string, change: Change): TerminalOutput {
  const { terminals } = state;
  if (terminals.size >= MAX_TERMINALS) {
    let oldest: string | undefined;
    for (const [each, { end }] of terminals) {
      oldest ??= each;
      if (!end) continue;
      oldest = each;
      break;
    }
    terminals.delete(oldest!);
    touchShowing(state, oldest!, change);
  }
  const terminal: TerminalOutput = {
    command: '',
    text: '',
    dropped: 0,
    cut: false,
    end: undefined,
  };
  terminals.set(id, terminal);
  return terminal;
}

function append(terminal: TerminalOutput, piece: string): void {
  terminal.text += piece;
  const { length } = terminal.text;
  // Not at every piece: a cut copies what is left.
  if (length < 2 * TERMINAL_TEXT) return;
  terminal.dropped += length - TERMINAL_TEXT;
  terminal.text = terminal.text.slice(-TERMINAL_TEXT);
}

function touchShowing(state: Transcript, id: string, change: Change): void {
  for (const item of state.shownBy.get(id) ?? []) touch(item, change);
}

function commandLine({ command, args }: JsonObject): string {
  const words = [command, ...(Array.isArray(args) ? args : [])];
  const line = words.filter((word) => typeof word === 'string').join(' ');
  return line.length > MAX_COMMAND ? `${line.slice(0, MAX_COMMAND)}…` : line;
}
