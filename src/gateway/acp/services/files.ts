import type { JsonObject } from '../../../core/json.ts';
import { INVALID_PARAMS, RpcError } from '../json-rpc.ts';
import { absolute, openToRead, openToWrite, type Roots } from './contained.ts';

/** Largest file that is read or written for an agent (bytes): an answer is one line, and lines are bounded. */
export const MAX_FILE_BYTES = 8 * 1024 * 1024;

/** ACP's `fs/read_text_file`. @throws RpcError */
export async function readTextFile(roots: Roots, params: JsonObject): Promise<{ content: string }> {
  const given = absolute(params['path']);
  const line = count(params['line'], 'line', 1);
  const limit = count(params['limit'], 'limit', 0);
  const [file, { size }] = await openToRead(roots, given);
  try {
    if (size > MAX_FILE_BYTES) throw tooLarge(given);
    // One byte more than is allowed: some files say that they are empty and are not.
    const buffer = Buffer.alloc(Math.max(size, 64 * 1024) + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.byteLength - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.byteLength) break;
    }
    if (length > MAX_FILE_BYTES) throw tooLarge(given);
    return { content: lines(decoded(buffer.subarray(0, length), given), line ?? 1, limit) };
  } finally {
    await file.close();
  }
}

/** ACP's `fs/write_text_file`. @returns how many bytes were written. @throws RpcError */
export async function writeTextFile(roots: Roots, params: JsonObject): Promise<number> {
  const given = absolute(params['path']);
  const { content } = params;
  if (typeof content !== 'string') {
    throw new RpcError(INVALID_PARAMS, '“content” must be a string.');
  }
  const bytes = Buffer.from(content);
  if (bytes.byteLength > MAX_FILE_BYTES) throw tooLarge(given);
  const [file] = await openToWrite(roots, given);
  try {
    await file.truncate(0);
    await file.writeFile(bytes);
  } finally {
    await file.close();
  }
  return bytes.byteLength;
}

/** @param line the first one, from 1. @param limit how many; undefined: all that follow. */
function lines(text: string, line: number, limit: number | undefined): string {
  let start = 0;
  for (let i = 1; i < line; i++) {
    const end = text.indexOf('\n', start);
    if (end === -1) return '';
    start = end + 1;
  }
  if (limit === undefined) return text.slice(start);
  let stop = start;
  for (let i = 0; i < limit; i++) {
    const end = text.indexOf('\n', stop);
    if (end === -1) return text.slice(start);
    stop = end + 1;
  }
  return text.slice(start, stop);
}

function count(value: unknown, name: string, least: number): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw new RpcError(INVALID_PARAMS, `“${name}” must be a whole number from ${least} on.`);
}

function decoded(bytes: Uint8Array, given: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new RpcError(INVALID_PARAMS, `${given} is no text in UTF-8.`);
  }
}

const tooLarge = (given: string): RpcError =>
  new RpcError(
    INVALID_PARAMS,
    `${given}: no more than ${MAX_FILE_BYTES / 1_048_576} MB at once are read or written.`,
  );
