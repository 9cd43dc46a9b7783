import { isObject, type JsonObject } from '../../core/json.ts';
import type { Later } from '../../core/updates/gathered.ts';
import { RareUpdates, type NoticeLevel } from '../../core/updates/rare.ts';
import type { AgentSpec } from '../agents/types.ts';
import { JsonRpcPeer, type PeerHost, type RpcId } from './json-rpc.ts';
import { withoutCommandPlace } from './quirks/command-place.ts';
import { EchoedPrompt } from './quirks/echoed-prompt.ts';
import { OlderModels } from './quirks/models.ts';
import { SilentModes } from './quirks/silent-modes.ts';
import { withoutToldDecisions } from './quirks/told-decisions.ts';
import { UsageEndsMessage } from './quirks/usage-ends-message.ts';
import type { TerminalNews } from './services/terminals.ts';
import { Bridge2 } from './v2/bridge.ts';
import { agreedVersion, helloFrom2, helloOf2, otherVersion, type AcpVersion } from './v2/hello.ts';
import { PromptedTurn } from './v2/turn.ts';

export interface AgentPeerHost extends PeerHost {
  notice(level: NoticeLevel, text: string): void;
  /** Of a terminal that the agent runs by itself and shows. */
  terminal(news: TerminalNews): void;
}

const later: Later = (run, ms) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

const OPENING = new Set(['session/new', 'session/load', 'session/resume']);
const SETTING = new Set(['session/set_mode', 'session/set_config_option']);

/**
 * JSON-RPC with an agent, as its link wants it: ACP 1 without the quirks of single agents, whichever version is
 * spoken on the wire. What is not known passes as it is.
 */
export class AgentPeer implements Pick<JsonRpcPeer, keyof JsonRpcPeer> {
  readonly #rpc: JsonRpcPeer;
  readonly #rare: RareUpdates;
  readonly #echo = new EchoedPrompt();
  readonly #models = new OlderModels();
  readonly #silent: SilentModes;
  #naming = new UsageEndsMessage({});
  #bridge: Bridge2 | undefined;
  #turn: PromptedTurn | undefined;
  #sessionId: unknown;
  /** A session is being taken up: what is told of it is told again. */
  #repeats = false;

  constructor(
    private readonly spec: AgentSpec,
    private readonly host: AgentPeerHost,
  ) {
    this.#rpc = new JsonRpcPeer({
      write: (line) => host.write(line),
      malformed: (line) => host.malformed(line),
      notification: (method, params) => this.#notified(method, params),
      request: (method, params, id) => {
        const asked = this.#bridge?.asked(method, params) ?? params;
        const permission = method === 'session/request_permission';
        host.request(method, permission ? withoutToldDecisions(asked) : asked, id);
      },
    });
    this.#rare = new RareUpdates(
      {
        update: (update) => this.#known(update),
        notice: (level, text) => this.#repeats || host.notice(level, text),
      },
      later,
    );
    this.#silent = new SilentModes(spec.title, (text) => host.notice('warning', text));
  }

  receive(line: string): void {
    this.#rpc.receive(line);
  }

  /**
   * Agrees on a version: 2 is offered only to agents that are configured for it, and version 1 is spoken with one
   * that answers 1.
   *
   * @param params `initialize` as version 1 has it. @returns the answer as version 1 has it.
   * @throws ApertureError `agent_protocol`; as {@link JsonRpcPeer.request}.
   */
  async initialize(params: JsonObject, timeoutMs: number): Promise<JsonObject> {
    const offered: AcpVersion = this.spec.protocolVersion ?? 1;
    const ask = (version: AcpVersion): Promise<JsonObject> =>
      this.#rpc.request(
        'initialize',
        version === 2 ? helloOf2(params) : { ...params, protocolVersion: 1 },
        // At once: what follows it on the wire is in the version that was agreed on.
        (answer) => this.#agreed(version, isObject(answer) ? answer : {}),
        timeoutMs,
      );
    return ask(offered).catch((error: unknown) => ask(otherVersion(this.spec, offered, error)));
  }

  #agreed(offered: AcpVersion, hello: JsonObject): JsonObject {
    const version = agreedVersion(this.spec, offered, hello);
    if (version === 2) {
      this.#bridge = new Bridge2({
        update: (update) => this.#plain(update),
        notice: (text) => this.#repeats || this.host.notice('info', text),
        terminal: (news) => this.#repeats || this.host.terminal(news),
        state: (update) => {
          // All that was gathered belongs before the turn's end.
          if (update['state'] === 'idle') this.#rare.flush();
          this.#turn?.state(update);
        },
      });
    }
    const told = version === 2 ? helloFrom2(hello) : hello;
    this.#naming = new UsageEndsMessage(told);
    return told;
  }

  request<T>(
    method: string,
    params: object,
    onResult: (result: unknown) => T,
    timeoutMs?: number,
    signal?: AbortSignal,
  ): Promise<T> {
    const given = params as JsonObject;
    if (method === 'session/prompt') return this.#prompt(given, onResult, timeoutMs);
    const older = this.#models.setting(method, given);
    const wanted = older ?? { method, params: given };
    const out = this.#bridge?.request(wanted.method, wanted.params) ?? wanted;
    const opens = OPENING.has(method);
    if (opens) {
      this.#sessionId = given['sessionId'];
      this.#repeats = given['sessionId'] !== undefined;
    }
    return this.#rpc.request(
      out.method,
      out.params,
      (answer) => {
        const { result, said } = this.#bridge?.answered(answer) ?? { result: answer, said: [] };
        const plain = isObject(result) ? result : {};
        if (opens) return this.#opened(plain, said, onResult);
        const answered = older ? older.took() : result;
        const done = onResult(answered);
        if (SETTING.has(method))
          this.#silent.set(method, given, isObject(answered) ? answered : {});
        return done;
      },
      timeoutMs,
      signal,
    );
  }

  #opened<T>(answer: JsonObject, said: JsonObject[], onResult: (result: unknown) => T): T {
    const result = this.#models.opened(answer);
    this.#sessionId ??= result['sessionId'];
    this.#rare.flush();
    const done = onResult(result);
    this.#repeats = false;
    for (const update of said) this.#plain(update);
    this.#silent.opened(result);
    return done;
  }

  #prompt<T>(
    params: JsonObject,
    onResult: (result: unknown) => T,
    timeoutMs: number | undefined,
  ): Promise<T> {
    this.#echo.prompted(Array.isArray(params['prompt']) ? params['prompt'] : []);
    const ended = (result: unknown): T => {
      this.#rare.flush();
      this.#echo.over();
      return onResult(result);
    };
    if (!this.#bridge) return this.#rpc.request('session/prompt', params, ended, timeoutMs);
    const out = this.#bridge.request('session/prompt', params);
    return new Promise((resolve, reject) => {
      const turn = new PromptedTurn((outcome) => {
        if (this.#turn === turn) this.#turn = undefined;
        if ('error' in outcome) return reject(outcome.error);
        try {
          resolve(ended(outcome.result));
        } catch (error) {
          reject(error as Error);
        }
      });
      this.#turn = turn;
      const taken = this.#rpc.request(out.method, out.params, () => turn.accepted(), timeoutMs);
      taken.catch((error: Error) => turn.fail(error));
    });
  }

  notify(method: string, params: object): void {
    this.#rpc.notify(method, params);
  }

  respond(id: RpcId, result: unknown): void {
    this.#rpc.respond(id, result);
  }

  respondError(id: RpcId, code: number, message: string): void {
    this.#rpc.respondError(id, code, message);
  }

  isWaiting(id: unknown): boolean {
    return this.#rpc.isWaiting(id);
  }

  /** Final: settles every request that still waits, once (R43). */
  close(error: Error): void {
    this.#rare.close();
    this.#rpc.close(error);
    this.#turn?.fail(error);
  }

  #notified(method: string, params: JsonObject): void {
    const { update, sessionId } = params;
    // Of another session nothing may be learnt here; the link counts it.
    const foreign = this.#sessionId !== undefined && sessionId !== this.#sessionId;
    if (method !== 'session/update' || !isObject(update) || foreign) {
      return this.host.notification(method, params);
    }
    if (this.#bridge) this.#bridge.update(update);
    else this.#plain(update, params);
  }

  /** In version 1's words, and the rare ones. */
  #plain(update: JsonObject, params?: JsonObject): void {
    if (this.#rare.read(update)) return;
    this.#known(update, params);
  }

  #known(update: JsonObject, params: JsonObject = { sessionId: this.#sessionId }): void {
    if (!this.#repeats && this.#echo.isEcho(update)) return;
    const shown = this.#models.updated(this.#naming.read(withoutCommandPlace(update)));
    this.host.notification('session/update', { ...params, update: shown });
    this.#silent.updated(shown);
  }
}
