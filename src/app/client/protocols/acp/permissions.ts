import type { JsonObject } from '../../../../core/json.ts';
import { newId } from '../../../../core/ids.ts';
import type { SessionEvent } from '../../../../core/session/event.ts';
import { translate } from '../../../../core/session/translate.ts';
import type { LocalLog } from '../local-log.ts';
import type { RpcId, RpcSocket } from './rpc-socket.ts';

/** Requests of one agent that may wait at once; more are answered as cancelled. */
const MAX_WAITING = 100;

const CANCELLED = { outcome: { outcome: 'cancelled' } };

interface Waiting {
  readonly rpcId: RpcId;
  readonly options: ReadonlySet<string>;
}

/** Permission requests of one connection: asked by JSON-RPC, answered by its responses. */
export class Permissions {
  /** Agents count their ids from the start on every connection; the log's must be unique. */
  readonly #prefix = newId().slice(0, 8);
  readonly #waiting = new Map<string, Waiting>();

  constructor(
    readonly rpc: RpcSocket,
    readonly log: LocalLog,
  ) {}

  asked(params: JsonObject, rpcId: RpcId): void {
    const id = this.#idOf(rpcId);
    const event: SessionEvent = translate({ method: 'session/request_permission', id, params });
    if (event.type !== 'permission' || this.#waiting.has(id) || this.#waiting.size >= MAX_WAITING) {
      this.log.ignored('unknown_kind', 'session/request_permission');
      return this.cancel(rpcId);
    }
    this.#waiting.set(id, { rpcId, options: new Set(event.options.map((o) => o.optionId)) });
    this.log.push(event);
  }

  /** The agent asks no more: it was answered elsewhere, or is not wanted. @returns false for one not known here. */
  withdrawn(rpcId: unknown): boolean {
    const id = this.#idOf(rpcId);
    const waiting = this.#waiting.get(id);
    if (!waiting) return false;
    this.#waiting.delete(id);
    this.cancel(waiting.rpcId);
    this.log.push({ type: 'resolved', id, outcome: 'cancelled', reason: 'withdrawn' });
    return true;
  }

  /** Answers a request that nobody will be asked. */
  cancel(rpcId: RpcId): void {
    this.rpc.respond(rpcId, CANCELLED);
  }

  answer(key: string, id: string, optionId: string | undefined): void {
    const refuse = (code: string, message: string, retryable = false): void =>
      this.log.refused(key, { code, message, retryable });
    const waiting = this.#waiting.get(id);
    if (!waiting) return refuse('unknown_request', 'Nobody waits for this answer any more.');
    if (optionId !== undefined && !waiting.options.has(optionId)) {
      return refuse('unknown_option', 'The agent did not offer this.');
    }
    const outcome = optionId === undefined ? CANCELLED : selected(optionId);
    if (!this.rpc.respond(waiting.rpcId, outcome)) {
      return refuse('not_sent', 'The connection could not take the answer. Try again.', true);
    }
    this.#waiting.delete(id);
    this.log.answered(key, id, optionId);
  }

  #idOf(rpcId: unknown): string {
    return `${this.#prefix}:${JSON.stringify(rpcId)}`;
  }

  /** The turn is over or was stopped: whoever still waits is told so (R58). */
  cancelAll(): void {
    const all = [...this.#waiting];
    this.#waiting.clear();
    for (const [id, { rpcId }] of all) {
      this.cancel(rpcId);
      this.log.push({ type: 'resolved', id, outcome: 'cancelled', reason: 'cancelled' });
    }
  }
}

const selected = (optionId: string): object => ({ outcome: { outcome: 'selected', optionId } });
