import { oneLine } from '../text/sanitise.ts';
import { push, touch, type Change } from './change.ts';
import type { SessionEvent } from './event.ts';
import { countUnread, type MessageItem, type Transcript } from './transcript.ts';

export const PREVIEW_LENGTH = 120;
const MIN_PREVIEW = 24;
/** What of a message's end a preview is made of. */
const TAIL_LENGTH = PREVIEW_LENGTH * 2;

type Chunk = Extract<SessionEvent, { type: 'chunk' }>;

/** A chunk goes to the message that it belongs to, or begins one; its cost does not grow with either. */
export function applyChunk(
  state: Transcript,
  event: Chunk,
  n: number,
  at: number,
  change: Change,
): void {
  const message =
    resumed(state, event, change) ?? ongoing(state, event) ?? begin(state, event, n, at, change);
  if (event.content.type === 'text') append(message, event.content.text);
  else message.blocks.push(event.content);
  touch(message, change);
  if (event.role !== 'thought') {
    state.speaking = message;
    change.preview = true;
  }
}

/** The end is kept beside the text: to cut it off a text that has just grown, engines copy all of it. */
function append(message: MessageItem, text: string): void {
  message.tail = ((message.tail ?? tailOf(message.text)) + text).slice(-TAIL_LENGTH);
  message.text += text;
}

const tailOf = (text: string): string => text.slice(-TAIL_LENGTH);

/** Another message came between, but both are answers of one turn and grow side by side. */
function resumed(state: Transcript, event: Chunk, change: Change): MessageItem | undefined {
  if (event.messageId === undefined) return undefined;
  const message = state.growing.get(event.messageId);
  if (!message || message === state.open) return undefined;
  if (message.role !== event.role || message.key !== event.key) return undefined;
  state.interleaved = true;
  leaveOpen(state, change);
  if (message.role !== 'user') message.live = true;
  state.open = message;
  return message;
}

/** Without ids a message ends where another kind of event begins; with them, where the id changes. */
function ongoing({ open }: Transcript, event: Chunk): MessageItem | undefined {
  const same =
    open !== undefined &&
    open.role === event.role &&
    (event.messageId === undefined ||
      open.messageId === undefined ||
      open.messageId === event.messageId) &&
    open.key === event.key;
  return same ? open : undefined;
}

function begin(
  state: Transcript,
  event: Chunk,
  n: number,
  at: number,
  change: Change,
): MessageItem {
  const { role, messageId, key } = event;
  leaveOpen(state, change);
  const message = push<MessageItem>(state, change, {
    kind: 'message',
    id: `m:${n}`,
    n,
    at,
    rev: 0,
    role,
    text: '',
    blocks: [],
    // What comes after its turn, or as replayed history, is shown but is not under way (R54).
    live: role !== 'user' && state.turn !== 'idle',
    messageId,
    key,
  });
  state.open = message;
  if (messageId !== undefined && state.turn !== 'idle') {
    // Agents think and speak under one id: what they say next stands below what they thought.
    const before = state.growing.get(messageId);
    if (before) leave(before, change);
    state.growing.set(messageId, message);
  }
  if (role === 'assistant') countUnread(state, n);
  if (message.live) state.activity = role === 'thought' ? 'Thinking' : 'Answering';
  return message;
}

/** Nothing that grows now grows on: something else stands after it. */
export function closeMessages(state: Transcript, change: Change): void {
  if (state.open) leave(state.open, change);
  state.open = undefined;
  if (state.growing.size === 0) return;
  for (const message of state.growing.values()) leave(message, change);
  state.growing.clear();
}

/** The messages of one request grow no more, and what has no id either: only the others' may go on. */
export function finishMessage(state: Transcript, messageId: string, change: Change): void {
  const { open } = state;
  if (open && (open.messageId === undefined || open.messageId === messageId)) {
    leave(open, change);
    state.open = undefined;
  }
  const message = state.growing.get(messageId);
  if (message) leave(message, change);
  state.growing.delete(messageId);
}

/** The message stays in its place, empty and marked: what was read cannot be unread, but it counts no more (R45). */
export function retract(state: Transcript, messageId: string, change: Change): void {
  finishMessage(state, messageId, change);
  // From the end: what is taken back was said just now.
  let index = state.items.length - 1;
  for (; index >= 0; index--) {
    const item = state.items[index]!;
    if (item.kind === 'turn-end') break;
    if (item.kind !== 'message' || item.messageId !== messageId || item.role === 'user') continue;
    item.text = '';
    item.tail = undefined;
    item.blocks.length = 0;
    item.retracted = true;
    touch(item, change);
    const counted = state.countable.lastIndexOf(item.n);
    if (counted >= 0) state.countable.splice(counted, 1);
  }
  const { past } = state;
  if (past && index < 0 && !past.turnEnd) past.needed = state.lastN;
  const last = state.items.findLast(
    (item) => item.kind === 'message' && item.role !== 'thought' && !item.retracted,
  );
  state.preview = past?.preview ?? '';
  state.speaking = last as MessageItem | undefined;
  change.summary = true;
}

/** Another message begins or goes on. Seen alone that ends the open one; side by side it does not. */
function leaveOpen(state: Transcript, change: Change): void {
  const { open } = state;
  if (!open) return;
  const grows = open.messageId !== undefined && state.growing.get(open.messageId) === open;
  if (!state.interleaved || !grows) leave(open, change);
}

function leave(message: MessageItem, change: Change): void {
  if (!message.live) return;
  message.live = false;
  touch(message, change);
}

/** As {@link Transcript.preview}, made when it is looked at: tokens come far more often. */
export function previewIn(state: Transcript): string {
  if (state.speaking) state.preview = previewOf(state.speaking);
  state.speaking = undefined;
  return state.preview;
}

/** The last sentence; with the line before it while there is hardly anything of it, so that rows do not flicker. */
export function previewOf(message: MessageItem): string {
  const lines = (message.tail ?? tailOf(message.text))
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
