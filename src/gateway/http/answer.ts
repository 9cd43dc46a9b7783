import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApertureError, toErrorInfo } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import type { ErrorResponse } from '../../core/wire/rest.ts';

const MAX_BODY_BYTES = 1024 * 1024;

/** HTTP's status for an error's code; what is not listed is the client's fault (400). */
const STATUS: Readonly<Record<string, number>> = {
  unauthorized: 401,
  forbidden_host: 403,
  forbidden_origin: 403,
  outside_roots: 403,
  unreadable_directory: 403,
  not_found: 404,
  no_such_directory: 404,
  method_not_allowed: 405,
  frame_too_large: 413,
  body_too_large: 413,
  upgrade_required: 426,
  busy: 409,
  session_in_use: 409,
  uncommitted: 409,
  unmerged: 409,
  submodules: 409,
  worktree_changed: 409,
  worktree_removed: 409,
  worktree_missing: 409,
  broken_worktree: 409,
  nothing_to_commit: 409,
  nothing_to_merge: 409,
  other_branch: 409,
  no_base: 409,
  base_dirty: 409,
  base_not_checked_out: 409,
  conflict: 409,
  merge_failed: 409,
  merge_unclear: 409,
  session_limit: 429,
  internal: 500,
  git_timeout: 503,
  page_not_built: 503,
};

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  });
  response.end(text);
}

export function sendError(response: ServerResponse, error: unknown): void {
  const info = toErrorInfo(error);
  const status = STATUS[info.code] ?? 400;
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  // The rest of a body that is too large is not waited for.
  if (status === 413) response.setHeader('Connection', 'close');
  const body: ErrorResponse = {
    error: info.code === 'internal' ? { ...info, message: 'The gateway met an error.' } : info,
  };
  sendJson(response, status, body);
}

/** @throws ApertureError `body_too_large`, or with the codes of `parseJson`. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const tooLarge = (): ApertureError =>
    new ApertureError('body_too_large', `The body is larger than ${MAX_BODY_BYTES} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.byteLength;
    if (length > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  try {
    return parseJson(Buffer.concat(chunks).toString('utf8'), { maxLength: MAX_BODY_BYTES });
  } catch (error) {
    const code = error instanceof ApertureError ? error.code : 'bad_json';
    throw new ApertureError(code, 'The body is not the JSON object that this address asks for.');
  }
}
