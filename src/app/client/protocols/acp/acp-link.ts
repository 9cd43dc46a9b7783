import type { JsonObject } from '../../../../core/json.ts';
import { OPEN_TIMEOUT_MS } from '../../../../core/limits.ts';
import { systemClock } from '../../clock.ts';
import { OwnClose } from '../closing.ts';
import { LocalLog } from '../local-log.ts';
import type { Link, OpenRequest } from '../port.ts';
import { AcpConversation } from './acp-turn.ts';
import { classifyAcpClose } from './close.ts';
import { AcpSettings, hasSettings, tellSettings } from './settings.ts';
import { kindOf, withoutOurs, withUpdate } from './acp-quirks.ts';
import { acpUrl, greet, troubleOf, type Hello, type Trouble } from './handshake.ts';
import {
  AUTH_REQUIRED,
  INVALID_PARAMS,
  METHOD_NOT_FOUND,
  RpcSocket,
  type RpcId,
} from './rpc-socket.ts';

/** Updates that may come before their session is open, a replayed history among them; the oldest give way. */
const MAX_EARLY = 50_000;

/** The same of permission requests; more are refused. */
const MAX_ASKED = 100;
const PERMISSION = 'session/request_permission';

const LOST = 'This agent cannot take the conversation up again. Its history stays here.';

type Held = Parameters<Link['prompt']>;

/** One connection to an ACP server with one session on it. */
export class AcpLink implements Link {
  readonly #request: OpenRequest;
  readonly #log: LocalLog;
  readonly #rpc: RpcSocket;
  #hello: Hello | undefined;
  #conversation: AcpConversation | undefined;
  /** Prompts that come while what was said before is shown; undefined at any other time. */
  #held: Held[] | undefined;
  /** The id that is being opened, once it is known. */
  #opening: string | undefined;
  /** `session/load` repeats what the page has. */
  #replaying = false;
  #early: JsonObject[] = [];
  #earlyDropped = 0;
  /** Requests that wait in a session which is taken up. */
  #asked: [JsonObject, RpcId][] = [];
  #over = false;

  /** Of an agent that has none there are none. */
  settings: AcpSettings | undefined;
  readonly cancel = {
    send: (_key: string, turn?: string): void => this.#conversation?.cancel(turn),
  };
  readonly approve = {
    answer: (key: string, id: string, optionId: string | undefined): void =>
      this.#conversation
        ? this.#conversation.permissions.answer(key, id, optionId)
        : this.#log.refused(key, { code: 'unknown_request', message: LOST, retryable: false }),
  };

  constructor(request: OpenRequest) {
    this.#request = request;
    this.#log = new LocalLog(request, { tellsSilence: true });
    this.#rpc = new RpcSocket(request.sockets, acpUrl(request), {
      opened: () =>
        greet(
          this.#rpc,
          request,
          (hello) => this.#open(hello),
          (trouble) => this.#fail(trouble),
        ),
      notification: (method, params) => this.#notified(method, params),
      request: (method, params, id) => this.#requested(method, params, id),
      stray: (repeated, id) =>
        this.#log.ignored(repeated ? 'duplicate_final' : 'unknown_request', String(id)),
      closed: (code, reason) => this.#closed(code, reason),
    });
  }

  get takes(): JsonObject {
    return this.#hello?.takes ?? {};
  }

  get afterDrop(): 'retry' | 'lost' {
    return this.#hello && !this.#hello.resume && !this.#hello.load ? 'lost' : 'retry';
  }

  prompt: Link['prompt'] = (key, prompt) => {
    if (this.#conversation) this.#conversation.prompt(key, prompt);
    else if (this.#held) this.#held.push([key, prompt]);
    else this.#log.refused(key, { code: 'session_lost', message: LOST, retryable: false });
  };

  close(code?: number, reason?: string): void {
    this.#over = true;
    this.#log.close();
    this.#conversation?.close();
    this.#rpc.close(code, reason);
  }

  get #remote(): { sessionId?: string; cwd?: string; own?: boolean } {
    return this.#request.remote ?? {};
  }

  get #base(): { cwd: string; mcpServers: [] } {
    return { cwd: this.#remote.cwd ?? this.#request.summary.cwd, mcpServers: [] };
  }

  #open(hello: Hello): void {
    this.#hello = hello;
    this.#request.sink.opening?.(OPEN_TIMEOUT_MS);
    const { sessionId, own } = this.#remote;
    const empty = this.#log.head === 0;
    const ways: string[] = [];
    if (hello.resume) ways.push('session/resume');
    // Whoever has nothing wants the history; whoever has it needs no second copy.
    if (hello.load) ways[empty ? 'unshift' : 'push']('session/load');
    // A session of ours in which nothing was said yet is as good as a new one.
    if (empty && (sessionId === undefined || (own && ways.length === 0))) this.#new();
    else if (typeof sessionId === 'string') this.#goOn(sessionId, ways);
    else this.#lost();
  }

  #new(): void {
    this.#rpc.request(
      'session/new',
      this.#base,
      (result) => {
        const { sessionId } = result;
        if (typeof sessionId === 'string') return this.#opened(sessionId, result, true);
        this.#fail(troubleOf({ code: INVALID_PARAMS, message: 'It gave the session no id.' }));
      },
      (failure) => this.#fail(troubleOf(failure)),
    );
  }

  #goOn(sessionId: string, [way, ...others]: readonly string[]): void {
    if (way === undefined) return this.#lost();
    this.#opening = sessionId;
    this.#replaying = way === 'session/load';
    this.#rpc.request(
      way,
      { ...this.#base, sessionId },
      (result) => this.#opened(sessionId, result, this.#remote.own === true),
      (failure) => {
        this.#early = [];
        if (failure.code === AUTH_REQUIRED) this.#fail(troubleOf(failure));
        else this.#goOn(sessionId, others);
      },
    );
  }

  #opened(sessionId: string, result: JsonObject, own: boolean): void {
    const { policy, sink, clock = systemClock } = this.#request;
    const early = this.#early;
    const held: Held[] = [];
    const { cwd } = this.#base;
    this.#early = [];
    this.#held = held;
    this.#opening = sessionId;
    const discards = policy.partial === 'discard';
    const conversation = new AcpConversation(this.#rpc, this.#log, sessionId, discards, clock);
    if (hasSettings(result)) this.settings = new AcpSettings(this.#rpc, this.#log, sessionId);
    sink.incoming({ kind: 'remote', remote: { sessionId, cwd, own } });
    this.#log.attached({ agentTitle: this.#hello!.agentTitle, cwd });
    if (this.#over) return;
    if (this.#earlyDropped > 0) this.#log.push(truncated(this.#earlyDropped));
    for (const params of early) {
      if (this.#isOurs(params, 'session/update')) conversation.show(params);
    }
    if (this.settings) tellSettings(this.#log, result);
    this.#replaying = false;
    this.#held = undefined;
    this.#conversation = conversation;
    for (const [params, id] of this.#asked.splice(0)) this.#requested(PERMISSION, params, id);
    for (const [key, prompt] of held) this.prompt(key, prompt);
  }

  #notified(method: string, params: JsonObject): void {
    if (method === '$/cancel_request') {
      const { requestId } = params;
      if (this.#conversation?.permissions.withdrawn(requestId)) return;
      return this.#log.ignored('unknown_request', method);
    }
    if (method !== 'session/update') return this.#log.ignored('unknown_kind', method);
    const update = withoutOurs(withUpdate(params));
    if (!this.#isOurs(update, method)) return;
    if (this.#conversation) return this.#conversation.update(update);
    // The page has it; what describes the session as it is now is news all the same.
    if (this.#replaying && this.#log.head > 0 && kindOf(update) !== 'standing') return;
    if (this.#early.length >= MAX_EARLY) {
      this.#early.shift();
      this.#earlyDropped++;
    }
    this.#early.push(update);
  }

  #requested(method: string, params: JsonObject, id: RpcId): void {
    if (method !== PERMISSION) {
      this.#log.ignored('unknown_kind', method);
      this.#rpc.respondError(id, METHOD_NOT_FOUND, `This page does not offer ${method}.`);
      return;
    }
    if (!this.#isOurs(params, method)) {
      this.#rpc.respondError(id, INVALID_PARAMS, 'Unknown session.');
    } else if (this.#conversation) this.#conversation.asked(params, id);
    else if (this.#asked.length < MAX_ASKED) this.#asked.push([params, id]);
    else
      this.#rpc.respondError(id, INVALID_PARAMS, 'Too many requests before the session is open.');
  }

  /** Whether it belongs to the session of this link (R50, R51). */
  #isOurs({ sessionId }: JsonObject, method: string): boolean {
    if (sessionId === undefined || sessionId === null) {
      if (this.#request.policy.scope === 'lenient') return true;
      this.#log.ignored('missing_scope', method);
      return false;
    }
    // The answer to `session/new` may come after the first updates of what it opens.
    if (sessionId === this.#opening || this.#opening === undefined) return true;
    this.#log.ignored('foreign_scope', method);
    return false;
  }

  #fail({ code, error }: Trouble): void {
    if (this.#over) return;
    this.#request.sink.incoming({ kind: 'error', error });
    this.#end(code, error.message);
  }

  #lost(): void {
    this.#log.attached();
    if (this.#over) return;
    this.#log.push({ type: 'notice', level: 'warning', text: LOST });
    this.#end(OwnClose.lost, LOST);
  }

  #closed(code: number, reason: string): void {
    if (this.#conversation) {
      this.#log.interrupted();
      const breaks = classifyAcpClose(code).verdict === 'retry';
      if (breaks && this.afterDrop === 'lost' && this.#log.head > 0) {
        this.#log.push({ type: 'notice', level: 'warning', text: LOST });
        return this.#end(OwnClose.lost, LOST);
      }
    }
    this.#end(code, reason);
  }

  #end(code: number, reason: string): void {
    if (this.#over) return;
    this.close();
    this.#request.sink.closed(code, reason);
  }
}

const truncated = (count: number): { type: 'notice'; level: 'warning'; text: string } => ({
  type: 'notice',
  level: 'warning',
  text: `The history is longer than ${MAX_EARLY} updates; its first ${count} are not shown.`,
});
