import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WebSocket } from 'ws';
import { answerTo, streamPieces, WebSocketModelServer } from './model-server.ts';

export interface LegacyMisbehaviour {
  /** A cancelled turn goes on talking after its end. */
  lateTokens?: boolean;
  /** Every turn ends twice. */
  duplicateFinal?: boolean;
  /** Before the answer, something is said of a session of somebody else's. */
  foreign?: boolean;
  /** Before the answer, something of a kind that nobody knows. */
  strange?: boolean;
  /** It says the user's words again. */
  echo?: boolean;
  /** An error, and then 1011. */
  errorThenClose?: boolean;
  /** There is no history to be had. */
  noHistory?: boolean;
}

export interface LegacyServerOptions extends LegacyMisbehaviour {
  /** Wanted as bearer, and in a first frame or in the address. */
  token?: string;
  /** How ends are told, and how fields are called. */
  dialect?: 'update' | 'response' | 'notification';
  /** A turn goes on without anybody connected, and is in the history when it has ended. */
  durable?: boolean;
}

interface Session {
  readonly id: string;
  readonly title: string;
  readonly cwd: string;
  readonly messages: { role: string; content: unknown; timestamp: number }[];
  readonly sockets: Set<WebSocket>;
  turn: AbortController | undefined;
}

interface Frame {
  type: string;
  token?: string;
  id?: string;
  content?: string;
  requestId?: number;
  optionId?: string;
}

/** The first gateway: `/v1/sessions` over REST, a socket for each session. */
export class LegacyServer extends WebSocketModelServer {
  readonly sessions = new Map<string, Session>();
  readonly misbehave: LegacyMisbehaviour;
  readonly #asked = new Map<number, (optionId: string) => void>();
  #requests = 0;

  constructor(readonly options: LegacyServerOptions = {}) {
    super();
    this.misbehave = { ...options };
  }

  /** Every socket says something that cannot be read. */
  sayNonsense(): void {
    for (const socket of this.clients) socket.send('{"jsonrpc":');
  }

  /** One message, on every socket. */
  say(message: object): void {
    for (const session of this.sessions.values()) this.#send(session, message);
  }

  /** Somebody says something in a session without being connected. */
  async speak(id: string, text: string): Promise<void> {
    await this.#answer(this.sessions.get(id)!, text, undefined);
  }

  protected admits({ pathname }: URL): number {
    const id = /^\/v1\/sessions\/([^/]+)\/ws$/.exec(pathname)?.[1];
    return id !== undefined && this.sessions.has(decodeURIComponent(id)) ? 101 : 404;
  }

  protected connected(socket: WebSocket, address: URL): void {
    const session = this.sessions.get(decodeURIComponent(address.pathname.split('/')[3]!))!;
    const { token, durable } = this.options;
    let authorised = token === undefined || address.searchParams.get('token') === token;
    session.sockets.add(socket);
    socket.on('close', () => {
      session.sockets.delete(socket);
      if (durable || session.sockets.size > 0) return;
      session.turn?.abort('nobody');
      // At once: whoever connects next is not told of a turn whose end nobody would hear.
      session.turn = undefined;
    });
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame;
      this.frames.push(frame);
      if (frame.type === 'auth') authorised = frame.token === token;
      if (authorised) this.#receive(session, frame);
      else socket.close(4001, 'unauthorized');
    });
  }

  protected override request(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const answer = (status: number, body: unknown): void =>
      void response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(JSON.stringify(body));
    const [, v1, sessions, id, what] = pathname.split('/');
    if (v1 !== 'v1' || sessions !== 'sessions') return answer(404, {});
    const { token } = this.options;
    const given = request.headers.authorization?.slice('Bearer '.length);
    if (token !== undefined && given !== token && searchParams.get('token') !== token) {
      return answer(401, { error: 'unauthorized' });
    }
    if (id === undefined) {
      if (request.method === 'GET') return answer(200, this.#list());
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => answer(201, this.#create(JSON.parse(body) as Partial<Session>)));
      return;
    }
    const session = this.sessions.get(decodeURIComponent(id));
    if (!session || what !== 'messages' || this.misbehave.noHistory) return answer(404, {});
    answer(200, { messages: session.messages });
  }

  #list(): unknown {
    const all = [...this.sessions.values()].map((session) => ({
      id: session.id,
      title: session.title,
      cwd: session.cwd,
      status: session.turn ? 'running' : 'idle',
      lastActivity: session.messages.at(-1)?.timestamp,
    }));
    return this.options.dialect === 'notification' ? { sessions: all } : all;
  }

  #create({ title = '', cwd = '' }: Partial<Session>): unknown {
    const id = `legacy-${this.sessions.size + 1}`;
    const session = { id, title, cwd, messages: [], sockets: new Set<WebSocket>() };
    this.sessions.set(id, { ...session, turn: undefined });
    return this.options.dialect === 'notification' ? { session: { session_id: id } } : { id };
  }

  #receive(session: Session, frame: Frame): void {
    switch (frame.type) {
      case 'user_message':
        this.prompts.push(frame.content ?? '');
        return void this.#answer(session, frame.content ?? '', frame.id);
      case 'cancel':
        return session.turn?.abort('cancelled');
      case 'permission_response': {
        const settle = this.#asked.get(frame.requestId ?? -1);
        this.#asked.delete(frame.requestId ?? -1);
        settle?.(frame.optionId ?? '');
      }
    }
  }

  #send(session: Session, message: object): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    for (const socket of session.sockets) socket.send(text);
  }

  #update(session: Session, update: object, sessionId = session.id): void {
    const scope = this.options.dialect === 'notification' ? 'session_id' : 'sessionId';
    this.#send(session, { method: 'session/update', params: { [scope]: sessionId, update } });
  }

  #say(session: Session, text: string, sessionId?: string): void {
    const bare = this.options.dialect === 'notification';
    const content = bare ? text : { type: 'text', text };
    this.#update(session, { sessionUpdate: 'agent_message_chunk', content }, sessionId);
  }

  async #answer(session: Session, text: string, key: string | undefined): Promise<void> {
    const { misbehave } = this;
    const turn = new AbortController();
    session.turn = turn;
    this.#remember(session, 'user', text);
    if (misbehave.echo) {
      const content = { type: 'text', text };
      this.#update(session, { sessionUpdate: 'user_message_chunk', content });
    }
    if (misbehave.foreign) this.#say(session, 'leak', 'somebody-else');
    if (misbehave.strange) this.#send(session, { method: 'session/weather', params: {} });
    if (text.includes('FAIL') || misbehave.errorThenClose) {
      session.turn = undefined;
      const error = { code: -32603, message: 'the model is not available' };
      this.#send(session, { id: key ?? null, error });
      if (misbehave.errorThenClose) for (const socket of session.sockets) socket.close(1011);
      return;
    }
    if (text.includes('PERMISSION')) await this.#ask(session, turn.signal);
    let answer = '';
    await streamPieces(answerTo(text), 4, turn.signal, (piece) => {
      answer += piece;
      this.#say(session, piece);
    });
    if (session.turn === turn) session.turn = undefined;
    // What nobody waited for is not kept: this gateway knows whole answers only.
    if (turn.signal.reason === 'nobody') return;
    this.#remember(session, 'assistant', [{ type: 'text', text: answer }]);
    const stopReason = turn.signal.aborted ? 'cancelled' : 'end_turn';
    this.#end(session, key, stopReason);
    if (turn.signal.aborted && misbehave.lateTokens) this.#say(session, 'too late');
    if (misbehave.duplicateFinal) this.#end(session, key, stopReason);
  }

  #end(session: Session, key: string | undefined, stopReason: string): void {
    switch (this.options.dialect) {
      case 'response':
        return this.#send(session, { id: key ?? null, result: { stopReason } });
      case 'notification':
        return this.#send(session, {
          method: 'session/turn_ended',
          params: { session_id: session.id, stop_reason: stopReason },
        });
      default:
        return this.#update(session, { sessionUpdate: 'turn_end', stopReason });
    }
  }

  #remember(session: Session, role: string, content: unknown): void {
    session.messages.push({ role, content, timestamp: Date.now() });
  }

  async #ask(session: Session, signal: AbortSignal): Promise<void> {
    const id = this.#requests++;
    const toolCall = { toolCallId: `call-${id}`, title: 'rm -rf build', kind: 'execute' };
    this.#update(session, { sessionUpdate: 'tool_call', status: 'pending', ...toolCall });
    const optionId = await new Promise<string>((resolve) => {
      this.#asked.set(id, resolve);
      signal.addEventListener('abort', () => resolve(''));
      const options = [
        { optionId: 'yes', name: 'Allow', kind: 'allow_once' },
        { optionId: 'no', name: 'Deny', kind: 'reject_once' },
      ];
      this.#send(session, {
        id,
        method: 'session/request_permission',
        params: { sessionId: session.id, toolCall, options },
      });
    });
    const status = optionId === 'yes' ? 'completed' : 'failed';
    const { toolCallId } = toolCall;
    this.#update(session, { sessionUpdate: 'tool_call_update', toolCallId, status });
  }
}
