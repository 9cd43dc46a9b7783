import type { LogEntry } from '../../core/log/entry.ts';
import { cut, type Compacted } from './compact.ts';
import type { StoredEntry } from './port.ts';

// A record in the store holds frames as they go out, under the number of the last one:
// - a block: the frames of neighbouring entries that were written together, a line each;
// - a compacted entry: one frame, and before it a line `[from,length,length,…]`, which tells how to cut it.
// Frames have no line feeds and begin with `{`.
const BRACKET = '['.charCodeAt(0);
const LINE_FEED = '\n'.charCodeAt(0);
const SEPARATOR = Buffer.from('\n');

/** The `m` frame of an entry, serialised once for the log and for every page. */
export function frameOf({ n, from, at, m }: LogEntry): Buffer {
  // The order of the keys is that of PROTOCOL.md; made by hand, it costs no object beside the message's own.
  const first = from === undefined ? '' : `,"from":${from}`;
  return Buffer.from(`{"t":"m","n":${n}${first},"at":${at},"m":${JSON.stringify(m)}}`);
}

/** Of entries without a hole between them. */
export function blockOf(frames: readonly Buffer[]): Buffer {
  if (frames.length === 1) return frames[0]!;
  return Buffer.concat(frames.flatMap((frame, i) => (i === 0 ? [frame] : [SEPARATOR, frame])));
}

export function storedForm({ entry, lengths }: Compacted): Buffer {
  const frame = frameOf(entry);
  if (!lengths) return frame;
  return Buffer.concat([Buffer.from(`[${entry.from},${lengths.join(',')}]\n`), frame]);
}

export const isCompacted = (value: Buffer): boolean => value[0] === BRACKET;

/**
 * @param n the record's number.
 * @param from the first number that is wanted of it.
 */
export function entriesOfStored(n: number, value: Buffer, from: number): StoredEntry[] {
  if (isCompacted(value)) return [compactedEntry(n, value, from)];
  const frames = lines(value);
  const first = n - frames.length + 1;
  return frames
    .slice(Math.max(0, from - first))
    .map((frame, i) => ({ n: Math.max(first, from) + i, frame }));
}

/** The entries of a record, as compaction wants them. */
export const parseStored = (value: Buffer): LogEntry[] =>
  lines(isCompacted(value) ? value.subarray(value.indexOf(LINE_FEED) + 1) : value).map(parseFrame);

function compactedEntry(n: number, value: Buffer, from: number): StoredEntry {
  const end = value.indexOf(LINE_FEED);
  const [first, ...lengths] = JSON.parse(value.toString('utf8', 0, end)) as [number, ...number[]];
  const frame = value.subarray(end + 1);
  if (from <= first) return { n, from: first, frame };
  const rest = cut({ entry: parseFrame(frame), lengths }, from);
  return { n, ...(rest.from !== undefined && { from: rest.from }), frame: frameOf(rest) };
}

function lines(value: Buffer): Buffer[] {
  const found: Buffer[] = [];
  let start = 0;
  for (let end; (end = value.indexOf(LINE_FEED, start)) !== -1; start = end + 1) {
    found.push(value.subarray(start, end));
  }
  found.push(start === 0 ? value : value.subarray(start));
  return found;
}

function parseFrame(frame: Buffer): LogEntry {
  const { t: _, ...entry } = JSON.parse(frame.toString()) as LogEntry & { t: string };
  return entry;
}
