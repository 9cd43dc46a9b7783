import type { JsonObject } from '../../core/json.ts';
import { isObject } from '../../core/json.ts';
import { INVALID_PARAMS, METHOD_NOT_FOUND, type JsonRpcPeer, type RpcId } from '../acp/json-rpc.ts';
import type { Oddity } from '../acp/oddity.ts';
import { APPROVALS, ownQuestions, type Question } from './approvals.ts';
import type { TurnItems } from './items.ts';

/** Requests of one agent that may be under way at once (R30). */
const MAX_UNDER_WAY = 1_000;
const OWN_QUESTIONS = 'item/tool/requestUserInput';
const ELICITATION = 'mcpServer/elicitation/request';

export interface RequestsHost {
  /** Whether they come from the conversation that is open, or from one that it began. */
  isOurs(params: JsonObject): boolean;
  /** As the session's: `respond` takes ACP's result, and may be called once. */
  permission(params: JsonObject, respond: (result: unknown) => void, withdrawn: AbortSignal): void;
  notice(level: 'info' | 'warning', text: string): void;
  odd(what: Oddity, detail: string): void;
}

/** What the app-server asks of its client: each request is answered once, or taken back by the server. */
export class ServerRequests {
  readonly #underWay = new Map<string, AbortController>();

  constructor(
    private readonly peer: Pick<JsonRpcPeer, 'respond' | 'respondError'>,
    private readonly items: Pick<TurnItems, 'callOf'>,
    private readonly host: RequestsHost,
  ) {}

  request(method: string, params: JsonObject, id: RpcId): void {
    const ask = APPROVALS.get(method);
    if (!ask && method !== OWN_QUESTIONS) {
      this.host.odd('unknown_request', method);
      return this.peer.respondError(id, METHOD_NOT_FOUND, `Method not found: ${method}`);
    }
    if (!this.host.isOurs(params)) {
      this.host.odd('foreign_session', method);
      return this.peer.respondError(id, INVALID_PARAMS, 'Unknown thread.');
    }
    if (this.#underWay.size >= MAX_UNDER_WAY || this.#underWay.has(keyOf(id))) {
      this.host.odd('too_many_requests', method);
      return this.peer.respondError(id, INVALID_PARAMS, 'Too many requests at once.');
    }
    if (!ask) return this.#askAll(params, id);
    const question = ask(params, this.items);
    if (question) return this.#ask(question, params, id);
    if (method !== ELICITATION) return this.#unreadable(method, id);
    const text =
      'An MCP server asked for input that cannot be given here; it was told that it gets none.';
    this.host.notice('warning', text);
    this.peer.respond(id, { action: 'decline', content: null, _meta: null });
  }

  /** The server does not want an answer any more, or has got it (R41). */
  resolved(params: JsonObject): void {
    const key = keyOf(params['requestId']);
    const controller = this.#underWay.get(key);
    this.#underWay.delete(key);
    controller?.abort();
  }

  #ask(question: Question, params: JsonObject, id: RpcId): void {
    const signal = this.#begin(id);
    this.#put(question, params, signal, (result) => {
      if (this.#end(id, signal)) this.peer.respond(id, result);
    });
  }

  /** One after the other; what nobody answers ends the rest. */
  #askAll(params: JsonObject, id: RpcId): void {
    const questions = ownQuestions(params, this.items);
    if (!questions) return this.#unreadable(OWN_QUESTIONS, id);
    const signal = this.#begin(id);
    const answers: Record<string, { answers: string[] }> = {};
    const next = (index: number): void => {
      const one = questions[index];
      if (!one) {
        if (this.#end(id, signal)) this.peer.respond(id, { answers });
        return;
      }
      this.#put(one.question, params, signal, (label) => {
        answers[one.id] = { answers: typeof label === 'string' ? [label] : [] };
        next(typeof label === 'string' ? index + 1 : questions.length);
      });
    };
    next(0);
  }

  #put(
    { toolCall, choices, cancelled }: Question,
    { threadId }: JsonObject,
    signal: AbortSignal,
    answer: (result: unknown) => void,
  ): void {
    const options = choices.map(({ id, name, kind }) => ({ optionId: id, name, kind }));
    this.host.permission(
      { sessionId: threadId, toolCall, options },
      (result) => {
        const outcome = isObject(result) ? result['outcome'] : undefined;
        const optionId = isObject(outcome) ? outcome['optionId'] : undefined;
        const chosen = choices.find(({ id }) => id === optionId);
        answer(chosen ? chosen.result : cancelled);
      },
      signal,
    );
  }

  #unreadable(method: string, id: RpcId): void {
    this.host.odd('unknown_request', method);
    this.peer.respondError(id, INVALID_PARAMS, `These parameters of ${method} cannot be read.`);
  }

  #begin(id: RpcId): AbortSignal {
    const controller = new AbortController();
    this.#underWay.set(keyOf(id), controller);
    return controller.signal;
  }

  /** @returns whether it still waits for an answer. */
  #end(id: RpcId, signal: AbortSignal): boolean {
    const key = keyOf(id);
    if (this.#underWay.get(key)?.signal !== signal) return false;
    this.#underWay.delete(key);
    return true;
  }
}

/** 1 and "1" are different ids. */
const keyOf = (id: unknown): string => JSON.stringify(id) ?? '';
