import type { WebSocket } from 'ws';
import { answerTo, streamPieces, WebSocketModelServer } from './model-server.ts';

export interface ThreadMisbehaviour {
  /** A cancelled request goes on talking after its end. */
  lateTokens?: boolean;
  /** Every final comes twice. */
  duplicateFinal?: boolean;
  /** Before the answer, something is said of a request that nobody made. */
  orphans?: boolean;
  /** Before the answer, something is said of another thread. */
  foreign?: boolean;
  /** Before the answer, the server begins a request of its own: announced, or by its id alone. */
  serverStarted?: 'announced' | 'by-id';
  /** A request fails, and the socket closes with 1011. */
  errorThenClose?: boolean;
  /** A cancel is not heard. */
  deaf?: boolean;
  /** A frame of an unknown kind stands before the answer. */
  unknownKind?: boolean;
}

export interface ThreadServerOptions extends ThreadMisbehaviour {
  /** `token` and nested `final`, or `value` and flat `final`. */
  dialect?: 'token' | 'value';
  /** Wanted in a first frame of type `auth`, or in the address. */
  token?: string;
  /** The final is not what was streamed. */
  finalSays?: string;
  everyMs?: number;
}

interface Frame {
  type?: string;
  requestId?: string;
  threadId?: string;
  content?: string;
  token?: string;
}

/** One socket per thread at `/chat/ws?threadId=`, many requests on it; a request dies with its socket. */
export class ThreadServer extends WebSocketModelServer {
  readonly misbehave: ThreadMisbehaviour;
  /** Requests whose work was ended before it was done, in order. */
  readonly aborted: string[] = [];
  /** Threads that were opened, in order. */
  readonly threads: string[] = [];

  constructor(readonly options: ThreadServerOptions = {}) {
    super();
    this.misbehave = { ...options };
  }

  protected admits({ pathname }: URL): number {
    return pathname === '/chat/ws' ? 101 : 404;
  }

  protected connected(socket: WebSocket, address: URL): void {
    const threadId = address.searchParams.get('threadId');
    if (!threadId) return socket.close(1008, 'threadId is missing');
    this.threads.push(threadId);
    let known =
      this.options.token === undefined || address.searchParams.get('token') === this.options.token;
    const running = new Map<string, AbortController>();
    socket.on('message', (data) => {
      let frame: Frame;
      try {
        frame = JSON.parse(String(data)) as Frame;
      } catch {
        return socket.close(1002, 'not JSON');
      }
      this.frames.push(frame);
      if (frame.type === 'auth') known ||= frame.token === this.options.token;
      if (!known) return socket.close(4401, 'wrong token');
      if (frame.type === 'cancel') this.#cancel(running, frame);
      if (frame.type !== 'message') return;
      if (frame.threadId !== threadId) return socket.close(1008, 'another threadId');
      void this.#run(socket, threadId, frame, running);
    });
    socket.on('close', () => {
      for (const run of running.values()) run.abort();
    });
  }

  /** Every socket says something that is no JSON. */
  sayNonsense(): void {
    for (const socket of this.clients) socket.send('{"type":');
  }

  /** Says any frame on every socket. */
  say(frame: object): void {
    for (const socket of this.clients) socket.send(JSON.stringify(frame));
  }

  closeAll(code: number): void {
    for (const socket of this.clients) socket.close(code);
  }

  #cancel(running: Map<string, AbortController>, { requestId = '' }: Frame): void {
    // Of a request that is finished, or of another socket's: nothing.
    if (!this.misbehave.deaf) running.get(requestId)?.abort();
  }

  async #run(
    socket: WebSocket,
    threadId: string,
    { requestId = '', content = '' }: Frame,
    running: Map<string, AbortController>,
  ): Promise<void> {
    const { lateTokens, duplicateFinal, errorThenClose } = this.misbehave;
    this.prompts.push(content);
    const run = new AbortController();
    running.set(requestId, run);
    const say = (frame: object): void => {
      if (socket.readyState === 1) socket.send(JSON.stringify({ threadId, ...frame }));
    };
    this.#stray(say, requestId);
    let text = '';
    await streamPieces(answerTo(content), this.options.everyMs ?? 5, run.signal, (piece) => {
      text += piece;
      say(this.#token(requestId, piece));
    });
    running.delete(requestId);
    if (run.signal.aborted) {
      this.aborted.push(requestId);
      say({ type: 'cancelled', requestId });
      if (lateTokens) say(this.#token(requestId, ' too late'));
      return;
    }
    if (errorThenClose) {
      say({ type: 'error', requestId, code: 'broken', message: 'It broke.', retryable: false });
      return socket.close(1011, 'broken');
    }
    const final = this.#final(requestId, this.options.finalSays ?? text);
    say(final);
    if (duplicateFinal) say(final);
  }

  #stray(say: (frame: object) => void, requestId: string): void {
    const { orphans, foreign, serverStarted, unknownKind } = this.misbehave;
    if (orphans) say(this.#token('nobody-asked', 'an orphan'));
    if (foreign) say({ ...this.#token(requestId, 'foreign'), threadId: 'another-thread' });
    if (unknownKind) say({ type: 'weather', requestId });
    if (!serverStarted) return;
    const own = serverStarted === 'announced' ? 'a1b2' : 'server-1';
    if (serverStarted === 'announced') say({ type: 'started', requestId: own });
    say(this.#token(own, 'By the way.'));
    say(this.#final(own, 'By the way.'));
  }

  #token(requestId: string, piece: string): object {
    return this.options.dialect === 'value'
      ? { type: 'token', requestId, value: piece }
      : { type: 'token', requestId, token: piece };
  }

  #final(requestId: string, content: string): object {
    return this.options.dialect === 'value'
      ? { type: 'final', requestId, content }
      : { type: 'final', requestId, message: { role: 'assistant', content } };
  }
}
