import { MAX_GATHERED_FRAMES, MAX_GATHERED_LENGTH } from '../../core/limits.ts';
import type { StoredEntry } from '../journal/port.ts';
import { blockOf } from '../journal/stored.ts';

/** Entries' frames as messages of one or several lines; nothing is serialised anew for it. */
export function inLines(batch: readonly StoredEntry[]): Buffer[] {
  const messages: Buffer[] = [];
  let frames: Buffer[] = [];
  let length = 0;
  for (const { frame } of batch) {
    const fits =
      frames.length < MAX_GATHERED_FRAMES && length + frame.byteLength < MAX_GATHERED_LENGTH;
    if (!fits && frames.length > 0) {
      messages.push(blockOf(frames));
      frames = [];
      length = 0;
    }
    frames.push(frame);
    length += frame.byteLength + 1;
  }
  if (frames.length > 0) messages.push(blockOf(frames));
  return messages;
}
