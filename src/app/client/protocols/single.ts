import type { ContentBlock } from '../../../core/acp.ts';
import type { ProbeAnswer } from '../../../core/endpoint/probe.ts';
import type { ErrorInfo } from '../../../core/errors.ts';
import { newId } from '../../../core/ids.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { SessionEvent } from '../../../core/session/event.ts';
import { systemClock } from '../clock.ts';
import { idOf } from './fields.ts';
import { LocalLog } from './local-log.ts';
import { NOT_OPEN, promptText, TEXT_ONLY } from './plain-prompt.ts';
import type { Incoming, Link, OpenRequest, ProbeRequest, Protocol } from './port.ts';
import { ask } from './probe-socket.ts';
import { closedInstead } from './probing.ts';
import { LOST, Requests } from './requests.ts';
import { classifyServerClose } from './server-close.ts';
import { readSingleFrame, type SingleFrame } from './single-quirks.ts';
import { hello, MAX_SOCKETS, SingleSocket, singleUrl } from './single-socket.ts';

/**
 * One request per connection (R49): `hello` and `welcome`, then one query; the answer is complete with a finish
 * reason. A socket that closes normally without one completes an answer that has begun and fails one that has
 * not; any other close cuts it. To cancel is to close. A second query opens a second socket.
 *
 * The link is there once a first socket was welcomed; that one waits for the first query. After it there may be
 * no socket at all: each query opens its own.
 */
export const singleProtocol: Protocol = {
  name: 'single',
  afterDrop: 'done',
  // Two pages would each keep a log of their own of one conversation.
  shared: false,
  open: (request) => new SingleLink(request),
  classifyClose: classifyServerClose,
  probe: probeSingle,
};

const NO_ANSWER: ErrorInfo = {
  code: 'no_answer',
  message: 'The server closed the connection without an answer. Send the message again.',
  retryable: true,
};

const FORGOT: SessionEvent = {
  type: 'notice',
  level: 'info',
  text: 'The server does not remember what was said before.',
};

interface Waiting {
  readonly key: string;
  readonly prompt: readonly ContentBlock[];
  readonly text: string;
}

class SingleLink implements Link {
  readonly #request: OpenRequest;
  readonly #identity: string;
  /** The last conversation that no socket of ours is in: the next one asks to go on with it. */
  #free: string | undefined;
  readonly #log: LocalLog;
  readonly #requests: Requests;
  readonly #sockets = new Set<SingleSocket>();
  /** Sockets that are being closed; the other side keeps their conversations until that is done. */
  readonly #leaving = new Set<SingleSocket>();
  /** Queries that no socket carries yet, in order; bounded by the outbox that they come from. */
  #waiting: Waiting[] = [];
  #attached = false;
  #over = false;
  readonly cancel = { send: (key: string, turn?: string) => this.#cancel(key, turn) };

  constructor(request: OpenRequest) {
    this.#request = request;
    this.#identity = idOf(request.remote?.['identity']) ?? newId();
    this.#free = idOf(request.remote?.['sessId']);
    this.#log = new LocalLog(request);
    this.#requests = new Requests({
      log: this.#log,
      partial: request.policy.partial,
      clock: request.clock ?? systemClock,
      abandon: (id) => this.#release(id),
    });
    this.#dial();
  }

  prompt: Link['prompt'] = (key, prompt) => {
    if (this.#over) return;
    const text = promptText(prompt);
    if (text === undefined) return this.#log.refused(key, TEXT_ONLY);
    this.#waiting.push({ key, prompt, text });
    this.#pump();
  };

  close(): void {
    this.#over = true;
    this.#log.close();
    this.#requests.dispose();
    this.#waiting = [];
    for (const socket of [...this.#sockets, ...this.#leaving]) socket.close();
    this.#sockets.clear();
    this.#leaving.clear();
  }

  /** Gives waiting queries to sockets that were welcomed, and opens as many as are missing. */
  #pump(): void {
    for (const socket of this.#sockets) {
      const next = this.#waiting[0];
      if (!next) return;
      if (!socket.idle) continue;
      if (socket.ask(next.key, next.text)) {
        this.#waiting.shift();
        this.#requests.started(next.key, next.prompt);
      } else {
        // It is closing, and nobody was told yet; another takes the query.
        this.#forget(socket);
      }
    }
    if (this.#leaving.size > 0) return;
    const coming = [...this.#sockets].filter((socket) => !socket.welcomed).length;
    const room = MAX_SOCKETS - this.#sockets.size;
    for (let more = Math.min(this.#waiting.length - coming, room); more > 0; more--) this.#dial();
  }

  #dial(): void {
    const goOn = this.#free;
    this.#free = undefined;
    const socket = new SingleSocket(this.#request, this.#identity, goOn, {
      welcomed: (from, forgot) => this.#welcomed(from, forgot),
      frame: (from, frame) => this.#frame(from, frame),
      closed: (from, code, reason) => this.#closed(from, code, reason),
    });
    this.#sockets.add(socket);
  }

  #welcomed(socket: SingleSocket, forgot: boolean): void {
    if (!this.#attached) {
      this.#attached = true;
      this.#log.attached();
    }
    if (forgot) this.#log.push(FORGOT);
    const remote: JsonObject = { identity: this.#identity };
    if (socket.remembers) remote['sessId'] = socket.sessId;
    this.#tell({ kind: 'remote', remote });
    this.#pump();
  }

  #frame(socket: SingleSocket, frame: SingleFrame): void {
    const { query } = socket;
    if (!socket.owns(frame)) {
      return this.#log.ignored('foreign_scope', `${frame.kind} of session ${frame.sessId}`);
    }
    if (frame.kind === 'error') {
      if (query !== undefined) this.#requests.fail(query, frame.error);
      else this.#tell({ kind: 'error', error: frame.error });
      // What follows an error is the close; the other side may leave that to us.
      if (query !== undefined) this.#drop(socket);
      return;
    }
    if (frame.kind === 'asks' && query !== undefined) {
      this.#requests.asks(query, frame.title);
      return;
    }
    if (frame.kind !== 'response') {
      const name = frame.kind === 'other' ? frame.name : frame.kind;
      return this.#log.ignored('unknown_kind', name.slice(0, 200));
    }
    if (query === undefined) {
      return this.#log.ignored('unknown_request', 'an answer to nothing');
    }
    this.#requests.chunk(query, frame.text);
    if (frame.finish === undefined) return;
    this.#requests.finish(query, frame.finish);
    this.#drop(socket);
  }

  #closed(socket: SingleSocket, code: number, reason: string): void {
    if (!this.#sockets.delete(socket) || this.#over) return;
    if (socket.remembers) this.#free = socket.sessId;
    else if (!socket.welcomed) this.#free ??= socket.goOn;
    const { query } = socket;
    const normal = code === 1000;
    if (query !== undefined && this.#requests.has(query)) {
      if (!normal) this.#requests.fail(query, LOST, { lost: true });
      else if (this.#requests.spoke(query)) this.#requests.finish(query);
      else this.#requests.fail(query, NO_ANSWER);
    }
    // It was to carry a query; that one may be sent again, but not over and over by itself.
    if (!socket.welcomed) this.#refuseOne();
    // Others go on; and after a query that was answered the link needs no socket.
    if (this.#sockets.size > 0 || (query !== undefined && normal)) return this.#pump();
    while (this.#waiting.length > 0) this.#refuseOne();
    this.#over = true;
    this.#requests.dispose();
    this.#request.sink.closed(code, reason);
  }

  #refuseOne(): void {
    const next = this.#waiting.shift();
    if (next) this.#log.refused(next.key, NOT_OPEN);
  }

  /** Closing is how this model cancels; it needs no confirmation (R49). */
  #cancel(key: string, turn?: string): void {
    for (const id of this.#requests.cancel(key, turn)) {
      this.#requests.cancelled(id);
      this.#release(id);
    }
  }

  #release(query: string): void {
    for (const socket of this.#sockets) if (socket.query === query) this.#drop(socket);
  }

  #drop(socket: SingleSocket): void {
    this.#forget(socket);
    this.#pump();
  }

  #forget(socket: SingleSocket): void {
    this.#sockets.delete(socket);
    if (!socket.remembers) return socket.close();
    this.#leaving.add(socket);
    socket.close(() => {
      this.#leaving.delete(socket);
      this.#free = socket.sessId;
      if (!this.#over) this.#pump();
    });
  }

  #tell(message: Incoming): void {
    this.#request.sink.incoming(message);
  }
}

/** `hello` is answered by `welcome` and starts nothing. */
async function probeSingle(request: ProbeRequest): Promise<ProbeAnswer> {
  const no: ProbeAnswer = { verdict: 'no', how: 'It does not answer a hello.' };
  return ask<ProbeAnswer>(request, {
    url: singleUrl(request),
    hear: (heard, say) => {
      if (heard.type === 'open') say(hello(request, `probe-${newId()}`));
      else if (heard.type === 'close') return closedInstead(heard.code, heard.reason);
      else if (heard.type === 'silence') return no;
      else if (heard.type === 'frame') {
        const frame = readSingleFrame(heard.frame);
        if (frame.kind !== 'welcome' || frame.sessId === undefined) return undefined;
        return { verdict: 'speaks', how: 'It answers a hello with a welcome.' };
      }
      return undefined;
    },
  });
}
