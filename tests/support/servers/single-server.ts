import type { WebSocket } from 'ws';
import { answerTo, streamPieces, WebSocketModelServer } from './model-server.ts';

export interface SingleMisbehaviour {
  /** Before the answer, something is said of another session. */
  foreign?: boolean;
  /** A frame of an unknown kind stands before the answer. */
  unknownKind?: boolean;
  /** A query fails, and the socket closes with 1011. */
  errorThenClose?: boolean;
  /** The socket closes instead of a finish reason, after so many pieces. */
  closeAfter?: number;
  /** No `welcome` comes. */
  silent?: boolean;
}

export interface SingleServerOptions extends SingleMisbehaviour {
  /** All at once instead of in pieces. */
  whole?: boolean;
  /** Text in the payload itself, or in the frame, instead of in an object. */
  payload?: 'text' | 'flat';
  token?: string;
  /** Conversations outlive their sockets. */
  remembers?: boolean;
}

interface Frame {
  type?: string;
  identity?: unknown;
  token?: string;
  sess_id?: string;
  payload?: { text?: string };
}

/** One query per socket at `/ws`; when the socket goes, what it was working on is ended. */
export class SingleServer extends WebSocketModelServer {
  readonly misbehave: SingleMisbehaviour;
  /** Queries whose work was ended by their socket's end, and when: ms as `performance.now()`. */
  readonly aborted: { text: string; at: number }[] = [];
  /** Most sockets that were open at a time. */
  mostAtOnce = 0;
  #sessions = 0;
  readonly #kept = new Set<string>();

  constructor(readonly options: SingleServerOptions = {}) {
    super();
    this.misbehave = { ...options };
  }

  protected admits({ pathname }: URL): number {
    return pathname === '/ws' ? 101 : 404;
  }

  protected connected(socket: WebSocket): void {
    this.mostAtOnce = Math.max(this.mostAtOnce, this.connections);
    const run = new AbortController();
    let sessId: string | undefined;
    let query: string | undefined;
    const say = (frame: object): void => {
      if (socket.readyState === 1) socket.send(JSON.stringify(frame));
    };
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data)) as Frame;
      this.frames.push(frame);
      if (frame.type === 'hello') {
        if (this.options.token !== undefined && frame.token !== this.options.token) {
          return socket.close(4401, 'wrong token');
        }
        const known = frame.sess_id !== undefined && this.#kept.has(frame.sess_id);
        sessId = known ? frame.sess_id! : `s${++this.#sessions}`;
        if (this.options.remembers) this.#kept.add(sessId);
        if (this.misbehave.silent) return;
        say({
          type: 'welcome',
          sess_id: sessId,
          ...(this.options.remembers !== undefined && { resumed: known }),
        });
      } else if (frame.type === 'user_query') {
        if (sessId === undefined || frame.sess_id !== sessId) return socket.close(1008);
        const corr_id = `q${this.prompts.length}`;
        if (query !== undefined) return say({ type: 'error', corr_id, message: 'One at a time.' });
        query = frame.payload?.text ?? '';
        void this.#run(socket, sessId, query, run.signal, say);
      }
    });
    socket.on('close', () => run.abort());
  }

  /** Every socket says something that is no JSON. */
  sayNonsense(): void {
    for (const socket of this.clients) socket.send('{"type":');
  }

  /** Answers on every socket, asked or not. */
  answerAll(): void {
    for (const socket of this.clients) {
      socket.send(JSON.stringify({ type: 'assistant_response', payload: { text: 'hm' } }));
    }
  }

  /** Says any frame on every socket. */
  say(frame: object): void {
    for (const socket of this.clients) socket.send(JSON.stringify(frame));
  }

  /** Cuts the socket that has been open for longest. */
  cutOldest(): void {
    this.clients[0]?.terminate();
  }

  closeAll(code: number): void {
    for (const socket of this.clients) socket.close(code);
  }

  async #run(
    socket: WebSocket,
    sessId: string,
    text: string,
    signal: AbortSignal,
    say: (frame: object) => void,
  ): Promise<void> {
    const { foreign, unknownKind, errorThenClose, closeAfter } = this.misbehave;
    this.prompts.push(text);
    let done = false;
    signal.addEventListener('abort', () => {
      if (!done) this.aborted.push({ text, at: performance.now() });
    });
    if (foreign) say(this.#answer('another', 'foreign', null));
    if (unknownKind) say({ type: 'weather', sess_id: sessId });
    const pieces =
      closeAfter === undefined ? answerTo(text) : [...take(answerTo(text), closeAfter)];
    let all = '';
    await streamPieces(pieces, 5, signal, (piece) => {
      all += piece;
      if (!this.options.whole) say(this.#answer(sessId, piece, null));
    });
    if (signal.aborted) return;
    done = true;
    if (closeAfter !== undefined) return socket.close(1000);
    if (errorThenClose) {
      const error = { code: 'broken', message: 'It broke.', retryable: false };
      say({ type: 'error', corr_id: 'q1', ...error });
      return socket.close(1011, 'broken');
    }
    say(this.#answer(sessId, this.options.whole ? all : '', 'stop'));
  }

  #answer(sessId: string, text: string, finish_reason: string | null): object {
    const { payload } = this.options;
    return {
      type: 'assistant_response',
      sess_id: sessId,
      ...(payload === 'flat' ? { content: text } : { payload: payload ? text : { text } }),
      finish_reason,
    };
  }
}

function* take(pieces: Iterable<string>, count: number): Generator<string> {
  let taken = 0;
  for (const piece of pieces) {
    if (taken++ >= count) return;
    yield piece;
  }
}
