import * as v from 'valibot';
import type { WebSocket } from 'ws';
import { ApertureError, toErrorInfo, type ErrorInfo } from '../../../core/errors.ts';
import { newId } from '../../../core/ids.ts';
import { isObject, type JsonObject } from '../../../core/json.ts';
import { oneLine } from '../../../core/text/sanitise.ts';
import { CloseCode } from '../../../core/wire/close-codes.ts';
import type { Session } from '../../session/session.ts';
import { answerApproval, approvalRequired, approvalResolved } from '../approvals.ts';
import type { DialectConnection } from '../dialect.ts';
import { DialectSocket, type DialectSocketOptions } from '../dialect-socket.ts';
import { Follower } from '../follower.ts';
import { approvalFrame, checkFrame, clientId, readTyped } from '../frames.ts';
import { finishedTurn, Gathered, TurnReader, type TurnEvent } from '../turn-reader.ts';
import type { Threads } from './threads.ts';

/** WebSocket's code for a frame that is not of the protocol. */
const PROTOCOL_ERROR = 1002;
/** Who prompts, in the log. */
const BY = 'thread';

const messageFrame = v.object({
  type: v.literal('message'),
  requestId: clientId,
  threadId: v.string(),
  content: v.string(),
});
const cancelFrame = v.object({
  type: v.literal('cancel'),
  requestId: clientId,
  threadId: v.optional(v.string()),
});

export interface ThreadOptions extends DialectSocketOptions {
  readonly threads: Threads;
  readonly checkToken: (given: string) => boolean;
  /** As the address has it. */
  readonly threadId: string | null;
}

/** One socket on one thread. Every frame names its request; a turn that another socket began comes too (R38). */
export class ThreadConnection implements DialectConnection {
  readonly #socket: DialectSocket;
  readonly #threadId: string;
  #session: Session | undefined;
  #follower: Follower | undefined;
  #stopWatching: (() => void) | undefined;
  readonly #turns = new TurnReader();
  /** Requests of this socket that run: it need not be told that they began. */
  readonly #own = new Set<string>();
  #answer = new Gathered();
  /** The request that waits for its session to be made, and whether it was cancelled meanwhile. */
  #opening: { requestId: string; cancelled: boolean } | undefined;

  constructor(
    webSocket: WebSocket,
    private readonly options: ThreadOptions,
  ) {
    this.#socket = new DialectSocket(webSocket, options, {
      message: (text) => this.#message(text),
      refuse: (error) => this.#refuse(error),
      lastWords: (error) => ({ type: 'error', ...error }),
      closed: () => {
        this.#stopWatching?.();
        this.#follower?.stop();
      },
    });
    this.#threadId = options.threadId ?? '';
    if (this.#threadId === '' || this.#threadId.length > 128) {
      this.#wrongThread('The address needs a thread: ?threadId=, 1 to 128 characters.');
    } else if (options.authorized) this.#ready();
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

  #message(text: string): void {
    const frame = readTyped(text);
    if (frame.type === 'auth') return this.#authenticate(frame['token']);
    if (!this.isAttached) return this.#socket.unauthorized();
    try {
      this.#act(frame);
    } catch (error) {
      if (!(error instanceof ApertureError)) throw error;
      this.#fail(typeof frame['requestId'] === 'string' ? frame['requestId'] : null, error);
    }
  }

  #authenticate(token: unknown): void {
    if (this.isAttached) return;
    if (typeof token !== 'string' || !this.options.checkToken(token)) {
      return this.#socket.unauthorized();
    }
    this.#socket.authorize();
    this.#ready();
  }

  #act(frame: JsonObject & { type: string }): void {
    switch (frame.type) {
      case 'message':
        return this.#prompt(frame);
      case 'cancel':
        return this.#cancel(frame);
      case 'approval': {
        const refused = answerApproval(this.#session, checkFrame(approvalFrame, frame), BY);
        if (refused) this.#send(this.#session?.facts.turn?.key ?? null, refused);
        return;
      }
      default:
        this.#socket.live.log('info', 'frame.unknown', { type: oneLine(frame.type, 64) });
    }
  }

  #prompt(frame: JsonObject): void {
    if (frame['threadId'] !== this.#threadId) {
      return this.#wrongThread('The message names another thread than the socket, or none.');
    }
    const { requestId, content } = checkFrame(messageFrame, frame);
    if (this.#session) return this.#run(this.#session, requestId, content);
    if (this.#opening) {
      if (this.#opening.requestId !== requestId) this.#fail(requestId, BUSY);
      return;
    }
    const opening = (this.#opening = { requestId, cancelled: false });
    void this.#open(opening, content);
  }

  async #open(opening: { requestId: string; cancelled: boolean }, content: string): Promise<void> {
    const { requestId } = opening;
    try {
      const session = await this.options.threads.open(this.#threadId);
      if (opening.cancelled) this.#send(requestId, { type: 'cancelled' });
      else this.#run(session, requestId, content);
    } catch (error) {
      this.#fail(requestId, error);
    } finally {
      this.#opening = undefined;
    }
  }

  #run(session: Session, requestId: string, content: string): void {
    const receipt = session.prompt(
      { t: 'prompt', k: requestId, prompt: [{ type: 'text', text: content }] },
      BY,
    );
    if (!receipt.ok) return this.#fail(requestId, receipt.error);
    if (!receipt.dup) {
      this.#own.add(requestId);
      return this.#socket.live.began(requestId, session.id);
    }
    // Sent again: it runs once. While it runs, this socket hears it like every other.
    if (session.facts.turn?.key === requestId) return;
    void finishedTurn(session.log, receipt.n, requestId).then(
      (turn) => (turn ? this.#end(turn.end, turn.answer) : this.#fail(requestId, FORGOTTEN)),
      () => this.#fail(requestId, FORGOTTEN),
    );
  }

  /** Of a request that is finished, or another's: nothing (R41). */
  #cancel(frame: JsonObject): void {
    const { requestId, threadId = this.#threadId } = checkFrame(cancelFrame, frame);
    if (threadId !== this.#threadId) {
      return this.#wrongThread('The cancel names another thread than the socket.');
    }
    this.#socket.live.count('cancels');
    if (this.#opening?.requestId === requestId) this.#opening.cancelled = true;
    this.#session?.cancel({ t: 'cancel', k: newId(), turn: requestId }, BY);
  }

  /** The token is good. A turn that runs is told from its beginning; what was before is not. */
  #ready(): void {
    const { threads } = this.options;
    this.#stopWatching = threads.watch(this.#threadId, (session) => this.#follow(session, 0));
    const session = threads.find(this.#threadId);
    if (!session) return;
    const { turn } = session.facts;
    this.#follow(session, turn ? turn.n - 1 : session.log.committed);
  }

  #follow(session: Session, cursor: number): void {
    this.#session = session;
    this.#socket.live.attached(session.id, BY);
    this.#follower = new Follower(session, cursor, this.#socket, {
      entry: (entry) => {
        const event = this.#turns.read(entry);
        if (event) this.#event(session, event);
      },
      ended: () => this.close(CloseCode.ended, 'The session was ended.'),
    });
  }

  #event(session: Session, event: TurnEvent): void {
    const requestId = event.key ?? null;
    switch (event.kind) {
      case 'began':
        this.#answer = new Gathered();
        if (this.#own.has(event.key)) return;
        return this.#send(requestId, { type: 'started', by: event.by, content: event.text });
      case 'text':
        this.#answer.add(event.text);
        // Two families of clients read the one or the other.
        return this.#send(requestId, { type: 'token', token: event.text, value: event.text });
      case 'asks': {
        const frame = approvalRequired(session, event.id, event.params);
        return frame && this.#send(requestId, frame);
      }
      case 'resolved':
        return this.#send(requestId, approvalResolved(event));
      case 'ended':
        this.#end(event, this.#answer);
        this.#answer = new Gathered();
        this.#own.delete(event.key);
        this.#socket.live.settled(event.key, session.id, event.stopReason);
    }
  }

  #end(end: Extract<TurnEvent, { kind: 'ended' }>, { text, truncated }: Gathered): void {
    if (end.error) return this.#fail(end.key, end.error);
    if (end.stopReason === 'cancelled') return this.#send(end.key, { type: 'cancelled' });
    this.#send(end.key, {
      type: 'final',
      stopReason: end.stopReason,
      // Flat for one family of clients, nested for the other.
      content: text,
      message: { role: 'assistant', content: text },
      ...(truncated && { truncated }),
    });
  }

  #fail(requestId: string | null, error: unknown): void {
    const info =
      isObject(error) && 'retryable' in error
        ? (error as unknown as ErrorInfo)
        : toErrorInfo(error);
    const { code, message, retryable } = info;
    this.#send(requestId, { type: 'error', code, message, retryable });
  }

  #send(requestId: string | null, frame: object): void {
    this.#socket.send({ ...frame, requestId, threadId: this.#threadId });
  }

  #wrongThread(message: string): void {
    this.close(CloseCode.policy, 'Missing or wrong threadId.', {
      code: 'wrong_thread',
      message,
      retryable: false,
    });
  }

  /** What cannot be read at all ends this socket, and nothing else (R71). */
  #refuse(error: unknown): void {
    if (error instanceof ApertureError) {
      return this.close(PROTOCOL_ERROR, error.message.slice(0, 100), error.toInfo());
    }
    this.close(1011, 'The gateway met an error.');
  }
}

const BUSY: ErrorInfo = {
  code: 'busy',
  message: 'The agent is still working. Send it when it has finished, or cancel first.',
  retryable: true,
};

const FORGOTTEN: ErrorInfo = {
  code: 'turn_forgotten',
  message: 'This request was run before, and what became of it is not known any more.',
  retryable: false,
};
