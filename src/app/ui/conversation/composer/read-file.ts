import type { ContentBlock } from '../../../../core/acp.ts';
import { ApertureError } from '../../../../core/errors.ts';
import type { JsonObject } from '../../../../core/json.ts';
import { fitImage, MAX_IMAGE_BYTES } from './fit-image.ts';

/** Largest text file that is attached (bytes); a larger one would be most of what an agent can hold in mind. */
export const MAX_TEXT_BYTES = 1024 * 1024;

/** Pictures that agents know; others are drawn anew if the browser can read them. */
const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

export interface ReadFile {
  readonly block: ContentBlock;
  /** What was done to it, if that is worth a word. */
  readonly note?: string;
}

/**
 * A file as a content block that this agent takes.
 *
 * @param takes ACP's `promptCapabilities`; `undefined`: not known yet.
 * @throws ApertureError in words for the reader: `too_large`, `no_text`, `images_not_taken`, `not_known_yet`, `unreadable`.
 */
export async function readFile(
  file: File,
  takes: JsonObject | undefined,
  agent: string,
): Promise<ReadFile> {
  // SVG is a document, and readable as one.
  if (file.type.startsWith('image/') && file.type !== 'image/svg+xml') {
    return readImage(file, takes, agent);
  }
  if (file.size > MAX_TEXT_BYTES) {
    throw new ApertureError(
      'too_large',
      `“${file.name}” has more than 1 MB. Put it into the session’s directory and name it in your message.`,
    );
  }
  const text = decode(await bytesOf(file));
  if (text === undefined) {
    throw new ApertureError(
      'no_text',
      `“${file.name}” is no text. Put it into the session’s directory and name it in your message.`,
    );
  }
  if (takes?.['embeddedContext'] === true) {
    const mimeType = file.type || 'text/plain';
    return { block: { type: 'resource', resource: { uri: uriOf(file), mimeType, text } } };
  }
  return {
    block: {
      type: 'text',
      text: `\n\n${file.name}:\n\n${fenced(text)}`,
      _meta: { 'aperture/file': file.name },
    },
    note: `${agent} does not take files, so “${file.name}” goes as a part of your message.`,
  };
}

async function readImage(
  file: File,
  takes: JsonObject | undefined,
  agent: string,
): Promise<ReadFile> {
  if (takes === undefined) {
    throw new ApertureError(
      'not_known_yet',
      `${agent} has not said yet whether it takes images. Attach “${file.name}” again when it has started; a message starts it.`,
    );
  }
  if (takes['image'] !== true) {
    throw new ApertureError(
      'images_not_taken',
      `${agent} takes no images. Put “${file.name}” into the session’s directory and name it in your message.`,
    );
  }
  const asIs = PICTURES.has(file.type) && file.size <= MAX_IMAGE_BYTES;
  const fit = asIs ? { blob: file, note: undefined } : await fitImage(file);
  const data = base64(await bytesOf(fit.blob));
  return {
    block: { type: 'image', mimeType: fit.blob.type, data, uri: uriOf(file) },
    ...(fit.note && { note: fit.note }),
  };
}

async function bytesOf(file: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    // A directory, or a file that was removed meanwhile.
    throw new ApertureError('unreadable', 'The file cannot be read. Choose another.', {
      cause: error,
    });
  }
}

/** Undefined for what is no UTF-8 text. */
function decode(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const CHUNK = 0x8000;

function base64(bytes: Uint8Array): string {
  let binary = '';
  // In pieces: arguments of one call are limited.
  for (let at = 0; at < bytes.length; at += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(binary);
}

/** A browser does not tell where a file lies; `file:` would claim that it did. */
const uriOf = ({ name }: File): string => `attachment:///${encodeURIComponent(name)}`;

/** In a fence longer than any in the text. */
function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text.replace(/\n$/, '')}\n${fence}`;
}
