import type { ContentBlock } from '../../../../core/acp.ts';
import { ApertureError } from '../../../../core/errors.ts';
import { isObject, parseJson, type JsonObject } from '../../../../core/json.ts';
import { MAX_SERVER_FRAME_BYTES } from '../../../../core/limits.ts';

/** What one text frame of such a server comes down to. */
export type BidiFrame =
  | { kind: 'part'; type: string; part: JsonObject }
  /** `[DONE]`: the stream of one answer is over. */
  | { kind: 'done' }
  /** `token` as the ping had it, where the server sends it back. */
  | { kind: 'pong'; token: number | undefined };

/**
 * The frames look like server-sent events because they were some once: `data: {…}`, now and then several in a frame,
 * with comments in between, or without the prefix; and a pong that is bare text.
 * @throws ApertureError for what is none of these.
 */
export function readFrames(text: string): BidiFrame[] {
  const frames: BidiFrame[] = [];
  for (const line of text.split('\n')) {
    const rest = line.startsWith('data:') ? line.slice(5).trim() : line.trim();
    // Empty lines and `: comments` separate and keep alive; `event:` and `id:` repeat what the data says.
    if (rest === '' || rest.startsWith(':') || /^(?:event|id|retry):/.test(rest)) continue;
    frames.push(readOne(rest));
  }
  return frames;
}

function readOne(text: string): BidiFrame {
  if (text === '[DONE]') return { kind: 'done' };
  if (text === 'pong') return { kind: 'pong', token: undefined };
  const part = parseJson(text, { maxLength: MAX_SERVER_FRAME_BYTES });
  if (!isObject(part) || typeof part['type'] !== 'string') {
    throw new ApertureError('bad_frame', 'The server sent something that is no part of a stream.');
  }
  const { type } = part;
  if (type !== 'pong') return { kind: 'part', type, part };
  const token = part['timestamp'] ?? part['token'];
  return { kind: 'pong', token: typeof token === 'number' ? token : undefined };
}

/** How the AI SDK calls the end, in ACP's words; what it does not know is an end like any other. */
export function stopReasonOf(finish: JsonObject): string {
  switch (finish['finishReason']) {
    case 'length':
      return 'max_tokens';
    case 'content-filter':
      return 'refusal';
    case 'error':
      return 'error';
    default:
      return 'end_turn';
  }
}

/** A content block as a part of an AI SDK message. */
export function messagePart(block: ContentBlock): object {
  switch (block.type) {
    case 'text':
      return { type: 'text', text: block.text };
    case 'image':
    case 'audio':
      return {
        type: 'file',
        mediaType: block.mimeType,
        url: `data:${block.mimeType};base64,${block.data}`,
      };
    case 'resource_link':
      return { type: 'text', text: `${block.name}: ${block.uri}` };
    default:
      return { type: 'text', text: JSON.stringify(block) };
  }
}
