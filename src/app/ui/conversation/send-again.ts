import type { MessageItem } from '../../../core/session/transcript.ts';
import type { SessionRecord } from '../../store/types.ts';

/** A prompt as the transcript has it. */
export type Asked = Pick<MessageItem, 'text' | 'blocks'>;

/**
 * What the user had asked in the last turn, if that failed or was cut and nothing has followed (R45);
 * subscribes to what it reads.
 */
export function sendableAgain(record: SessionRecord): Asked | undefined {
  void record.structure.value;
  const busy = record.loading.value || record.turn.value.state !== 'idle';
  const ended = record.connection.value.status === 'ended';
  if (busy || ended || record.outbox.value.length > 0) return undefined;
  const { items, past, ended: over } = record.transcript();
  let at = items.length - 1;
  // That the agent stopped is told after the turn's end, and is no answer.
  while (items[at]?.kind === 'notice') at--;
  const end = items[at];
  if (over || end?.kind !== 'turn-end' || !/^(error|interrupted)$/.test(end.stopReason)) {
    return undefined;
  }
  for (at--; at >= 0; at--) {
    const item = items[at]!;
    // An earlier turn's prompt is not this one's.
    if (item.kind === 'turn-end') return undefined;
    if (item.kind === 'message' && item.role === 'user')
      return item.text.trim() || item.blocks.length > 0 ? item : undefined;
  }
  // A turn so long that its prompt is not in memory.
  return past?.prompt?.trim() ? { text: past.prompt, blocks: [] } : undefined;
}
