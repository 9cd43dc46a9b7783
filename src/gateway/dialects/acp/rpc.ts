import type { JsonObject } from '../../../core/json.ts';
import { RpcError, type RpcId } from '../../acp/json-rpc.ts';
import type { DialectSocket } from '../dialect-socket.ts';

/** Settles a request of the gateway's; `undefined` when the client answered with an error. */
type OnAnswer = (result: unknown, error: JsonObject | undefined) => void;

/** JSON-RPC 2.0 to one client, one message per text frame. */
export class RpcOut {
  readonly #waiting = new Map<number, OnAnswer>();
  #nextId = 1;

  constructor(private readonly socket: DialectSocket) {}

  respond(id: RpcId, result: object): void {
    this.socket.send({ jsonrpc: '2.0', id, result });
  }

  fail(id: RpcId, error: RpcError): void {
    const { rpcCode: code, message, data } = error;
    const body = { code, message, ...(data !== undefined && { data }) };
    this.socket.send({ jsonrpc: '2.0', id, error: body });
  }

  notify(method: string, params: object): void {
    this.socket.send({ jsonrpc: '2.0', method, params });
  }

  /** @returns the request's id, to be withdrawn by. */
  request(method: string, params: object, onAnswer: OnAnswer): number {
    const id = this.#nextId++;
    this.#waiting.set(id, onAnswer);
    this.socket.send({ jsonrpc: '2.0', id, method, params });
    return id;
  }

  /** The request is settled without this client; an answer that still comes goes nowhere. */
  withdraw(id: number): void {
    if (this.#waiting.delete(id)) this.notify('$/cancel_request', { requestId: id });
  }

  /** @returns false when nobody waits for it (any more). */
  answered(id: RpcId, result: unknown, error: JsonObject | undefined): boolean {
    const onAnswer = typeof id === 'number' ? this.#waiting.get(id) : undefined;
    if (!onAnswer) return false;
    this.#waiting.delete(id as number);
    onAnswer(result, error);
    return true;
  }
}
