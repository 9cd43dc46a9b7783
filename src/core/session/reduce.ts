import { oneLine } from '../text/sanitise.ts';
import { noChange, push, touch, type Change } from './change.ts';
import type { NumberedEvent, SessionEvent, ToolPatch } from './event.ts';
import { applyChunk, closeMessages, finishMessage, PREVIEW_LENGTH, retract } from './messages.ts';
import { applyFile } from './files.ts';
import { readOptions } from './settings.ts';
import { applyTerminal, endTerminals, showTerminals } from './terminals.ts';
import {
  countUnread,
  emptyTranscript,
  type ApprovalItem,
  type ToolItem,
  type Transcript,
} from './transcript.ts';

export { noChange, type Change } from './change.ts';

/** Late reports of calls that are not in memory; of more, the log has the older ones. */
const MAX_LATE = 1_000;

/**
 * Applies one event to one session's state (R52). An event whose number is not above `lastN` has been
 * applied before and does nothing (R21, R54).
 */
export function applyEvent(state: Transcript, numbered: NumberedEvent, change: Change): void {
  const { n, at, event } = numbered;
  if (n <= state.lastN || state.ended) return;
  state.lastN = n;
  switch (event.type) {
    case 'chunk':
      return applyChunk(state, event, n, at, change);
    case 'tool':
      return applyTool(state, event.call, n, at, change);
    case 'permission':
      // A request is shown once, however often it is told (R57).
      if (state.approvals.has(event.id) || state.past?.approvals.has(event.id)) return;
      if (state.past?.tools.has(event.tool.toolCallId)) state.past.needed = n;
      closeMessages(state, change);
      state.approvals.set(
        event.id,
        push(state, change, {
          kind: 'approval',
          id: `r:${event.id}`,
          n,
          at,
          rev: 0,
          requestId: event.id,
          tool: { ...state.tools.get(event.tool.toolCallId)?.call, ...event.tool },
          options: event.options,
          ask: event.ask,
        }),
      );
      state.pending.add(event.id);
      countUnread(state, n);
      state.activity = event.ask ? 'Waiting for your answer' : 'Waiting for your approval';
      change.summary = true;
      return;
    case 'resolved': {
      const approval = state.approvals.get(event.id);
      if (!approval || approval.resolution) return;
      const { type: _, id: __, ...resolution } = event;
      settle(state, approval, resolution, change);
      if (state.pending.size === 0) state.activity = state.turn === 'idle' ? '' : 'Working';
      return;
    }
    case 'plan':
      closeMessages(state, change);
      if (state.plan) {
        state.plan.entries = event.entries;
        touch(state.plan, change);
      } else {
        state.plan = push(state, change, {
          kind: 'plan',
          id: `p:${n}`,
          n,
          at,
          rev: 0,
          entries: event.entries,
        });
      }
      return;
    case 'turn':
      return applyTurn(state, event, n, at, change);
    case 'agent':
      state.agentState = event.state;
      if (event.takes) state.takes = event.takes;
      if (event.steers !== undefined) state.steers = event.steers;
      // Whoever says nothing of them may have been taken up again, and have them still.
      if (event.modes) {
        state.modes = event.modes.available;
        state.modeId = event.modes.current;
      }
      if (event.options) state.options = readOptions(event.options);
      change.summary = true;
      if (event.state === 'exited' || event.state === 'failed') {
        closeMessages(state, change);
        endTerminals(state, change);
        notice(
          state,
          change,
          n,
          at,
          event.state === 'failed' ? 'error' : 'info',
          event.message ?? 'The agent has stopped.',
        );
      }
      return;
    case 'error':
      // The failure of one of several requests ends its own message and leaves the others'.
      if (event.key === undefined) closeMessages(state, change);
      else finishMessage(state, event.key, change);
      push(state, change, {
        kind: 'notice',
        id: `e:${n}`,
        n,
        at,
        rev: 0,
        level: 'error',
        text: event.error.message,
        error: event.error,
      });
      return;
    case 'notice':
      return notice(state, change, n, at, event.level, event.text);
    case 'ended':
      closeMessages(state, change);
      endOpenTools(state, at, change);
      endTerminals(state, change);
      // Nothing follows the end, so nobody else will settle these (R58).
      for (const id of state.pending) {
        const resolution = { outcome: 'cancelled', reason: 'The session was ended.' } as const;
        settle(state, state.approvals.get(id)!, resolution, change);
      }
      state.ended = true;
      state.turn = 'idle';
      state.interleaved = false;
      state.turnStartedAt = undefined;
      state.plan = undefined;
      state.activity = '';
      change.summary = true;
      notice(state, change, n, at, 'info', 'The session was ended.');
      return;
    case 'gap':
      closeMessages(state, change);
      push(state, change, {
        kind: 'gap',
        id: `g:${n}`,
        n,
        at,
        rev: 0,
        from: event.from,
        to: event.to,
      });
      return;
    case 'commands':
      state.commands = event.commands;
      change.summary = true;
      return;
    case 'usage':
      state.usage = { used: event.used, size: event.size, cost: event.cost };
      change.summary = true;
      return;
    case 'title':
      state.title = event.title;
      change.summary = true;
      return;
    case 'mode':
      state.modeId = event.modeId;
      change.summary = true;
      return;
    case 'options':
      state.options = readOptions(event.options);
      change.summary = true;
      return;
    case 'file':
      return applyFile(state, event, n, at, change);
    case 'terminal':
      return applyTerminal(state, event, change);
    case 'finished':
      return finishMessage(state, event.messageId, change);
    case 'retract':
      return retract(state, event.messageId, change);
    case 'raw':
      closeMessages(state, change);
      push(state, change, {
        kind: 'raw',
        id: `x:${n}`,
        n,
        at,
        rev: 0,
        method: event.method,
        payload: event.payload,
      });
      return;
  }
}

/** The transcript of a log's end, which begins after a turn; what belongs to something before it is left out. */
export function endOf(events: readonly NumberedEvent[]): Transcript {
  const state = emptyTranscript();
  state.end = true;
  for (const each of events) {
    const { event } = each;
    const later = event.type === 'tool' && event.call.title === undefined;
    if (!later || state.tools.has(event.call.toolCallId)) applyEvent(state, each, noChange());
  }
  return state;
}

function applyTool(
  state: Transcript,
  patch: ToolPatch,
  n: number,
  at: number,
  change: Change,
): void {
  closeMessages(state, change);
  change.summary = true;
  const before = state.items.at(-1);
  const known = state.tools.get(patch.toolCallId);
  if (known) return patchTool(state, known, patch, at, change);
  if (state.past?.tools.has(patch.toolCallId)) {
    const { late } = state.past;
    late.push({ n, at, call: patch });
    if (late.length > MAX_LATE) late.shift();
    return;
  }
  const item = push<ToolItem>(state, change, {
    kind: 'tool',
    id: `t:${n}`,
    n,
    at,
    rev: 0,
    call: { ...patch },
  });
  state.tools.set(patch.toolCallId, item);
  state.openTools.add(item);
  showCall(state, item, patch, at);
  // Its permission need not say any more what it was for.
  if (before?.kind === 'approval' && before.tool.toolCallId === patch.toolCallId) {
    touch(before, change);
  }
}

/** More of a call that was there before. */
export function patchTool(
  state: Transcript,
  item: ToolItem,
  patch: ToolPatch,
  at: number,
  change: Change,
): void {
  const { status } = item.call;
  Object.assign(item.call, patch);
  // A call that has ended stays ended; a late report may still add content (R54).
  if (isFinal(status) && !isFinal(patch.status)) item.call.status = status;
  touch(item, change);
  showCall(state, item, patch, at);
}

function showCall(state: Transcript, item: ToolItem, patch: ToolPatch, at: number): void {
  showTerminals(state, item, patch);
  const { status, title } = item.call;
  if (isFinal(status)) {
    item.endedAt ??= at;
    state.openTools.delete(item);
  } else if (state.turn !== 'idle' && item.endedAt === undefined && title) {
    state.activity = oneLine(title, PREVIEW_LENGTH);
  }
}

const isFinal = (status: ToolPatch['status']): boolean =>
  status === 'completed' || status === 'failed';

/** Calls that were under way when their turn ended will not be heard of again. */
function endOpenTools(state: Transcript, at: number, change: Change): void {
  for (const tool of state.openTools) {
    tool.endedAt = at;
    touch(tool, change);
  }
  state.openTools.clear();
}

function settle(
  state: Transcript,
  approval: ApprovalItem,
  resolution: NonNullable<ApprovalItem['resolution']>,
  change: Change,
): void {
  approval.resolution = resolution;
  state.pending.delete(approval.requestId);
  touch(approval, change);
  change.summary = true;
}

function applyTurn(
  state: Transcript,
  event: Extract<SessionEvent, { type: 'turn' }>,
  n: number,
  at: number,
  change: Change,
): void {
  change.summary = true;
  const wasIdle = state.turn === 'idle';
  state.turn = event.state;
  if (event.state !== 'idle') {
    if (wasIdle) {
      state.turnStartedAt = at;
      state.plan = undefined;
      state.activity = 'Working';
    }
    return;
  }
  closeMessages(state, change);
  state.interleaved = false;
  state.activity = '';
  state.plan = undefined;
  if (wasIdle) return;
  state.lastStop = event.stopReason ?? 'end_turn';
  endOpenTools(state, at, change);
  push(state, change, {
    kind: 'turn-end',
    id: `s:${n}`,
    n,
    at,
    rev: 0,
    stopReason: state.lastStop,
    elapsed: state.turnStartedAt === undefined ? undefined : at - state.turnStartedAt,
  });
  state.turnStartedAt = undefined;
}

function notice(
  state: Transcript,
  change: Change,
  n: number,
  at: number,
  level: 'info' | 'warning' | 'error',
  text: string,
): void {
  push(state, change, { kind: 'notice', id: `e:${n}`, n, at, rev: 0, level, text });
}
