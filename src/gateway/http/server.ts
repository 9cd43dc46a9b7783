import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { ApertureError } from '../../core/errors.ts';
import type { Admission } from '../access/admission.ts';
import type { Logger } from '../logger.ts';
import { sendError } from './answer.ts';
import { setCorsHeaders, setPreflightHeaders, setSecurityHeaders } from './headers.ts';
import type { LaunchTickets } from './launch.ts';
import { serveRest, type RestOptions } from './rest.ts';
import { serveStatic } from './static.ts';

export interface HttpOptions extends RestOptions {
  readonly admission: Admission;
  readonly launch: LaunchTickets;
  readonly token: string;
  /** Where the built page is; undefined: no page, only the wire. */
  readonly pageDir: string | undefined;
  readonly logger: Logger;
}

/** Everything over plain HTTP: who may come in, then REST, then the page. */
export function httpListener(options: HttpOptions): RequestListener {
  return (request, response) => {
    handle(request, response, options).catch((error: unknown) => {
      if (!(error instanceof ApertureError) && !isAborted(error)) {
        options.logger.error('http.error', { path: pathOf(request), error: String(error) });
      }
      if (response.headersSent) response.destroy();
      else sendError(response, error);
    });
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: HttpOptions,
): Promise<void> {
  setSecurityHeaders(response);
  const { origin, host } = request.headers;
  const verdict = options.admission.check(host, origin);
  if (!verdict.ok) {
    options.logger.warn('http.refused', { code: verdict.error.code, host, origin });
    throw verdict.error;
  }
  if (origin !== undefined) setCorsHeaders(response, origin);
  if (request.method === 'OPTIONS') {
    setPreflightHeaders(response);
    response.writeHead(204).end();
    return;
  }
  const url = parseUrl(request);
  if (SOCKET_PATHS.has(url.pathname)) {
    response.setHeader('Upgrade', 'websocket');
    throw new ApertureError('upgrade_required', 'This address takes WebSockets only.');
  }
  if (await serveRest(request, response, url, options)) return;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    throw new ApertureError('method_not_allowed', 'Use GET.');
  }
  const ticket = /^\/launch\/([\w-]{1,64})$/.exec(url.pathname)?.[1];
  if (ticket !== undefined) return launch(ticket, response, options);
  if (options.pageDir === undefined) {
    throw new ApertureError('not_found', 'This gateway serves no page.');
  }
  await serveStatic(options.pageDir, url.pathname, request, response);
}

/** Where nothing but WebSockets is; a page must not appear there. */
const SOCKET_PATHS = new Set(['/acp', '/chat/ws', '/ws']);

/** To the page, with the token where only the page sees it; a used ticket leads to the page without. */
function launch(ticket: string, response: ServerResponse, options: HttpOptions): void {
  const good = options.launch.redeem(ticket);
  response.writeHead(302, {
    Location: good ? `/#token=${encodeURIComponent(options.token)}` : '/',
    'Cache-Control': 'no-store',
  });
  response.end();
}

/**
 * Only path and query count, whatever form the request line has. Read by hand, because the URL parser
 * would resolve `..` before anyone could refuse it.
 *
 * @throws ApertureError `not_found`
 */
function parseUrl(request: IncomingMessage): URL {
  const raw = request.url ?? '/';
  const path = pathOf(request);
  if (!raw.startsWith('/') || /(^|\/)(\.|%2e){1,2}(\/|$)/i.test(path)) {
    throw new ApertureError('not_found', 'There is nothing at this address.');
  }
  try {
    return new URL(`http://gateway${raw}`);
  } catch {
    throw new ApertureError('not_found', 'There is nothing at this address.');
  }
}

/** Without the query: it is the client's own business and never logged. */
const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split(/[?#]/, 1)[0]!;

const isAborted = (error: unknown): boolean =>
  ['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'ABORT_ERR', 'EPIPE'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  );
