import { oneLine } from '../text/sanitise.ts';
import type { NumberedEvent, SessionEvent, ToolPatch } from './event.ts';
import type {
  ApprovalItem,
  MessageItem,
  ToolItem,
  Transcript,
  TranscriptItem,
} from './transcript.ts';

const PREVIEW_LENGTH = 120;
const MIN_PREVIEW = 24;

/** What a batch of events changed; filled by {@link applyEvent}, read by whoever draws. */
export interface Change {
  /** Items were added. */
  structure: boolean;
  /** Ids of items that were there before and changed. */
  readonly touched: Set<string>;
  /** Status, preview, activity, commands, usage or title may differ. */
  summary: boolean;
}

export const noChange = (): Change => ({ structure: false, touched: new Set(), summary: false });

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
      if (state.approvals.has(event.id)) return;
      closeMessage(state, change);
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
        }),
      );
      state.pending.add(event.id);
      state.countable.push(n);
      state.activity = 'Waiting for your approval';
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
      closeMessage(state, change);
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
      change.summary = true;
      if (event.state === 'exited' || event.state === 'failed') {
        closeMessage(state, change);
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
      closeMessage(state, change);
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
      closeMessage(state, change);
      endOpenTools(state, at, change);
      // Nothing follows the end, so nobody else will settle these (R58).
      for (const id of state.pending) {
        const resolution = { outcome: 'cancelled', reason: 'The session was ended.' } as const;
        settle(state, state.approvals.get(id)!, resolution, change);
      }
      state.ended = true;
      state.turn = 'idle';
      state.turnStartedAt = undefined;
      state.plan = undefined;
      state.activity = '';
      change.summary = true;
      notice(state, change, n, at, 'info', 'The session was ended.');
      return;
    case 'gap':
      closeMessage(state, change);
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
    case 'retract':
      return retract(state, event.messageId, change);
    case 'raw':
      closeMessage(state, change);
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

function applyChunk(
  state: Transcript,
  event: Extract<SessionEvent, { type: 'chunk' }>,
  n: number,
  at: number,
  change: Change,
): void {
  let open = state.open;
  const same =
    open !== undefined &&
    open.role === event.role &&
    // Without ids a message ends where another kind of event begins; with them, where the id changes.
    (event.messageId === undefined ||
      open.messageId === undefined ||
      open.messageId === event.messageId) &&
    open.key === event.key;
  if (!same) {
    closeMessage(state, change);
    open = push(state, change, {
      kind: 'message',
      id: `m:${n}`,
      n,
      at,
      rev: 0,
      role: event.role,
      text: '',
      blocks: [],
      // What comes after its turn, or as replayed history, is shown but is not under way (R54).
      live: event.role !== 'user' && state.turn !== 'idle',
      messageId: event.messageId,
      key: event.key,
    });
    state.open = open;
    if (event.role === 'assistant') state.countable.push(n);
    if (open.live) state.activity = event.role === 'thought' ? 'Thinking' : 'Answering';
  }
  const message = open as MessageItem;
  if (event.content.type === 'text') message.text += event.content.text;
  else message.blocks.push(event.content);
  touch(message, change);
  if (event.role !== 'thought') {
    // Only the tail is looked at: the cost of a chunk must not grow with its message.
    state.preview = previewOf(message);
    change.summary = true;
  }
}

/** The last sentence; with the line before it while there is hardly anything of it, so that rows do not flicker. */
function previewOf(message: MessageItem): string {
  const tail = message.text.slice(-PREVIEW_LENGTH * 2);
  const lines = tail
    .split('\n')
    .map((line) => line.replace(/^[#>\-*|\s`]+|[*`|]+/g, '').trim())
    .filter((line) => line !== '');
  const last = lines.at(-1) ?? '';
  const line = last.length < MIN_PREVIEW ? lines.slice(-2).join(' ') : last;
  const sentence = line.lastIndexOf('. ', line.length - MIN_PREVIEW);
  const part = sentence < 0 ? line : line.slice(sentence + 2);
  if (part.length <= PREVIEW_LENGTH) return oneLine(part, PREVIEW_LENGTH);
  // A sentence without an end: its newest words.
  const end = part.slice(-PREVIEW_LENGTH);
  return oneLine(end.slice(end.indexOf(' ') + 1), PREVIEW_LENGTH);
}

function applyTool(
  state: Transcript,
  patch: ToolPatch,
  n: number,
  at: number,
  change: Change,
): void {
  closeMessage(state, change);
  let item = state.tools.get(patch.toolCallId);
  if (item) {
    const { status } = item.call;
    Object.assign(item.call, patch);
    // A call that has ended stays ended; a late report may still add content (R54).
    if (isFinal(status) && !isFinal(patch.status)) item.call.status = status;
    touch(item, change);
  } else {
    item = push<ToolItem>(state, change, {
      kind: 'tool',
      id: `t:${n}`,
      n,
      at,
      rev: 0,
      call: { ...patch },
    });
    state.tools.set(patch.toolCallId, item);
    state.openTools.add(item);
  }
  const { status, title } = item.call;
  if (isFinal(status)) {
    item.endedAt ??= at;
    state.openTools.delete(item);
  } else if (state.turn !== 'idle' && item.endedAt === undefined && title) {
    state.activity = oneLine(title, PREVIEW_LENGTH);
  }
  change.summary = true;
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

/** The message stays in its place, empty and marked: what was read cannot be unread, but it counts no more (R45). */
function retract(state: Transcript, messageId: string, change: Change): void {
  // From the end: what is taken back was said just now.
  for (let index = state.items.length - 1; index >= 0; index--) {
    const item = state.items[index]!;
    if (item.kind === 'turn-end') return;
    if (item.kind !== 'message' || item.messageId !== messageId || item.role === 'user') continue;
    item.text = '';
    item.blocks.length = 0;
    item.retracted = true;
    touch(item, change);
  }
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
  closeMessage(state, change);
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

function closeMessage(state: Transcript, change: Change): void {
  const open = state.open;
  if (!open) return;
  state.open = undefined;
  if (open.live) {
    open.live = false;
    touch(open, change);
  }
}

function push<T extends TranscriptItem>(state: Transcript, change: Change, item: T): T {
  state.items.push(item);
  change.structure = true;
  return item;
}

function touch(item: TranscriptItem, change: Change): void {
  item.rev++;
  change.touched.add(item.id);
}
