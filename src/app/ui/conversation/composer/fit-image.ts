import { ApertureError } from '../../../../core/errors.ts';

/** Largest picture that goes out as it is (bytes): 5,000,000 in base64, what common models take of one. */
export const MAX_IMAGE_BYTES = 3_750_000;
/** Longest edges that are tried in turn, px. Models see no more than about the second. */
const EDGES = [2_576, 1_568, 1_024];
/** A larger file is not even decoded (bytes): its pixels may not fit into memory. */
const MAX_SOURCE_BYTES = 64 * 1024 * 1024;
const QUALITY = 0.85;

/**
 * A picture that is too large, or of a kind that agents do not know, drawn anew: smaller, as WebP or JPEG. The browser
 * decodes and scales beside the page's own work.
 *
 * @throws ApertureError `too_large`, `unreadable`.
 */
export async function fitImage(file: File): Promise<{ blob: Blob; note: string }> {
  if (file.size > MAX_SOURCE_BYTES) throw tooLarge(file);
  let source: ImageBitmap;
  try {
    source = await createImageBitmap(file);
  } catch (error) {
    throw new ApertureError(
      'unreadable',
      `“${file.name}” is no picture that this browser can read. Save it as PNG or JPEG and attach that.`,
      { cause: error },
    );
  }
  try {
    for (const edge of EDGES) {
      const scale = Math.min(1, edge / Math.max(source.width, source.height));
      const width = Math.max(1, Math.round(source.width * scale));
      const height = Math.max(1, Math.round(source.height * scale));
      const blob = await draw(source, width, height);
      if (blob.size > MAX_IMAGE_BYTES) continue;
      const still = file.type === 'image/gif' ? ', its first frame only' : '';
      const note = `“${file.name}” goes as ${width} × ${height} pixels${still}: agents take ${kinds(file)}.`;
      return { blob, note };
    }
  } finally {
    source.close();
  }
  throw tooLarge(file);
}

async function draw(source: ImageBitmap, width: number, height: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, width, height);
  const blob = await canvas.convertToBlob({ type: 'image/webp', quality: QUALITY });
  // Where WebP cannot be written, browsers give PNG.
  if (blob.type === 'image/webp') return blob;
  return canvas.convertToBlob({ type: 'image/jpeg', quality: QUALITY });
}

const kinds = ({ size }: File): string =>
  size > MAX_IMAGE_BYTES ? 'pictures of 3.75 MB at most' : 'PNG, JPEG, GIF and WebP';

const tooLarge = ({ name }: File): ApertureError =>
  new ApertureError(
    'too_large',
    `“${name}” is too large, and cannot be scaled down to 3.75 MB. Scale it down yourself, or put it into the session’s directory and name it in your message.`,
  );
