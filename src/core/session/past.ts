import type { Change } from './change.ts';
import { touch } from './change.ts';
import { previewIn, previewOf } from './messages.ts';
import { patchTool } from './reduce.ts';
import { MAX_TERMINALS, showOn, type TerminalOutput } from './terminals.ts';
import type { Past, ToolItem, Transcript, TranscriptItem } from './transcript.ts';

/** At least this many items stay: the reducer looks back at the last few (files.ts). */
const MIN_KEPT = 32;

/** How many items `letGo` would take, from the front of `items`. */
export function surplus(state: Transcript, keep: number, from = Number.POSITIVE_INFINITY): number {
  const { items, open, growing } = state;
  let cut = Math.min(items.length - Math.max(keep, MIN_KEPT), from - (state.past?.count ?? 0));
  // What grows stays, and so does everything after it.
  for (const item of open ? [open, ...growing.values()] : growing.values()) {
    const at = items.lastIndexOf(item);
    if (at >= 0) cut = Math.min(cut, at);
  }
  return Math.max(0, cut);
}

/**
 * Drops the oldest items, all but the newest `keep`, and none from the place `from` on (counted from the beginning
 * of the conversation). What the reducer still needs to know of them is in `past`. Whoever calls this has made sure
 * that the log of it is on disk: {@link regain} is how the items come back.
 * @returns how many went.
 */
export function letGo(state: Transcript, keep: number, from?: number): number {
  const cut = surplus(state, keep, from);
  if (cut === 0) return 0;
  const gone = state.items.slice(0, cut);
  const left = state.items.slice(cut);
  // Emptied first: what is cut off an array's front leaves it with room for what is gone.
  state.items.length = 0;
  for (const item of left) state.items.push(item);
  const past = (state.past ??= nothingPast());
  past.count += cut;
  past.turnEnd = gone.at(-1)!.kind === 'turn-end';
  noteWords(past, gone);
  for (const item of gone) {
    if (item === state.plan) past.kept.set(item.id, item);
    if (item.kind === 'approval') {
      if (!item.resolution) past.kept.set(item.id, item);
      else if (state.approvals.delete(item.requestId)) past.approvals.add(item.requestId);
    }
    if (item.kind !== 'tool') continue;
    // One that is under way may still be changed by a turn's end; one that is over only by its own reports.
    if (state.openTools.has(item)) past.kept.set(item.id, item);
    else if (state.tools.delete(item.call.toolCallId)) past.tools.add(item.call.toolCallId);
  }
  dropTerminals(state, past, new Set<TranscriptItem>(gone));
  return cut;
}

/**
 * Puts what was let go of back to where it was. `full` is the same log, reduced from its start as far as it is on disk,
 * and is used up; the items that `state` has stay the same objects.
 * @returns false if `full` does not reach far enough, or too far, or is of another log: then nothing is changed.
 */
export function regain(state: Transcript, full: Transcript, change: Change): boolean {
  const { past, items } = state;
  if (!past) return true;
  const { count } = past;
  const reaches = full.lastN >= past.needed && full.lastN <= state.lastN;
  if (full.past || !reaches || full.items.length <= count) return false;
  const common = full.items.slice(count, count + items.length);
  if (common.some((item, index) => item.id !== items[index]!.id)) return false;

  const older = full.items.slice(0, count).map((item) => past.kept.get(item.id) ?? item);
  const newer = items.splice(0);
  for (const item of older) items.push(item);
  for (const item of newer) items.push(item);
  state.past = undefined;
  for (const item of older) {
    if (item.kind === 'tool') state.tools.set(item.call.toolCallId, item);
    if (item.kind === 'approval') state.approvals.set(item.requestId, item);
  }
  regainTerminals(state, full);
  for (const { n, at, call } of past.late) {
    const item = state.tools.get(call.toolCallId);
    if (n > full.lastN && item) patchTool(state, item, call, at, change);
  }
  if (past.needed > 0) correct(state, full, change);
  change.structure = true;
  return true;
}

const nothingPast = (): Past => ({
  count: 0,
  tools: new Set(),
  approvals: new Set(),
  terminals: new Set(),
  kept: new Map(),
  late: [],
  needed: 0,
  turnEnd: false,
  prompt: undefined,
  preview: '',
});

function noteWords(past: Past, gone: readonly TranscriptItem[]): void {
  const said = gone.findLast(
    (item) => item.kind === 'message' && item.role !== 'thought' && !item.retracted,
  );
  if (said?.kind === 'message') past.preview = previewOf(said);
  const asked = gone.findLast(
    (item) => item.kind === 'turn-end' || (item.kind === 'message' && item.role === 'user'),
  );
  if (asked) past.prompt = asked.kind === 'message' ? asked.text : undefined;
}

/** Output that only calls show which are gone goes with them, if no more is to come. */
function dropTerminals(state: Transcript, past: Past, gone: ReadonlySet<TranscriptItem>): void {
  for (const [id, showing] of state.shownBy) {
    const left = showing.filter((item) => !gone.has(item) || past.kept.has(item.id));
    if (left.length === showing.length) continue;
    if (left.length > 0) {
      state.shownBy.set(id, left);
      continue;
    }
    state.shownBy.delete(id);
    if (state.terminals.get(id)?.end && state.terminals.delete(id)) past.terminals.add(id);
  }
}

function regainTerminals(state: Transcript, full: Transcript): void {
  const all = new Map<string, TerminalOutput>(full.terminals);
  for (const [id, terminal] of state.terminals) all.set(id, terminal);
  state.terminals.clear();
  // As ever, the newest.
  for (const [id, terminal] of [...all].slice(-MAX_TERMINALS)) state.terminals.set(id, terminal);
  const own = new Map(state.items.map((item) => [item.id, item]));
  const showing = [...state.shownBy];
  state.shownBy.clear();
  for (const [id, items] of [...full.shownBy, ...showing]) {
    for (const { id: name } of items) showOn(state, id, own.get(name) as ToolItem);
  }
}

/** Something came meanwhile that only the whole log can tell. */
function correct(state: Transcript, full: Transcript, change: Change): void {
  const counted = new Set(full.countable);
  const left = state.countable.filter((n) => n > full.lastN || counted.has(n));
  state.countable.length = 0;
  for (const n of left) state.countable.push(n);
  if (full.lastN === state.lastN) {
    state.preview = previewIn(full);
    state.speaking = undefined;
  }
  // A request about a call that was not in memory did not say all that was known of it.
  for (const { requestId, tool } of full.approvals.values()) {
    const own = state.approvals.get(requestId)!;
    Object.assign(own.tool, tool);
    touch(own, change);
  }
  // And the terminals that these show.
  for (const item of state.tools.values()) touch(item, change);
  change.summary = true;
}
