import { isObject, type JsonObject } from '../../core/json.ts';
import type { Asked } from '../acp/asked.ts';
import { Elicitations } from '../acp/elicitation.ts';
import { INVALID_PARAMS, METHOD_NOT_FOUND, type JsonRpcPeer, type RpcId } from '../acp/json-rpc.ts';
import type { Oddity } from '../acp/oddity.ts';
import { APPROVALS, type Question } from './approvals.ts';
import { ownForm, serverForm, type FormRequest } from './forms.ts';
import type { TurnItems } from './items.ts';

/** Requests of one agent that may be under way at once (R30). */
const MAX_UNDER_WAY = 1_000;

/** What is asked by a form or a link, by method. */
const FORMS: ReadonlyMap<string, (params: JsonObject) => FormRequest | undefined> = new Map([
  ['item/tool/requestUserInput', ownForm],
  ['mcpServer/elicitation/request', serverForm],
]);

export interface RequestsHost {
  readonly title: string;
  /** Whether they come from the conversation that is open, or from one that it began. */
  isOurs(params: JsonObject): boolean;
  /** As the session's: `respond` takes ACP's result, and may be called once. */
  permission(params: JsonObject, respond: (result: unknown) => void, withdrawn: AbortSignal): void;
  asks(asked: Asked): void;
  notice(level: 'info' | 'warning', text: string): void;
  odd(what: Oddity, detail: string): void;
}

/** What the app-server asks of its client: each request is answered once, or taken back by the server. */
export class ServerRequests {
  readonly #underWay = new Map<string, AbortController>();
  readonly #elicitations: Elicitations;

  constructor(
    private readonly peer: Pick<JsonRpcPeer, 'respond' | 'respondError'>,
    private readonly items: Pick<TurnItems, 'callOf'>,
    private readonly host: RequestsHost,
  ) {
    const { title } = host;
    this.#elicitations = new Elicitations({ title, note: (...note) => host.notice(...note) });
  }

  request(method: string, params: JsonObject, id: RpcId): void {
    const ask = APPROVALS.get(method);
    const form = FORMS.get(method);
    if (!ask && !form) {
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
    const question = ask?.(params, this.items);
    if (question) return this.#ask(question, params, id);
    const filled = form?.(params);
    if (filled) return this.#askForm(filled, id);
    this.host.odd('unknown_request', method);
    this.peer.respondError(id, INVALID_PARAMS, `These parameters of ${method} cannot be read.`);
  }

  /** The server does not want an answer any more, or has got it (R41). */
  resolved(params: JsonObject): void {
    const key = keyOf(params['requestId']);
    const controller = this.#underWay.get(key);
    this.#underWay.delete(key);
    controller?.abort();
  }

  #ask({ toolCall, choices, cancelled }: Question, { threadId }: JsonObject, id: RpcId): void {
    const signal = this.#begin(id);
    const options = choices.map((each) => ({
      optionId: each.id,
      name: each.name,
      kind: each.kind,
    }));
    this.host.permission(
      { sessionId: threadId, toolCall, options },
      (result) => {
        if (!this.#end(id, signal)) return;
        const outcome = isObject(result) ? result['outcome'] : undefined;
        const optionId = isObject(outcome) ? outcome['optionId'] : undefined;
        const chosen = choices.find((each) => each.id === optionId);
        this.peer.respond(id, chosen ? chosen.result : cancelled);
      },
      signal,
    );
  }

  #askForm({ params, answer }: FormRequest, id: RpcId): void {
    const signal = this.#begin(id);
    const respond = (result: unknown): void => {
      if (this.#end(id, signal)) this.peer.respond(id, answer(result));
    };
    try {
      const asked = this.#elicitations.create(params, respond, signal);
      if (asked) this.host.asks(asked);
    } catch {
      // A mode that is not known, or a link without an id.
      this.host.odd('unknown_request', 'elicitation');
      respond({ action: 'decline' });
    }
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
