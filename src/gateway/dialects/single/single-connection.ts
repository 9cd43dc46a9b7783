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
import { TurnReader, type TurnEvent } from '../turn-reader.ts';
import type { SingleSessions } from './single-sessions.ts';

/** WebSocket's code for a frame that is not of the protocol. */
const PROTOCOL_ERROR = 1002;

const helloFrame = v.object({
  type: v.literal('hello'),
  identity: v.optional(v.nullable(v.union([v.string(), v.custom<JsonObject>(isObject)]))),
  token: v.optional(v.string()),
  sess_id: v.optional(v.nullable(v.string())),
});
const queryFrame = v.object({
  type: v.literal('user_query'),
  sess_id: clientId,
  corr_id: v.optional(v.nullable(clientId)),
  payload: v.union([v.string(), v.custom<JsonObject>(isObject)]),
});

export interface SingleOptions extends DialectSocketOptions {
  readonly sessions: SingleSessions;
  readonly checkToken: (given: string) => boolean;
}

/** `corrId`: the client's name for it; `key`: the prompt's. */
interface Query {
  readonly corrId: string;
  readonly key: string;
}

/** One socket, one query at a time; when the socket goes, the query is stopped (R49). */
export class SingleConnection implements DialectConnection {
  readonly #socket: DialectSocket;
  #by = 'single';
  #sessId: string | undefined;
  #session: Session | undefined;
  #follower: Follower | undefined;
  readonly #turns = new TurnReader();
  /** The one under way. */
  #query: Query | undefined;
  #queries = 0;

  constructor(
    webSocket: WebSocket,
    private readonly options: SingleOptions,
  ) {
    this.#socket = new DialectSocket(webSocket, options, {
      message: (text) => this.#message(text),
      refuse: (error) => this.#refuse(error),
      lastWords: (error) => this.#errorFrame(null, error),
      closed: () => this.#abort(),
    });
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
    if (!this.isAttached && frame.type !== 'hello') return this.#socket.unauthorized();
    try {
      this.#act(frame);
    } catch (error) {
      if (!(error instanceof ApertureError)) throw error;
      const corrId = frame['corr_id'];
      this.#fail(typeof corrId === 'string' ? corrId : null, error);
    }
  }

  #act(frame: JsonObject & { type: string }): void {
    if (frame.type === 'hello') return this.#hello(frame);
    if (this.#sessId === undefined) {
      throw new ApertureError('hello_first', 'Say hello first, and wait for the welcome.');
    }
    if (frame.type === 'user_query') return this.#ask(frame, this.#sessId);
    if (frame.type === 'approval') {
      const refused = answerApproval(this.#session, checkFrame(approvalFrame, frame), this.#by);
      if (refused) this.#send(this.#query?.corrId ?? null, refused);
      return;
    }
    this.#socket.live.log('info', 'frame.unknown', { type: oneLine(frame.type, 64) });
  }

  #hello(frame: JsonObject): void {
    const { token, sess_id: wanted, identity } = checkFrame(helloFrame, frame);
    if (!this.isAttached) {
      if (token === undefined || !this.options.checkToken(token)) {
        return this.#socket.unauthorized();
      }
      this.#socket.authorize();
    }
    if (this.#sessId !== undefined) {
      throw new ApertureError('bad_message', 'This socket has said hello already.');
    }
    const name = isObject(identity) ? (identity['name'] ?? identity['id']) : identity;
    this.#by = (typeof name === 'string' && oneLine(name, 64)) || 'single';
    const { sessId, resumed } = this.options.sessions.take(wanted ?? undefined);
    this.#sessId = sessId;
    const session = this.options.sessions.find(sessId);
    if (session) this.#follow(session);
    this.#socket.send({ type: 'welcome', sess_id: sessId, resumed });
  }

  #ask(frame: JsonObject, sessId: string): void {
    const { sess_id: given, corr_id, payload } = checkFrame(queryFrame, frame);
    const corrId = corr_id ?? `q${++this.#queries}`;
    if (given !== sessId) {
      throw new ApertureError(
        'wrong_session',
        'The sess_id is not the one of this socket’s welcome.',
      );
    }
    const text = textOf(payload);
    if (text === undefined) {
      throw new ApertureError('bad_message', 'The payload is text, or an object with “text”.');
    }
    if (this.#query) return this.#fail(corrId, BUSY);
    void this.#open(sessId, (this.#query = { corrId, key: newId() }), text);
  }

  async #open(sessId: string, query: Query, text: string): Promise<void> {
    try {
      const session = await this.options.sessions.open(sessId);
      // A query whose socket is gone is not even begun.
      if (this.#socket.isOpen) this.#run(session, query, text);
    } catch (error) {
      this.#query = undefined;
      this.#fail(query.corrId, toErrorInfo(error));
    }
  }

  #run(session: Session, { corrId, key }: Query, text: string): void {
    if (this.#session !== session) this.#follow(session);
    const receipt = session.prompt(
      { t: 'prompt', k: key, prompt: [{ type: 'text', text }] },
      this.#by,
    );
    if (receipt.ok) return this.#socket.live.began(corrId, session.id);
    this.#query = undefined;
    this.#fail(corrId, receipt.error);
  }

  #follow(session: Session): void {
    this.#session = session;
    this.#socket.live.attached(session.id, this.#by);
    this.#follower?.stop();
    // What was said before stays in the log; this dialect has no history.
    this.#follower = new Follower(session, session.log.committed, this.#socket, {
      entry: (entry) => {
        const event = this.#turns.read(entry);
        if (event) this.#event(session, event);
      },
      ended: () => this.close(CloseCode.ended, 'The session was ended.'),
    });
  }

  #event(session: Session, event: TurnEvent): void {
    // A turn that a page began is none of this client's.
    if (!this.#query || event.key !== this.#query.key) return;
    const { corrId } = this.#query;
    switch (event.kind) {
      case 'text':
        return this.#respond(corrId, event.text, null);
      case 'asks': {
        const frame = approvalRequired(session, event.id, event.params);
        return frame && this.#send(corrId, frame);
      }
      case 'resolved':
        return this.#send(corrId, approvalResolved(event));
      case 'ended':
        this.#query = undefined;
        this.#socket.live.settled(corrId, session.id, event.stopReason);
        if (event.error) this.#fail(corrId, event.error);
        else this.#respond(corrId, '', event.stopReason);
    }
  }

  /** The socket is gone: at once, the agent is told to stop. */
  #abort(): void {
    this.#follower?.stop();
    if (this.#query && this.#session) {
      this.#socket.live.count('cancels');
      const { key } = this.#query;
      this.#session.cancel({ t: 'cancel', k: newId(), turn: key }, this.#by);
    }
    if (this.#sessId !== undefined) this.options.sessions.release(this.#sessId, this.#query?.key);
  }

  #respond(corrId: string, text: string, finishReason: string | null): void {
    this.#send(corrId, {
      type: 'assistant_response',
      payload: { text },
      finish_reason: finishReason,
    });
  }

  #fail(corrId: string | null, error: ErrorInfo): void {
    this.#socket.send(this.#errorFrame(corrId, error));
  }

  #send(corrId: string | null, frame: object): void {
    this.#socket.send({ ...frame, sess_id: this.#sessId, corr_id: corrId });
  }

  #errorFrame(corrId: string | null, { code, message, retryable }: ErrorInfo): object {
    const sess_id = this.#sessId;
    return { type: 'error', sess_id, corr_id: corrId, code, message, retryable };
  }

  /** What cannot be read at all ends this socket, and nothing else (R71). */
  #refuse(error: unknown): void {
    if (error instanceof ApertureError) {
      return this.close(PROTOCOL_ERROR, error.message.slice(0, 100), error.toInfo());
    }
    this.close(1011, 'The gateway met an error.');
  }
}

/** The query's text, under any of the names that clients use. */
function textOf(payload: string | JsonObject): string | undefined {
  if (typeof payload === 'string') return payload;
  const { text, content, message, query } = payload;
  return [text, content, message, query].find((value) => typeof value === 'string');
}

const BUSY: ErrorInfo = {
  code: 'busy',
  message: 'A query is under way on this socket. Open another socket, or wait.',
  retryable: true,
};
