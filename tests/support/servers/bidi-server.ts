import type { WebSocket } from 'ws';
import { answerTo, streamPieces, WebSocketModelServer } from './model-server.ts';

export interface BidiMisbehaviour {
  /** After an interrupt's `abort`, and its `[DONE]`, tokens go on. */
  lateTokens?: boolean;
  /** Between an interrupt and its `abort`, tokens go on. */
  tokensBeforeAbort?: boolean;
  /** `[DONE]` twice. */
  duplicateFinal?: boolean;
  /** A token of a text that was never begun, and an output of a tool that was never called. */
  orphans?: boolean;
  /** Pongs are bare text. */
  rawPong?: boolean;
  /** An error, and then 1011. */
  errorThenClose?: boolean;
  /** `[DONE]` comes long after `finish`, when the next prompt may be under way. */
  slowDone?: boolean;
  /** The stream of an answer ends with its approval request, and goes on after the answer. */
  pausesForApproval?: boolean;
  /** Frames are not `data:` lines but bare JSON. */
  bare?: boolean;
  silent?: boolean;
}

export interface BidiServerOptions extends BidiMisbehaviour {
  /** Wanted in a first frame, or in the address; 4401 otherwise. */
  token?: string;
  /** One driver at a time: a newer connection closes the older one with 4409. */
  exclusive?: boolean;
}

interface Frame {
  type: string;
  token?: string;
  timestamp?: number;
  messages?: { role: string; parts: { type: string; text?: string }[] }[];
  approvalId?: string;
  result?: { approved: boolean };
}

/** The connection is the session: AI SDK stream parts at `/live`. */
export class BidiServer extends WebSocketModelServer {
  readonly misbehave: BidiMisbehaviour;
  readonly #live = new Set<Connection>();

  constructor(readonly options: BidiServerOptions = {}) {
    super();
    this.misbehave = { ...options };
  }

  protected admits({ pathname }: URL): number {
    return pathname === '/live' ? 101 : 404;
  }

  protected connected(socket: WebSocket, address: URL): void {
    if (this.options.exclusive) {
      for (const older of this.clients) if (older !== socket) older.close(4409, 'replaced');
    }
    const connection = new Connection(this, socket, address.searchParams.get('token'));
    this.#live.add(connection);
    socket.on('close', () => this.#live.delete(connection));
    connection.listen();
  }

  /** Every socket says something that cannot be read. */
  sayNonsense(): void {
    for (const socket of this.clients) socket.send('data: {"type":');
  }

  /** It begins an answer that nobody asked for, everywhere. */
  speakUp(text: string): void {
    for (const connection of this.#live) void connection.answer(text);
  }

  /** One part, everywhere. */
  say(part: object): void {
    for (const connection of this.#live) connection.part(part);
  }
}

class Connection {
  readonly #asked = new Map<string, (approved: boolean) => void>();
  #turn: AbortController | undefined;
  #count = 0;
  #authorised: boolean;

  constructor(
    readonly server: BidiServer,
    readonly socket: WebSocket,
    token: string | null,
  ) {
    const { token: wanted } = server.options;
    this.#authorised = wanted === undefined || token === wanted;
  }

  listen(): void {
    this.socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame;
      this.server.frames.push(frame);
      if (!this.server.misbehave.silent) this.#receive(frame);
    });
    this.socket.on('close', () => this.#turn?.abort());
  }

  part(part: object): void {
    const text = JSON.stringify(part);
    this.socket.send(this.server.misbehave.bare ? text : `data: ${text}\n\n`);
  }

  #receive(frame: Frame): void {
    const { misbehave, options } = this.server;
    if (frame.type === 'auth') this.#authorised = frame.token === options.token;
    if (!this.#authorised) return this.socket.close(4401, 'unauthorized');
    switch (frame.type) {
      case 'ping':
        if (misbehave.rawPong) this.socket.send('pong');
        else this.part({ type: 'pong', timestamp: frame.timestamp });
        return;
      case 'message': {
        const last = frame.messages?.findLast(({ role }) => role === 'user');
        const text = (last?.parts ?? []).map((part) => part.text ?? '').join('');
        this.server.prompts.push(text);
        return void this.answer(text);
      }
      case 'interrupt':
        return this.#turn?.abort();
      case 'tool_result': {
        const settle = this.#asked.get(frame.approvalId ?? '');
        this.#asked.delete(frame.approvalId ?? '');
        settle?.(frame.result?.approved === true);
      }
    }
  }

  async answer(text: string): Promise<void> {
    const { misbehave } = this.server;
    const turn = new AbortController();
    this.#turn = turn;
    const count = ++this.#count;
    const id = `text-${count}`;
    this.part({ type: 'start', messageId: `message-${count}` });
    this.part({ type: 'start-step' });
    if (misbehave.orphans) {
      this.part({ type: 'text-delta', id: 'never-begun', delta: 'leak' });
      this.part({ type: 'tool-output-available', toolCallId: 'never-called', output: 'leak' });
    }
    if (text.includes('FAIL') || misbehave.errorThenClose) {
      this.part({ type: 'error', errorText: 'the model is not available' });
      if (misbehave.errorThenClose) this.socket.close(1011, 'giving up');
      else this.#done();
      return;
    }
    if (text.includes('THINK')) this.#think(count);
    if (text.includes('PERMISSION')) await this.#ask(count, turn.signal);
    this.part({ type: 'text-start', id });
    await streamPieces(answerTo(text), 4, turn.signal, (delta) =>
      this.part({ type: 'text-delta', id, delta }),
    );
    if (this.socket.readyState !== 1) return;
    if (turn.signal.aborted) return this.#aborted(id);
    this.part({ type: 'text-end', id });
    this.part({ type: 'finish-step' });
    this.part({ type: 'finish', finishReason: 'stop' });
    if (misbehave.slowDone) await new Promise((resolve) => setTimeout(resolve, 30));
    this.#done();
    if (misbehave.duplicateFinal) this.#done();
  }

  #aborted(id: string): void {
    const { misbehave } = this.server;
    const late = { type: 'text-delta', id, delta: 'too late' };
    if (misbehave.tokensBeforeAbort) this.part(late);
    this.part({ type: 'abort' });
    this.#done();
    if (misbehave.lateTokens) this.part(late);
  }

  #done(): void {
    this.socket.send(this.server.misbehave.bare ? '[DONE]' : 'data: [DONE]\n\n');
  }

  #think(count: number): void {
    const id = `reasoning-${count}`;
    this.part({ type: 'reasoning-start', id });
    this.part({ type: 'reasoning-delta', id, delta: 'Let me see.' });
    this.part({ type: 'reasoning-end', id });
  }

  async #ask(count: number, signal: AbortSignal): Promise<void> {
    const toolCallId = `call-${count}`;
    const approvalId = `approval-${count}`;
    this.part({ type: 'tool-input-start', toolCallId, toolName: 'remove' });
    this.part({ type: 'tool-input-delta', toolCallId, inputTextDelta: '{"path":' });
    this.part({
      type: 'tool-input-available',
      toolCallId,
      toolName: 'remove',
      input: { path: 'x' },
    });
    const approved = await new Promise<boolean>((resolve) => {
      this.#asked.set(approvalId, resolve);
      signal.addEventListener('abort', () => resolve(false));
      this.part({ type: 'tool-approval-request', approvalId, toolCallId });
      if (this.server.misbehave.pausesForApproval) {
        this.part({ type: 'finish', finishReason: 'tool-calls' });
        this.#done();
      }
    });
    if (signal.aborted) return;
    if (approved) this.part({ type: 'tool-output-available', toolCallId, output: 'removed' });
    else this.part({ type: 'tool-output-denied', toolCallId });
  }
}
