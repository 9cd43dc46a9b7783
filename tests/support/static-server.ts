import { readFile } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
};

/** A plain static host, as simple as there are: the files of `folder` below `prefix`, nothing else. */
export async function serveStatic(
  folder: string,
  prefix: `/${string}/`,
): Promise<{ url: string; origin: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://static.invalid');
    const inside = normalize(pathname.slice(prefix.length)) || 'index.html';
    if (!pathname.startsWith(prefix) || inside.startsWith('..')) {
      response.writeHead(404).end();
      return;
    }
    const file = join(folder, inside === '.' ? 'index.html' : inside);
    readFile(file, (error, bytes) => {
      const type = TYPES[extname(file)] ?? 'application/octet-stream';
      if (error) response.writeHead(404).end();
      else response.writeHead(200, { 'content-type': type }).end(bytes);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    url: origin + prefix,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
