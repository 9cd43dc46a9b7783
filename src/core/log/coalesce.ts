import type { NumberedEvent, SessionEvent } from '../session/event.ts';

type TextChunk = Extract<SessionEvent, { type: 'chunk' }> & {
  content: { type: 'text'; text: string };
};

/** Longest text of one coalesced event, UTF-16 units: a chunk must stay cheap to read and to apply. */
const MAX_TEXT = 32 * 1024;

/**
 * The same log with fewer events: neighbouring pieces of one message's text become one piece. Whoever reduces it
 * gets the same transcript, ids and numbers included; only `rev`, which counts changes, is smaller.
 *
 * A message is named after the number that its first piece has, so the first piece stays as it is.
 * Pure; may be applied again, and to any part of a log. The result shares events with its input.
 */
export function coalesce(events: readonly NumberedEvent[]): NumberedEvent[] {
  const result: NumberedEvent[] = [];
  /** Pieces that wait to become one event, and the last of them. */
  let parts: string[] = [];
  let length = 0;
  let tail: NumberedEvent | undefined;

  const flush = (): void => {
    if (!tail) return;
    const { n, at, event } = tail;
    const chunk = event as TextChunk;
    result.push(
      parts.length === 1
        ? tail
        : { n, at, event: { ...chunk, content: { ...chunk.content, text: parts.join('') } } },
    );
    tail = undefined;
    parts = [];
    length = 0;
  };

  let before: NumberedEvent | undefined;
  for (const numbered of events) {
    if (before && isPlainText(numbered.event) && continues(before.event, numbered.event)) {
      const { text } = numbered.event.content;
      if (length + text.length > MAX_TEXT) flush();
      tail = numbered;
      parts.push(text);
      length += text.length;
    } else {
      flush();
      result.push(numbered);
    }
    before = numbered;
  }
  flush();
  return result;
}

/** Text and nothing else: annotations belong to their own piece. */
function isPlainText(event: SessionEvent): event is TextChunk {
  return (
    event.type === 'chunk' &&
    event.content.type === 'text' &&
    Object.keys(event.content).length === 2 &&
    typeof event.content.text === 'string'
  );
}

/** Both certainly go to one message, whatever is open before them. */
function continues(before: SessionEvent, event: TextChunk): boolean {
  return (
    before.type === 'chunk' &&
    before.role === event.role &&
    before.messageId === event.messageId &&
    before.key === event.key &&
    before.by === event.by
  );
}
