import { push, touch, type Change } from './change.ts';
import type { SessionEvent, ToolPatch } from './event.ts';
import { closeMessages } from './messages.ts';
import type { NoticeItem, Transcript } from './transcript.ts';

/** Items that are looked through for a call that shows the file already. */
const LOOK_BACK = 16;
/** Names in one note, and files that it counts. */
const NAMED = 3;
const MAX_COUNTED = 1_000;

type FileEvent = Extract<SessionEvent, { type: 'file' }>;

/**
 * A file that the agent wrote through the gateway is told in one line, unless a tool call next to it names it.
 * Files written one after the other share the line. What was read is not told: it changed nothing.
 */
export function applyFile(
  state: Transcript,
  { path, detail }: FileEvent,
  n: number,
  at: number,
  change: Change,
): void {
  if (detail['op'] !== 'write' || isShown(state, path)) return;
  const failed = detail['error'] !== undefined;
  const before = state.items.at(-1);
  if (!failed && before?.kind === 'notice' && before.files) {
    if (before.files.has(path) || before.files.size >= MAX_COUNTED) return;
    before.files.add(path);
    before.text = wrote(before.files);
    touch(before, change);
    return;
  }
  closeMessages(state, change);
  const files = new Set([path]);
  push<NoticeItem>(state, change, {
    kind: 'notice',
    id: `f:${n}`,
    n,
    at,
    rev: 0,
    level: failed ? 'warning' : 'info',
    text: failed ? `${path} could not be written: ${String(detail['error'])}` : wrote(files),
    ...(!failed && { files }),
  });
}

/** Agents may write before they report the call, or after: only what is near is looked at. */
function isShown({ items }: Transcript, path: string): boolean {
  for (let i = items.length - 1; i >= Math.max(0, items.length - LOOK_BACK); i--) {
    const item = items[i]!;
    if (item.kind === 'tool' && names(item.call, path)) return true;
    if (item.kind === 'message' && item.role === 'user') return false;
  }
  return false;
}

function names({ locations, content }: ToolPatch, path: string): boolean {
  if (locations?.some((location) => location.path === path)) return true;
  return content?.some((part) => part.type === 'diff' && part.path === path) ?? false;
}

function wrote(files: ReadonlySet<string>): string {
  const named: string[] = [];
  for (const file of files) {
    if (named.push(lastName(file)) === NAMED) break;
  }
  // One stands there with its whole path; of several the names are enough.
  if (files.size === 1) return `Wrote ${[...files][0]}`;
  const more = files.size - named.length;
  return `Wrote ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

const lastName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
