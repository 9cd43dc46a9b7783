import { cleanText } from '../../../../core/text/sanitise.ts';
import { element } from '../markdown/dom.ts';

/** Drawn by the browser as pixels only; SVG is left out, it is a document (R68). */
const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);
/** A larger one is shown when asked for: bytes as they came, and pixels as they would be in memory. */
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_PIXELS = 40_000_000;

export const isPicture = (mimeType: string): boolean => PICTURES.has(mimeType);

/** The bytes of base64; undefined if it is none. */
export function bytesOf(data: string): Uint8Array<ArrayBuffer> | undefined {
  let binary: string;
  try {
    binary = atob(data);
  } catch {
    return undefined;
  }
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** What base64 stands for, in bytes. */
export const decodedSize = (data: string): number => Math.floor((data.length * 3) / 4);

export const kilobytes = (bytes: number): string =>
  bytes < 1_000_000
    ? `${Math.max(1, Math.round(bytes / 1_000))} KB`
    : `${(bytes / 1e6).toFixed(1)} MB`;

/** Whether it can be drawn without being asked for: neither its bytes nor its pixels are too many. */
export function isModest(bytes: Uint8Array): boolean {
  const size = pixelsOf(bytes);
  return bytes.length <= MAX_BYTES && size !== undefined && size.width * size.height <= MAX_PIXELS;
}

/** A picture from bytes; nothing is fetched. Its address is good for one load. */
export function image(
  bytes: Uint8Array<ArrayBuffer>,
  mimeType: string,
  alt: string,
): HTMLImageElement {
  const drawn = element('img');
  drawn.alt = cleanText(alt);
  drawn.decoding = 'async';
  const size = pixelsOf(bytes);
  if (size) {
    // Its place is there before its pixels are, so nothing jumps.
    drawn.width = size.width;
    drawn.height = size.height;
  }
  const url = URL.createObjectURL(new Blob([bytes], { type: mimeType }));
  const release = (): void => URL.revokeObjectURL(url);
  drawn.addEventListener('load', release, { once: true });
  drawn.addEventListener('error', release, { once: true });
  drawn.src = url;
  return drawn;
}

/** How large a picture is, by its head, which is read without decoding it; undefined if that does not say. */
export function pixelsOf(bytes: Uint8Array): { width: number; height: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (at: number, length: number): string =>
    String.fromCharCode(...bytes.subarray(at, at + length));
  try {
    if (text(1, 3) === 'PNG') return { width: view.getUint32(16), height: view.getUint32(20) };
    if (text(0, 3) === 'GIF')
      return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
    if (text(8, 4) === 'WEBP') return webp(view, text(12, 4));
    if (view.getUint16(0) === 0xffd8) return jpeg(view);
  } catch {
    // Cut off in its head.
  }
  return undefined;
}

function webp(view: DataView, kind: string): { width: number; height: number } | undefined {
  if (kind === 'VP8 ') {
    return {
      width: view.getUint16(26, true) & 0x3fff,
      height: view.getUint16(28, true) & 0x3fff,
    };
  }
  if (kind === 'VP8L') {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
  }
  if (kind !== 'VP8X') return undefined;
  const three = (at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  return { width: three(24) + 1, height: three(27) + 1 };
}

/** In the first frame header; the segments before it are skipped by their lengths. */
function jpeg(view: DataView): { width: number; height: number } | undefined {
  for (let at = 2; ; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    if (marker < 0xffc0 || marker === 0xffda) return undefined;
    const isFrame = marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (isFrame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
  }
}
