import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const TEXTS = /\.(?:html|js|mjs|css|json|map|webmanifest|txt|svg)$/i;
/** Shorter files gain nothing, longer ones are none of the page’s and would only fill memory; bytes. */
const MIN_BYTES = 1024;
const MAX_BYTES = 1024 * 1024;

const deflate = promisify(gzip);
const kept = new Map<string, { etag: string; body: Promise<Buffer> }>();

/** Whether a file is worth compressing. @param size bytes */
export const isCompressible = (file: string, size: number): boolean =>
  TEXTS.test(file) && size >= MIN_BYTES && size <= MAX_BYTES;

/** Whether a request’s `Accept-Encoding` names gzip, and not to refuse it (RFC 9110, 12.5.3). */
export const takesGzip = (accepted: string | string[] | undefined): boolean =>
  String(accepted ?? '')
    .split(',')
    .some((each) => /^\s*(?:x-)?gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(each));

/**
 * A file, gzipped. That is done once for each version of it: a page is asked for often, and through tunnels, where
 * its bytes are what takes time. Rejects when it cannot be read; may be asked again.
 *
 * @param etag names the version.
 */
export function compressed(file: string, etag: string): Promise<Buffer> {
  const before = kept.get(file);
  if (before?.etag === etag) return before.body;
  const body = readFile(file).then((bytes) => deflate(bytes, { level: 9 }));
  kept.set(file, { etag, body });
  body.catch(() => kept.delete(file));
  return body;
}
