import { isObject, type JsonObject } from '../../core/json.ts';
import type { LogEntry, LoggedMessage } from '../../core/log/entry.ts';

/** Longest text of one compacted entry, UTF-16 units: it must stay cheap to send and to cut. */
const MAX_TEXT = 32 * 1024;

/** One entry that stands for several, and how long each one's text was, so that it can be cut again. */
export interface Compacted {
  readonly entry: LogEntry;
  /** UTF-16 units, one for each number from `from` to `n`; absent for an entry that stands for itself. */
  readonly lengths?: readonly number[];
}

/**
 * Neighbouring pieces of one message's text become one entry; everything else stays as it is. Whoever
 * reads the result sees what he would have seen, because pieces are joined only where they differ in
 * nothing but their text. The first piece of a message stays alone: pages name the message after it.
 */
export function compact(log: readonly LogEntry[]): Compacted[] {
  const result: Compacted[] = [];
  let run: LogEntry[] = [];
  let runLength = 0;
  let shape: string | undefined;

  const flush = (): void => {
    const last = run.at(-1);
    if (!last) return;
    result.push(run.length === 1 ? { entry: last } : join(run));
    run = [];
    runLength = 0;
  };

  for (const entry of log) {
    const text = entry.from === undefined ? textOf(entry.m) : undefined;
    const next = text === undefined ? undefined : shapeOf(entry.m);
    if (text === undefined || next !== shape) {
      flush();
      result.push({ entry });
    } else {
      if (runLength + text.length > MAX_TEXT) flush();
      run.push(entry);
      runLength += text.length;
    }
    shape = next;
  }
  flush();
  return result;
}

/** What is left of a compacted entry from number `from` on; the whole for anything at or below its first. */
export function cut({ entry, lengths }: Compacted, from: number): LogEntry {
  if (!lengths || entry.from === undefined || from <= entry.from) return entry;
  const skipped = lengths.slice(0, from - entry.from).reduce((sum, length) => sum + length, 0);
  const m = withText(entry.m, textOf(entry.m)!.slice(skipped));
  return { ...(from < entry.n && { from }), n: entry.n, at: entry.at, m };
}

function join(run: readonly LogEntry[]): Compacted {
  const first = run[0]!;
  const last = run.at(-1)!;
  const texts = run.map(({ m }) => textOf(m)!);
  return {
    entry: { from: first.n, n: last.n, at: last.at, m: withText(last.m, texts.join('')) },
    lengths: texts.map((text) => text.length),
  };
}

/** The text of an agent's message or thought chunk; undefined for everything else. */
function textOf({ method, params }: LoggedMessage): string | undefined {
  const update = params['update'];
  if (method !== 'session/update' || !isObject(update)) return undefined;
  const kind = update['sessionUpdate'];
  if (kind !== 'agent_message_chunk' && kind !== 'agent_thought_chunk') return undefined;
  const content = update['content'];
  if (!isObject(content) || content['type'] !== 'text') return undefined;
  return typeof content['text'] === 'string' ? content['text'] : undefined;
}

function withText(message: LoggedMessage, text: string): LoggedMessage {
  const update = message.params['update'] as JsonObject;
  const content = { ...(update['content'] as JsonObject), text };
  return { ...message, params: { ...message.params, update: { ...update, content } } };
}

const shapeOf = (message: LoggedMessage): string => JSON.stringify(withText(message, ''));
