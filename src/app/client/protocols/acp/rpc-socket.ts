import { ApertureError } from '../../../../core/errors.ts';
import { isObject, parseJson, type JsonObject } from '../../../../core/json.ts';
import { MAX_SERVER_FRAME_BYTES } from '../../../../core/limits.ts';
import type { SocketFactory } from '../port.ts';
import { SocketLink } from '../socket-link.ts';

export type RpcId = string | number | null;

export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const AUTH_REQUIRED = -32000;

/** What the other side answered a request with instead of a result. */
export interface RpcFailure {
  readonly code: number;
  readonly message: string;
}

export interface RpcHost {
  opened(): void;
  notification(method: string, params: JsonObject): void;
  /** Must lead to one `respond` or `respondError` with exactly this id. */
  request(method: string, params: JsonObject, id: RpcId): void;
  /** A response that nobody waits for; `repeated`: its request was answered before. */
  stray(repeated: boolean, id: unknown): void;
  /** Once, and nothing after it. */
  closed(code: number, reason: string): void;
}

interface Waiting {
  readonly done: (result: JsonObject) => void;
  readonly failed: (failure: RpcFailure) => void;
}

/**
 * JSON-RPC 2.0 over one WebSocket, one message per text frame. Everything runs in the order of the frames: what
 * follows a response is seen in the state that the response made, which promises would not guarantee.
 */
export class RpcSocket {
  readonly #host: RpcHost;
  readonly #link: SocketLink;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  constructor(sockets: SocketFactory, url: string, host: RpcHost) {
    this.#host = host;
    this.#link = new SocketLink(
      sockets,
      url,
      [],
      {
        hello: () => {
          host.opened();
          return [];
        },
        decode: (text) => void this.#receive(text),
      },
      { incoming: () => {}, closed: (code, reason) => host.closed(code, reason) },
    );
  }

  /** @returns whether it went out; otherwise neither callback comes. Nor does one after the socket has closed. */
  request(
    method: string,
    params: object,
    done: Waiting['done'],
    failed: Waiting['failed'],
  ): boolean {
    const id = this.#nextId;
    if (!this.#send({ id, method, params })) return false;
    this.#nextId++;
    this.#waiting.set(id, { done, failed });
    return true;
  }

  notify(method: string, params: object): boolean {
    return this.#send({ method, params });
  }

  respond(id: RpcId, result: object): boolean {
    return this.#send({ id, result });
  }

  respondError(id: RpcId, code: number, message: string): boolean {
    return this.#send({ id, error: { code, message } });
  }

  /** Idempotent; no callback comes after it. */
  close(code?: number, reason?: string): void {
    this.#waiting.clear();
    this.#link.close(code, reason);
  }

  #send(message: object): boolean {
    return this.#link.send(JSON.stringify({ jsonrpc: '2.0', ...message }));
  }

  #receive(text: string): void {
    const message = parseJson(text, { maxLength: MAX_SERVER_FRAME_BYTES });
    if (!isObject(message)) {
      throw new ApertureError(
        'bad_frame',
        'The server sent something that is no JSON-RPC message.',
      );
    }
    const { method, id } = message;
    if (typeof method === 'string') {
      const params = isObject(message['params']) ? message['params'] : {};
      // 0, "" and null are ids like any other.
      if (id === undefined) this.#host.notification(method, params);
      else if (typeof id === 'string' || typeof id === 'number' || id === null) {
        this.#host.request(method, params, id);
      } else throw new ApertureError('bad_frame', 'The server sent a request without a usable id.');
      return;
    }
    if (!('result' in message) && !('error' in message)) {
      throw new ApertureError(
        'bad_frame',
        'The server sent something that is no JSON-RPC message.',
      );
    }
    const waiting = typeof id === 'number' ? this.#waiting.get(id) : undefined;
    if (!waiting) {
      return this.#host.stray(typeof id === 'number' && id > 0 && id < this.#nextId, id);
    }
    this.#waiting.delete(id as number);
    const { error, result } = message;
    if (error !== undefined && error !== null) waiting.failed(readFailure(error));
    else waiting.done(isObject(result) ? result : {});
  }
}

function readFailure(error: unknown): RpcFailure {
  const { code, message } = isObject(error) ? error : {};
  return {
    code: typeof code === 'number' ? code : -32603,
    message: typeof message === 'string' && message !== '' ? message : 'Internal error',
  };
}
