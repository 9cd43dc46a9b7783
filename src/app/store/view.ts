import type { Change } from '../../core/session/reduce.ts';
import { previewIn } from '../../core/session/messages.ts';
import { unreadAfter } from '../../core/session/transcript.ts';
import type { SessionEntry } from './record.ts';
import type { Attention, TurnView } from './types.ts';

/**
 * Writes what the interface reads of a session's conversation: called inside a batch, at most once a frame.
 *
 * @param seen the reader looks at it now, so nothing in it is unread (R25).
 * @param skewMs how far the gateway's clock is behind this page's.
 */
export function showChange(
  entry: SessionEntry,
  change: Change,
  seen: boolean,
  skewMs: number,
): void {
  const { record, transcript } = entry;
  if (change.structure) record.structure.value++;
  if (change.touched.size > 0) record.touched.value = change.touched;
  if (change.summary) record.details.value++;
  if (change.summary || change.preview) {
    const preview = previewIn(transcript);
    if (preview) record.preview.value = preview;
  }
  if (seen) entry.readN = Math.max(entry.readN, transcript.lastN);
  refresh(entry, skewMs);
}

/** Derives status, unread count and attention anew; cheap, and safe to call whenever anything may differ. */
export function refresh(entry: SessionEntry, skewMs: number): void {
  const { record, transcript } = entry;
  const summary = record.summary.peek();
  const over = record.connection.peek().status === 'ended';
  // Whichever of the two was written later knows better: the log as read, or what the gateway last said.
  const current = transcript.lastN > summary.head;
  const state = over ? 'idle' : current ? transcript.turn : summary.turn;
  const begun = current ? transcript.turnStartedAt : summary.turnStartedAt;
  const startedAt = state === 'idle' || begun === undefined ? undefined : begun + skewMs;
  setTurn(entry, { state, startedAt });
  const behind = transcript.lastN < summary.head;
  record.activity.value = state === 'idle' || behind ? '' : transcript.activity;
  if (!record.loading.peek() && transcript.lastN > 0) {
    record.unread.value = unreadAfter(transcript, entry.readN);
  }
  const asking = behind ? summary.pending.length > 0 : transcript.pending.size > 0;
  record.attention.value = attention(entry, asking && !over);
}

function attention(entry: SessionEntry, asking: boolean): Attention | undefined {
  // Viewing does not settle a request; it does settle the rest.
  if (asking) return 'approval';
  if (entry.lastErrorN > entry.readN) return 'error';
  return entry.lastDoneN > entry.readN ? 'done' : undefined;
}

/** A signal compares by identity: an equal value must not wake anyone. */
function setTurn(entry: SessionEntry, next: TurnView): void {
  const { turn } = entry.record;
  const { state, startedAt } = turn.peek();
  if (state !== next.state || startedAt !== next.startedAt) turn.value = next;
}
