import type { WebSocket } from 'ws';
import { ApertureError, toErrorInfo, type ErrorInfo } from '../../../core/errors.ts';
import { newId } from '../../../core/ids.ts';
import { isObject, type JsonObject } from '../../../core/json.ts';
import { oneLine } from '../../../core/text/sanitise.ts';
import { METHOD_NOT_FOUND, RpcError, type RpcId } from '../../acp/json-rpc.ts';
import type { Session } from '../../session/session.ts';
import { defaultAgent } from '../default-agent.ts';
import type { DialectConnection, DialectOptions } from '../dialect.ts';
import { DialectSocket, type DialectSocketOptions } from '../dialect-socket.ts';
import { agentSettled } from './agent-settled.ts';
import { AttachedSession } from './attached-session.ts';
import { helloAnswer, TOKEN_FIELD, TOKEN_METHOD } from './hello.ts';
import { sessionPage } from './listing.ts';
import {
  AUTH_REQUIRED,
  INTERNAL_ERROR,
  INVALID_REQUEST,
  MisreadRequest,
  NOT_FOUND,
  readMessage,
  REFUSED,
  rpcErrorOf,
  type Message,
} from './messages.ts';
import { checked, SCHEMAS } from './params.ts';
import { RpcOut } from './rpc.ts';
import { settingsInLog } from './settings.ts';

/** Sessions that one socket follows at a time, those included that are just being made (R30). */
const MAX_SESSIONS = 100;
const AGENT_FIELD = 'aperture/agent';
const KEY_FIELD = 'aperture/key';

export interface AcpOptions extends DialectSocketOptions, DialectOptions {}

type Handler = (params: JsonObject, id: RpcId) => object | undefined | Promise<object | undefined>;

/** One ACP client: any number of sessions on one socket. What runs when it goes, goes on. */
export class AcpConnection implements DialectConnection {
  readonly #socket: DialectSocket;
  readonly #rpc: RpcOut;
  readonly #sessions = new Map<string, AttachedSession>();
  #opening = 0;
  #initialized = false;
  #by = 'acp';
  #notices = false;

  constructor(
    webSocket: WebSocket,
    private readonly options: AcpOptions,
  ) {
    this.#socket = new DialectSocket(webSocket, options, {
      message: (text) => this.#message(readMessage(text)),
      refuse: (error) => this.#refuse(error),
      closed: () => {
        for (const session of this.#sessions.values()) session.detach();
        this.#sessions.clear();
      },
    });
    this.#rpc = new RpcOut(this.#socket);
  }

  get isAttached(): boolean {
    return this.#socket.isAttached;
  }

  sweep(): void {
    this.#socket.sweep();
  }

  close(code: number, reason: string, error?: ErrorInfo): void {
    this.#socket.close(code, reason, error);
  }

  #message(message: Message): void {
    switch (message.kind) {
      case 'request':
        return void this.#request(message);
      case 'notification':
        return this.#notification(message);
      case 'response':
        if (!this.#rpc.answered(message.id, message.result, message.error)) {
          this.#socket.live.log('info', 'response.late');
        }
    }
  }

  async #request({ id, method, params }: Extract<Message, { kind: 'request' }>): Promise<void> {
    try {
      const handler = Object.hasOwn(this.#methods, method) ? this.#methods[method] : undefined;
      if (!handler)
        throw new RpcError(METHOD_NOT_FOUND, `Method not found: ${oneLine(method, 64)}`);
      if (method.startsWith('session/')) this.#mayUseSessions();
      const result = await handler(params, id);
      if (result) this.#rpc.respond(id, result);
    } catch (error) {
      this.#rpc.fail(id, this.#asRpcError(error));
    }
  }

  #notification({ method, params }: Extract<Message, { kind: 'notification' }>): void {
    if (!this.#initialized || !this.isAttached) return;
    try {
      if (method === 'session/cancel') {
        this.#attached(checked(SCHEMAS.session, params).sessionId).cancel();
      } else if (method === '$/cancel_request') {
        const { requestId } = checked(SCHEMAS.cancelRequest, params);
        for (const session of this.#sessions.values()) {
          if (session.cancelPrompt(requestId)) return;
        }
      }
    } catch (error) {
      // A notification has no answer, whatever is wrong with it.
      this.#socket.live.log('warn', 'notification.refused', {
        method: oneLine(method, 64),
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }

  // — the methods —

  readonly #methods: Readonly<Record<string, Handler>> = {
    initialize: (params) => this.#initialize(params),
    authenticate: (params) => this.#authenticate(params),
    'session/new': (params, id) => this.#newSession(params, id),
    'session/list': (params) =>
      sessionPage(this.options.pool.list(), checked(SCHEMAS.listSessions, params)),
    'session/load': (params, id) => this.#takeUp(params, id, 'all'),
    'session/resume': (params, id) => this.#resume(params, id),
    'session/close': (params) => {
      const { sessionId } = checked(SCHEMAS.session, params);
      this.#attached(sessionId).cancelOwn();
      this.#detach(sessionId);
      return {};
    },
    'session/delete': (params) => {
      const { sessionId } = checked(SCHEMAS.session, params);
      this.options.pool.end(this.#find(sessionId), this.#by);
      return {};
    },
    'session/set_mode': (params, id) => {
      const { sessionId, modeId } = checked(SCHEMAS.setMode, params);
      this.#attached(sessionId).set(id, { t: 'set_mode', k: newId(), mode: modeId });
      return undefined;
    },
    'session/set_config_option': (params, id) => {
      const { sessionId, configId, value } = checked(SCHEMAS.setOption, params);
      const frame = { t: 'set_option', k: newId(), option: configId, value } as const;
      this.#attached(sessionId).set(id, frame);
      return undefined;
    },
    'session/prompt': (params, id) => {
      const { sessionId, prompt, _meta } = checked(SCHEMAS.prompt, params);
      const key = _meta?.[KEY_FIELD];
      const usable = typeof key === 'string' && key !== '' && key.length <= 128;
      this.#attached(sessionId).prompt(id, prompt, usable ? key : undefined);
      return undefined;
    },
  };

  #initialize(params: JsonObject): object {
    const { clientInfo, clientCapabilities } = checked(SCHEMAS.initialize, params);
    this.#initialized = true;
    this.#by = oneLine(clientInfo?.name ?? '', 64) || 'acp';
    const forSessions = clientCapabilities?.['session'];
    this.#notices = isObject(forSessions) && isObject(forSessions['notices']);
    return helloAnswer(this.options.version, this.#agents());
  }

  /** The agents that can be chosen; only for who has shown the token. */
  #agents(): object {
    if (!this.isAttached) return {};
    const agents = this.options.pool.agents().agents.filter(({ available }) => available);
    return { agents: agents.map(({ name, title }) => ({ name, title })) };
  }

  #authenticate(params: JsonObject): object {
    const { methodId, _meta } = checked(SCHEMAS.authenticate, params);
    if (this.isAttached) return {};
    if (methodId !== TOKEN_METHOD) {
      throw new RpcError(AUTH_REQUIRED, `The one method to authenticate is “${TOKEN_METHOD}”.`);
    }
    const token = _meta?.[TOKEN_FIELD];
    if (typeof token !== 'string' || !this.options.checkToken(token)) {
      // After the answer to this request.
      queueMicrotask(() => this.#socket.unauthorized());
      throw new RpcError(AUTH_REQUIRED, 'The token is missing or wrong.');
    }
    this.#socket.authorize();
    return { _meta: { aperture: this.#agents() } };
  }

  async #newSession(params: JsonObject, id: RpcId): Promise<undefined> {
    const { cwd, _meta, mcpServers, additionalDirectories } = checked(SCHEMAS.newSession, params);
    const { pool } = this.options;
    this.#room();
    this.#opening++;
    try {
      const agent = _meta?.[AGENT_FIELD] ?? defaultAgent(pool, this.options.defaultAgent);
      const session = await pool.create({
        agent,
        cwd,
        title: undefined,
        mcpServers: mcpServers ?? undefined,
        additionalDirectories: additionalDirectories ?? undefined,
      });
      await agentSettled(session, this.#socket.live.signal);
      const { agentState, error } = session.summary();
      if (!this.#socket.isOpen || agentState !== 'ready') {
        // Nobody knows its id, and nobody could ever use it.
        pool.end(session, this.#by);
        throw rpcErrorOf(error ?? (agentState === 'starting' ? SIGN_IN : AGENT_GONE));
      }
      this.#socket.live.attached(session.id, this.#by);
      this.#rpc.respond(id, {
        sessionId: session.id,
        ...session.settings,
        _meta: { aperture: about(session) },
      });
      this.#follow(session, 'all');
    } finally {
      this.#opening--;
    }
    return undefined;
  }

  /** As {@link #takeUp}, with what an earlier gateway's log says of modes and options. */
  async #resume(params: JsonObject, id: RpcId): Promise<undefined> {
    const { sessionId } = checked(SCHEMAS.takeUp, params);
    const { settings, log } = this.#find(sessionId);
    const known = settings ?? (await settingsInLog(log));
    if (this.#socket.isOpen) this.#takeUp(params, id, 'none', known);
  }

  #takeUp(params: JsonObject, id: RpcId, replay: 'all' | 'none', settings?: JsonObject): undefined {
    const { sessionId, ...lists } = checked(SCHEMAS.takeUp, params);
    const session = this.#find(sessionId);
    const result = { ...settings, _meta: { aperture: about(session, notPassedOn(lists)) } };
    if (replay === 'none' && this.#sessions.has(sessionId)) {
      this.#rpc.respond(id, result);
      return undefined;
    }
    this.#detach(sessionId);
    this.#room();
    this.#socket.live.attached(sessionId, this.#by);
    if (replay === 'none') {
      this.#rpc.respond(id, result);
      this.#follow(session, 'none');
    } else {
      this.#follow(session, 'all', (known) => this.#rpc.respond(id, { ...known, ...result }));
    }
    return undefined;
  }

  // — small things —

  #follow(
    session: Session,
    replay: 'all' | 'none',
    replayed?: (settings: JsonObject) => void,
  ): void {
    const attached = new AttachedSession({
      session,
      socket: this.#socket,
      rpc: this.#rpc,
      by: this.#by,
      notices: this.#notices,
      replay,
      replayed,
      ended: () => this.#detach(session.id),
    });
    this.#sessions.set(session.id, attached);
  }

  #detach(sessionId: string): void {
    const attached = this.#sessions.get(sessionId);
    if (!attached) return;
    this.#sessions.delete(sessionId);
    attached.detach();
    this.#socket.live.settledAll(sessionId);
    this.#socket.live.detached(sessionId);
  }

  #mayUseSessions(): void {
    if (!this.isAttached) {
      throw new RpcError(
        AUTH_REQUIRED,
        `Authentication required: use the method “${TOKEN_METHOD}”.`,
      );
    }
    if (!this.#initialized) throw new RpcError(INVALID_REQUEST, 'Send initialize first.');
  }

  #room(): void {
    if (this.#sessions.size + this.#opening < MAX_SESSIONS) return;
    throw new RpcError(
      REFUSED,
      `One connection follows ${MAX_SESSIONS} sessions at most. Close one.`,
    );
  }

  #find(sessionId: string): Session {
    const session = this.options.pool.get(sessionId);
    if (session) return session;
    throw new RpcError(NOT_FOUND, 'There is no such session; it may have been ended.');
  }

  #attached(sessionId: string): AttachedSession {
    const attached = this.#sessions.get(sessionId);
    if (attached) return attached;
    this.#find(sessionId);
    throw new RpcError(
      INVALID_REQUEST,
      'This connection does not follow the session. Use session/load or session/resume first.',
    );
  }

  #asRpcError(error: unknown): RpcError {
    if (error instanceof RpcError) return error;
    if (error instanceof ApertureError) return rpcErrorOf(toErrorInfo(error));
    this.#socket.live.log('error', 'request.broken', { error: String(error) });
    return new RpcError(INTERNAL_ERROR, 'The gateway met an error.');
  }

  /** A frame that was no message. It costs nobody anything: not even this socket is closed (R71). */
  #refuse(error: unknown): void {
    if (error instanceof MisreadRequest) this.#rpc.fail(error.id, error.error);
    else if (error instanceof ApertureError) {
      this.#rpc.fail(null, new RpcError(INVALID_REQUEST, error.message, error.toInfo()));
    } else this.#rpc.fail(null, this.#asRpcError(error));
  }
}

/** What the client may want to know of a session that ACP has no field for. */
function about(session: Session, ignored: readonly string[] = []): object {
  const { agent, agentTitle, cwd, title } = session.summary();
  return { agent, agentTitle, cwd, title, ...(ignored.length > 0 && { ignored }) };
}

/** A session that is there has the servers and directories that it began with; who names others is told so. */
const notPassedOn = (lists: Record<string, unknown>): string[] =>
  ['mcpServers', 'additionalDirectories'].filter((name) => {
    const list = lists[name];
    return Array.isArray(list) && list.length > 0;
  });

const SIGN_IN: ErrorInfo = {
  code: 'agent_auth',
  message:
    'The agent wants its user to sign in first. Begin a session with it in the gateway’s page, which asks how.',
  retryable: true,
};

const AGENT_GONE: ErrorInfo = {
  code: 'agent_exited',
  message: 'The agent ended before it was ready.',
  retryable: true,
};
