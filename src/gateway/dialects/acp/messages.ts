import { ApertureError, type ErrorInfo } from '../../../core/errors.ts';
import { isObject, parseJson, type JsonObject } from '../../../core/json.ts';
import { MAX_CLIENT_FRAME_BYTES, MAX_JSON_DEPTH } from '../../../core/limits.ts';
import { INVALID_PARAMS, RpcError, type RpcId } from '../../acp/json-rpc.ts';

export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const INTERNAL_ERROR = -32603;
/** ACP's own: `authenticate` first. */
export const AUTH_REQUIRED = -32000;
/** The gateway refused; `data` is an ErrorInfo that says why. */
export const REFUSED = -32001;
/** ACP's own: no such session. */
export const NOT_FOUND = -32002;

export type Message =
  | { kind: 'request'; id: RpcId; method: string; params: JsonObject }
  | { kind: 'notification'; method: string; params: JsonObject }
  | { kind: 'response'; id: RpcId; result?: unknown; error?: JsonObject };

/**
 * One frame as one JSON-RPC message.
 *
 * @throws RpcError −32700 for what is no JSON, −32600 for what is no message; both are answered with id null.
 */
export function readMessage(text: string): Message {
  const value = parse(text);
  if (Array.isArray(value)) throw new RpcError(INVALID_REQUEST, 'Batches are not supported.');
  if (!isObject(value)) throw new RpcError(INVALID_REQUEST, 'A message is a JSON object.');
  const { id, method, params, result, error } = value;
  if (id !== undefined && typeof id !== 'string' && typeof id !== 'number' && id !== null) {
    throw new RpcError(INVALID_REQUEST, 'An id is a string, a number or null.');
  }
  if (typeof method === 'string') {
    if (params !== undefined && params !== null && !isObject(params)) {
      if (id === undefined) return { kind: 'notification', method, params: {} };
      throw new MisreadRequest(id, new RpcError(INVALID_PARAMS, 'Parameters are an object.'));
    }
    const given = isObject(params) ? params : {};
    return id === undefined
      ? { kind: 'notification', method, params: given }
      : { kind: 'request', id, method, params: given };
  }
  if (id === undefined || !('result' in value || 'error' in value)) {
    throw new RpcError(INVALID_REQUEST, 'A message has a method, or is a response.');
  }
  return isObject(error) ? { kind: 'response', id, error } : { kind: 'response', id, result };
}

/** A request that can be answered by its id, though not understood. */
export class MisreadRequest extends Error {
  constructor(
    readonly id: RpcId,
    readonly error: RpcError,
  ) {
    super(error.message);
  }
}

function parse(text: string): unknown {
  try {
    // What a client sends is nested deeper in the log; it must still fit a frame there.
    return parseJson(text, { maxLength: MAX_CLIENT_FRAME_BYTES, maxDepth: MAX_JSON_DEPTH - 4 });
  } catch (error) {
    if (!(error instanceof ApertureError)) throw error;
    const code = error.code === 'bad_json' ? PARSE_ERROR : INVALID_REQUEST;
    throw new RpcError(code, error.message, error.toInfo());
  }
}

/** Errors of what was asked for, rather than of when. */
const BAD_PARAMS = new Set([
  'unknown_agent',
  'bad_directory',
  'no_such_directory',
  'not_a_directory',
  'unreadable_directory',
  'outside_roots',
  'bad_mcp_servers',
  'bad_title',
  'empty_prompt',
]);

/** An error of the gateway's as JSON-RPC has it. */
export function rpcErrorOf(error: ErrorInfo): RpcError {
  const { code, message, retryable } = error;
  const number = BAD_PARAMS.has(code)
    ? INVALID_PARAMS
    : code === 'not_found' || code === 'ended'
      ? NOT_FOUND
      : REFUSED;
  return new RpcError(number, message, { code, message, retryable });
}
