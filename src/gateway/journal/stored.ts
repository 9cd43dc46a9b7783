import type { LogEntry } from '../../core/log/entry.ts';
import { cut, type Compacted } from './compact.ts';
import type { StoredEntry } from './port.ts';

// A value in the store is the frame as it goes out. A compacted one has a line before it,
// `[from,length,length,…]`, which tells how to cut it; frames have no line feeds and begin with `{`.
const BRACKET = '['.charCodeAt(0);
const LINE_FEED = '\n'.charCodeAt(0);

/** The `m` frame of an entry, serialised once for every page. */
export const frameOf = (entry: LogEntry): Buffer =>
  Buffer.from(JSON.stringify({ t: 'm', ...entry }));

export function storedForm({ entry, lengths }: Compacted): Buffer {
  const frame = frameOf(entry);
  if (!lengths) return frame;
  return Buffer.concat([Buffer.from(`[${entry.from},${lengths.join(',')}]\n`), frame]);
}

/** @param from the first number that is wanted of it. */
export function entryOfStored(n: number, value: Buffer, from: number): StoredEntry {
  if (value[0] !== BRACKET) return { n, frame: value };
  const end = value.indexOf(LINE_FEED);
  const [first, ...lengths] = JSON.parse(value.toString('utf8', 0, end)) as [number, ...number[]];
  const frame = value.subarray(end + 1);
  if (from <= first) return { n, from: first, frame };
  const rest = cut({ entry: parseFrame(frame), lengths }, from);
  return { n, ...(rest.from !== undefined && { from: rest.from }), frame: frameOf(rest) };
}

/** The entry in the store, as compaction wants it. */
export function parseStored(value: Buffer): LogEntry {
  return parseFrame(value[0] === BRACKET ? value.subarray(value.indexOf(LINE_FEED) + 1) : value);
}

function parseFrame(frame: Buffer): LogEntry {
  const { t: _, ...entry } = JSON.parse(frame.toString()) as LogEntry & { t: string };
  return entry;
}
