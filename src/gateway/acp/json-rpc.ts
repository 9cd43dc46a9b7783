import { ApertureError } from '../../core/errors.ts';
import { isObject, parseJson, type JsonObject } from '../../core/json.ts';
import { MAX_JSON_DEPTH, MAX_SERVER_FRAME_BYTES } from '../../core/limits.ts';

export type RpcId = string | number | null;

/** What the other side answered a request with. */
export class RpcError extends Error {
  constructor(
    readonly rpcCode: number,
    message: string,
    readonly data?: unknown,
  ) {
    super(message);
    this.name = 'RpcError';
  }
}

export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
/** ACP's: whoever asked does not want an answer any more. */
export const REQUEST_CANCELLED = -32800;

export interface PeerHost {
  write(line: string): void;
  /** Must lead to one `respond` or `respondError` with exactly this id. */
  request(method: string, params: JsonObject, id: RpcId): void;
  notification(method: string, params: JsonObject): void;
  /** A line that is no JSON-RPC message, or a response that nobody waits for. */
  malformed(line: string): void;
}

interface Waiting {
  settle(outcome: { result: unknown } | { error: Error }): void;
}

/**
 * JSON-RPC 2.0, one message per line. The SDK's own connection parses with schemas that drop what they
 * do not know; this one hands every payload on as it came.
 */
export class JsonRpcPeer {
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #closed: Error | undefined;

  constructor(private readonly host: PeerHost) {}

  receive(line: string): void {
    if (line.trim() === '') return;
    let message: unknown;
    try {
      message = parseJson(line, {
        maxLength: MAX_SERVER_FRAME_BYTES,
        // The log's frame is deeper than the agent's message.
        maxDepth: MAX_JSON_DEPTH - 2,
      });
    } catch {
      return this.host.malformed(line);
    }
    if (!isObject(message)) return this.host.malformed(line);
    const { method, id } = message;
    const params = isObject(message['params']) ? message['params'] : {};
    if (typeof method === 'string') {
      // 0 and "" are ids like any other, and null is one that some send.
      if (id === undefined) this.host.notification(method, params);
      else if (typeof id === 'string' || typeof id === 'number' || id === null) {
        this.host.request(method, params, id);
      } else this.host.malformed(line);
      return;
    }
    const waiting = typeof id === 'number' ? this.#waiting.get(id) : undefined;
    if (!waiting || !('result' in message || 'error' in message)) return this.host.malformed(line);
    this.#waiting.delete(id as number);
    if ('error' in message && message['error'] !== null) {
      waiting.settle({ error: readError(message['error']) });
    } else waiting.settle({ result: message['result'] });
  }

  /**
   * @param onResult runs before the next line is looked at, so that what follows the response is seen
   *   in the state that the response made; its value is what the promise resolves with.
   * @param signal aborts when nobody wants the answer any more: whoever works on it is told so.
   * @throws RpcError as answered; ApertureError `rpc_timeout`, `rpc_cancelled`; the error given to `close`.
   */
  request<T>(
    method: string,
    params: object,
    onResult: (result: unknown) => T,
    timeoutMs?: number,
    signal?: AbortSignal,
  ): Promise<T> {
    if (this.#closed) return Promise.reject(this.#closed);
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      // Nobody waits any more; whoever works on it may stop.
      const leave = (code: string, message: string): void => {
        if (!this.#waiting.delete(id)) return;
        clearTimeout(timer);
        this.notify('$/cancel_request', { requestId: id });
        reject(new ApertureError(code, message));
      };
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(
              () => leave('rpc_timeout', `No answer to ${method} in ${timeoutMs} ms.`),
              timeoutMs,
            );
      signal?.addEventListener('abort', () => leave('rpc_cancelled', `${method} was given up.`), {
        once: true,
      });
      this.#waiting.set(id, {
        settle: (outcome) => {
          clearTimeout(timer);
          try {
            if ('error' in outcome) throw outcome.error;
            resolve(onResult(outcome.result));
          } catch (error) {
            reject(error as Error);
          }
        },
      });
      this.host.write(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    });
  }

  /** Whether a request of ours with this id waits for its response. */
  isWaiting(id: unknown): boolean {
    return typeof id === 'number' && this.#waiting.has(id);
  }

  notify(method: string, params: object): void {
    if (!this.#closed) this.host.write(JSON.stringify({ jsonrpc: '2.0', method, params }));
  }

  respond(id: RpcId, result: unknown): void {
    if (!this.#closed) this.host.write(JSON.stringify({ jsonrpc: '2.0', id, result }));
  }

  respondError(id: RpcId, code: number, message: string): void {
    if (!this.#closed) {
      this.host.write(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } }));
    }
  }

  /** Final: settles every request that still waits, once (R43). */
  close(error: Error): void {
    if (this.#closed) return;
    this.#closed = error;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { settle } of waiting) settle({ error });
  }
}

function readError(error: unknown): RpcError {
  if (!isObject(error)) return new RpcError(-32603, 'The agent answered with an error.');
  const code = typeof error['code'] === 'number' ? error['code'] : -32603;
  const message = typeof error['message'] === 'string' ? error['message'] : 'Internal error';
  return new RpcError(code, message, error['data']);
}
