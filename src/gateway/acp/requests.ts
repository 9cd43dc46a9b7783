import type { JsonObject } from '../../core/json.ts';
import type { Asked } from './asked.ts';
import type { Elicitations } from './elicitation.ts';
import {
  INVALID_PARAMS,
  METHOD_NOT_FOUND,
  REQUEST_CANCELLED,
  RpcError,
  type JsonRpcPeer,
  type RpcId,
} from './json-rpc.ts';
import type { Services } from './services/services.ts';
import type { Oddity } from './oddity.ts';

/** Requests of one agent that may be under way at once (R30). */
const MAX_UNDER_WAY = 1_000;

export interface RequestsHost {
  /** Whether these params are meant for the session that is open. */
  isOurs(params: JsonObject): boolean;
  /** `respond` may be called once; `withdrawn` aborts when the agent does not want an answer any more. */
  permission(params: JsonObject, respond: (result: unknown) => void, withdrawn: AbortSignal): void;
  /** An elicitation that can be shown. */
  asks(asked: Asked): void;
  odd(what: Oddity, detail: string): void;
}

/** What an agent asks of the gateway: each request is answered once, whatever becomes of it. */
export class AgentRequests {
  readonly #underWay = new Map<string, AbortController>();

  constructor(
    private readonly peer: Pick<JsonRpcPeer, 'respond' | 'respondError' | 'isWaiting'>,
    private readonly services: Services,
    private readonly elicitations: Pick<Elicitations, 'create'>,
    private readonly host: RequestsHost,
  ) {}

  request(method: string, params: JsonObject, id: RpcId): void {
    const asked = method === 'session/request_permission';
    const elicited = method === 'elicitation/create';
    if (!asked && !elicited && !this.services.has(method)) {
      this.host.odd('unknown_request', method);
      return this.peer.respondError(id, METHOD_NOT_FOUND, `Method not found: ${method}`);
    }
    // An elicitation may be about a request of ours instead: an `authenticate` that is under way.
    const about =
      elicited && params['sessionId'] == null && this.peer.isWaiting(params['requestId']);
    if (!about && !this.host.isOurs(params)) {
      this.host.odd('foreign_session', method);
      return this.peer.respondError(id, INVALID_PARAMS, 'Unknown session.');
    }
    if (this.#underWay.size >= MAX_UNDER_WAY) {
      this.host.odd('too_many_requests', method);
      return this.peer.respondError(id, INVALID_PARAMS, 'Too many requests at once.');
    }
    // Answered already, its first answer would count for both.
    if (id !== null && this.#underWay.has(keyOf(id))) {
      return this.host.odd('repeated_request', method);
    }
    const settle = this.#begin(id);
    if (asked || elicited) {
      const { signal } = this.#underWay.get(keyOf(id))!;
      const respond = (result: unknown): void => settle({ result });
      if (asked) return this.host.permission(params, respond, signal);
      try {
        const question = this.elicitations.create(params, respond, signal);
        if (question) this.host.asks(question);
      } catch (error) {
        settle({ error });
      }
      return;
    }
    this.services.serve(method, params).then(
      (result) => settle({ result }),
      (error: unknown) => settle({ error }),
    );
  }

  /** ACP's `$/cancel_request`. A request that is done, or was never made, is nothing (R41). */
  cancel({ requestId }: JsonObject): void {
    this.#underWay.get(keyOf(requestId))?.abort();
  }

  /** @returns answers, the first time that it is called. */
  #begin(id: RpcId): (outcome: { result: unknown } | { error: unknown }) => void {
    const key = keyOf(id);
    const controller = new AbortController();
    this.#underWay.set(key, controller);
    let open = true;
    const settle = (outcome: { result: unknown } | { error: unknown }): void => {
      if (!open) return;
      open = false;
      if (this.#underWay.get(key) === controller) this.#underWay.delete(key);
      if ('result' in outcome) return this.peer.respond(id, outcome.result);
      const { error } = outcome;
      const code = error instanceof RpcError ? error.rpcCode : INTERNAL_ERROR;
      const message = error instanceof Error ? error.message : String(error);
      this.peer.respondError(id, code, message);
    };
    controller.signal.addEventListener(
      'abort',
      () => settle({ error: new RpcError(REQUEST_CANCELLED, 'The request was cancelled.') }),
      { once: true },
    );
    return settle;
  }
}

const INTERNAL_ERROR = -32603;

/** 1 and "1" are different ids. */
const keyOf = (id: unknown): string => JSON.stringify(id) ?? '';
