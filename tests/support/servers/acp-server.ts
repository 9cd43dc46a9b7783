import type { WebSocket } from 'ws';
import { answerTo, streamPieces, WebSocketModelServer } from './model-server.ts';

export interface AcpMisbehaviour {
  /** A cancelled turn goes on talking after its end. */
  lateTokens?: boolean;
  /** Every prompt is answered twice. */
  duplicateFinal?: boolean;
  /** Before the answer, something is said of a session that nobody here opened. */
  foreign?: boolean;
  /** Before the answer, something is said of no session at all. */
  unscoped?: boolean;
  /** Before the answer, a request that was never made is answered. */
  orphans?: boolean;
  /** Before the answer, the agent wants to read a file of the client's. */
  requests?: boolean;
  /** It says the user's words again. */
  echo?: boolean;
  /** A turn fails, and the socket closes with 1011. */
  errorThenClose?: boolean;
  /** Nothing is ever answered. */
  silent?: boolean;
  /** A cancel is not heard. */
  deaf?: boolean;
}

export interface AcpServerOptions extends AcpMisbehaviour {
  /** Wanted by `authenticate` before a session is opened. */
  token?: string;
  resume?: boolean;
  load?: boolean;
  list?: boolean;
  /** Sessions in one page of the list. */
  pageSize?: number;
  /** Modes and options, which a session answers when it is opened or taken up; a mode “stuck” cannot be chosen. */
  settings?: boolean;
  /** Before each answer, an update of each of these kinds. */
  updates?: object[];
}

interface Session {
  mode: string;
  fast: boolean;
  readonly id: string;
  readonly cwd: string;
  title: string | undefined;
  readonly history: object[];
}

interface Message {
  id?: number;
  method?: string;
  params?: {
    sessionId?: string;
    prompt?: { text?: string }[];
    _meta?: Record<string, unknown>;
    protocolVersion?: number;
    cwd?: string;
    cursor?: string;
    modeId?: string;
    configId?: string;
    value?: string | boolean;
  };
  result?: { outcome?: { outcome?: string; optionId?: string } };
}

/** An ACP agent at `/acp`: JSON-RPC, one message per text frame, sessions that outlive their connections. */
export class AcpServer extends WebSocketModelServer {
  readonly sessions = new Map<string, Session>();
  readonly misbehave: AcpMisbehaviour;

  constructor(readonly options: AcpServerOptions = {}) {
    super();
    this.misbehave = { ...options };
  }

  protected admits({ pathname }: URL): number {
    return pathname === '/acp' ? 101 : 404;
  }

  protected connected(socket: WebSocket): void {
    new Connection(this, socket).listen();
  }

  /** Every socket says something that is no JSON. */
  sayNonsense(): void {
    for (const socket of this.clients) socket.send('{"jsonrpc":');
  }

  open(cwd: string): Session {
    const id = `sess_${this.sessions.size + 1}`;
    const session: Session = {
      id,
      cwd,
      title: undefined,
      history: [],
      mode: 'ask',
      fast: false,
    };
    this.sessions.set(id, session);
    return session;
  }
}

class Connection {
  readonly #turns = new Map<string, AbortController>();
  readonly #asked = new Map<number, (answer: string) => void>();
  #authorised: boolean;
  #initialized = false;
  #nextId = 0;

  constructor(
    readonly server: AcpServer,
    readonly socket: WebSocket,
  ) {
    this.#authorised = server.options.token === undefined;
  }

  listen(): void {
    const { socket, server } = this;
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Message;
      server.frames.push(message);
      if (!server.misbehave.silent) void this.#receive(message);
    });
    socket.on('close', () => {
      for (const turn of this.#turns.values()) turn.abort();
    });
  }

  #send(message: object): void {
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', ...message }));
  }

  #fail(id: number, code: number, message: string): void {
    this.#send({ id, error: { code, message } });
  }

  #update(session: Session, update: object, keep = true): void {
    if (keep) session.history.push(update);
    this.#send({ method: 'session/update', params: { sessionId: session.id, update } });
  }

  async #receive({ id, method, params = {}, result }: Message): Promise<void> {
    if (method === undefined) {
      const settle = this.#asked.get(id!);
      this.#asked.delete(id!);
      const { outcome, optionId } = result?.outcome ?? {};
      return settle?.(outcome === 'selected' ? optionId! : 'cancelled');
    }
    if (method === 'session/cancel') {
      if (!this.server.misbehave.deaf) this.#turns.get(params.sessionId ?? '')?.abort();
      return;
    }
    if (id === undefined) return;
    if (method === 'initialize') return this.#initialize(id, params);
    if (!this.#initialized) return this.#fail(id, -32600, 'initialize comes first');
    if (method === 'authenticate') return this.#authenticate(id, params);
    if (!this.#authorised) return this.#fail(id, -32000, 'auth required');
    const session = this.server.sessions.get(params.sessionId ?? '');
    const { resume, load, list } = this.server.options;
    if (method === 'session/new') {
      const opened = this.server.open(params.cwd ?? '');
      return this.#send({ id, result: { sessionId: opened.id, ...this.#settings(opened) } });
    }
    if (method === 'session/list' && list) return this.#list(id, params.cursor);
    if (!session) return this.#fail(id, -32602, `no session ${params.sessionId}`);
    if (method === 'session/resume' && resume) {
      return this.#send({ id, result: this.#settings(session) });
    }
    if (method === 'session/load' && load) {
      for (const update of session.history) this.#update(session, update, false);
      return this.#send({ id, result: this.#settings(session) });
    }
    if (method === 'session/set_mode' && params.modeId !== 'stuck') {
      session.mode = params.modeId!;
      return this.#send({ id, result: {} });
    }
    if (method === 'session/set_config_option') {
      session.fast = params.value === true;
      const { configOptions } = this.#settings(session);
      return this.#send({ id, result: { configOptions } });
    }
    if (method === 'session/prompt') {
      return this.#prompt(id, session, (params.prompt ?? []).map(({ text }) => text).join(''));
    }
    this.#fail(id, -32601, `no method ${method}`);
  }

  #settings({ mode, fast }: Session): { modes?: object; configOptions?: object[] } {
    if (!this.server.options.settings) return {};
    const availableModes = ['ask', 'code', 'stuck'].map((id) => ({ id, name: id.toUpperCase() }));
    return {
      modes: { currentModeId: mode, availableModes },
      configOptions: [{ id: 'fast', name: 'Fast', type: 'boolean', currentValue: fast }],
    };
  }

  #initialize(id: number, { protocolVersion }: NonNullable<Message['params']>): void {
    if (protocolVersion !== 1) return this.#fail(id, -32602, 'protocolVersion?');
    this.#initialized = true;
    const { token, resume, load, list } = this.server.options;
    this.#send({
      id,
      result: {
        protocolVersion: 1,
        agentInfo: { name: 'model-agent', title: 'Model agent', version: '1' },
        agentCapabilities: {
          loadSession: load === true,
          sessionCapabilities: { ...(resume && { resume: {} }), ...(list && { list: {} }) },
        },
        authMethods: token === undefined ? [] : [{ id: 'token', name: 'Token' }],
      },
    });
  }

  #authenticate(id: number, { _meta }: NonNullable<Message['params']>): void {
    this.#authorised = _meta?.['aperture/token'] === this.server.options.token;
    if (this.#authorised) this.#send({ id, result: {} });
    else this.#fail(id, -32000, 'wrong token');
  }

  #list(id: number, cursor = '0'): void {
    const { pageSize = 2 } = this.server.options;
    const from = Number(cursor);
    const all = [...this.server.sessions.values()];
    const sessions = all.slice(from, from + pageSize).map(({ id: sessionId, cwd, title }) => ({
      sessionId,
      cwd,
      title: title ?? null,
      updatedAt: '2026-01-02T03:04:05Z',
    }));
    const nextCursor = from + pageSize < all.length ? `${from + pageSize}` : null;
    this.#send({ id, result: { sessions, nextCursor } });
  }

  async #prompt(id: number, session: Session, text: string): Promise<void> {
    const { misbehave } = this.server;
    this.server.prompts.push(text);
    session.title ??= text;
    session.history.push({
      sessionUpdate: 'user_message_chunk',
      content: { type: 'text', text },
    });
    const turn = new AbortController();
    this.#turns.set(session.id, turn);
    this.#misbehaveFirst(session, text);
    for (const update of this.server.options.updates ?? []) this.#update(session, update);
    if (text.includes('FAIL') || misbehave.errorThenClose) {
      this.#fail(id, -32603, 'the model is not available');
      if (misbehave.errorThenClose) this.socket.close(1011, 'giving up');
      return;
    }
    if (text.includes('PERMISSION')) await this.#ask(session, turn.signal);
    await streamPieces(answerTo(text), 4, turn.signal, (piece) => this.#say(session, piece));
    if (this.socket.readyState !== 1) return;
    const cancelled = turn.signal.aborted;
    this.#send({ id, result: { stopReason: cancelled ? 'cancelled' : 'end_turn' } });
    if (cancelled && misbehave.lateTokens) this.#say(session, 'too late');
    if (misbehave.duplicateFinal) this.#send({ id, result: { stopReason: 'end_turn' } });
  }

  #say(session: Session, text: string): void {
    this.#update(session, {
      sessionUpdate: 'agent_message_chunk',
      content: { type: 'text', text },
    });
  }

  async #ask(session: Session, signal: AbortSignal): Promise<void> {
    const toolCall = { toolCallId: 'call_1', title: 'rm -rf build', kind: 'execute' };
    this.#update(session, { sessionUpdate: 'tool_call', status: 'pending', ...toolCall });
    const id = this.#nextId++;
    const answer = await new Promise<string>((resolve) => {
      this.#asked.set(id, resolve);
      signal.addEventListener('abort', () => resolve('cancelled'));
      this.#send({
        id,
        method: 'session/request_permission',
        params: {
          sessionId: session.id,
          toolCall,
          options: [
            { optionId: 'yes', name: 'Allow', kind: 'allow_once' },
            { optionId: 'no', name: 'Deny', kind: 'reject_once' },
          ],
        },
      });
    });
    const status = answer === 'yes' ? 'completed' : 'failed';
    this.#update(session, { sessionUpdate: 'tool_call_update', toolCallId: 'call_1', status });
  }

  #misbehaveFirst(session: Session, text: string): void {
    const { foreign, unscoped, orphans, requests, echo } = this.server.misbehave;
    const update = {
      sessionUpdate: 'agent_message_chunk',
      content: { type: 'text', text: 'leak' },
    };
    if (foreign) this.#send({ method: 'session/update', params: { sessionId: 'other', update } });
    if (unscoped) this.#send({ method: 'session/update', params: { update } });
    if (orphans) this.#send({ id: 4711, result: { stopReason: 'end_turn' } });
    if (requests) {
      const params = { sessionId: session.id, path: '/etc/passwd' };
      this.#send({ id: 'fs-1', method: 'fs/read_text_file', params });
    }
    if (echo) {
      const said = { sessionUpdate: 'user_message_chunk', content: { type: 'text', text } };
      this.#send({ method: 'session/update', params: { sessionId: session.id, update: said } });
    }
  }
}
