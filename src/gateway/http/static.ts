import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ApertureError } from '../../core/errors.ts';
import { compressed, isCompressible, takesGzip } from './compressed.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

/**
 * Where in `root` a request's path leads; undefined when it leads nowhere, or out.
 *
 * @param pathname as it came, percent-encoded, without the query.
 */
export function locate(root: string, pathname: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
  if (!decoded.startsWith('/') || /[\0\\]/.test(decoded)) return undefined;
  const segments = decoded.slice(1).split('/');
  // `a//b`, `.`, `..` and dot files: the page has none of them.
  if (
    segments.some(
      (segment, i) => (segment === '' && i < segments.length - 1) || segment.startsWith('.'),
    )
  ) {
    return undefined;
  }
  const last = segments.at(-1);
  return path.join(root, ...segments, ...(last === '' ? ['index.html'] : []));
}

/**
 * Serves the built page.
 *
 * @throws ApertureError `not_found`, or `page_not_built` when there is no page at all.
 */
export async function serveStatic(
  root: string,
  pathname: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const file = locate(root, pathname);
  const stats = file === undefined ? undefined : await stat(file).catch(() => undefined);
  if (file === undefined || !stats?.isFile()) {
    if (pathname === '/') {
      throw new ApertureError(
        'page_not_built',
        'The page is not built. Run “npm run build” and load this again.',
      );
    }
    throw new ApertureError('not_found', 'There is nothing at this address.');
  }
  const hashed = pathname.startsWith('/assets/');
  const compressible = isCompressible(file, stats.size);
  const zipped = compressible && takesGzip(request.headers['accept-encoding']);
  const version = `${stats.size.toString(36)}-${Math.trunc(stats.mtimeMs).toString(36)}`;
  const etag = `"${version}${zipped ? '-gz' : ''}"`;
  response.setHeader('ETag', etag);
  if (compressible) response.appendHeader('Vary', 'Accept-Encoding');
  // Names under assets/ carry a hash of their content; the rest is asked for again each time.
  response.setHeader('Cache-Control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304).end();
    return;
  }
  const body = zipped ? await compressed(file, version) : undefined;
  response.writeHead(200, {
    'Content-Type': TYPES[path.extname(file).toLowerCase()] ?? 'application/octet-stream',
    'Content-Length': body?.length ?? stats.size,
    ...(body && { 'Content-Encoding': 'gzip' }),
  });
  if (request.method === 'HEAD') response.end();
  else if (body) response.end(body);
  else await pipeline(createReadStream(file), response);
}
