import type { ProbeAnswer } from '../../../core/endpoint/probe.ts';
import type { EndpointPolicy } from '../../../core/endpoint/policy.ts';
import { newId } from '../../../core/ids.ts';
import type { CloseInfo } from '../../../core/wire/close-codes.ts';
import { systemClock } from '../clock.ts';
import { socketUrlUnlessGiven, withQuery } from './addresses.ts';
import { idOf, readFrame } from './fields.ts';
import { LocalLog } from './local-log.ts';
import { NOT_OPEN, promptText, TEXT_ONLY } from './plain-prompt.ts';
import type { Endpoint, Incoming, Link, OpenRequest, ProbeRequest, Protocol } from './port.ts';
import { ask } from './probe-socket.ts';
import { closedInstead } from './probing.ts';
import { Requests } from './requests.ts';
import { classifyServerClose } from './server-close.ts';
import { SocketLink } from './socket-link.ts';
import { isServerStarted, readThreadFrame, type ThreadFrame } from './thread-quirks.ts';

const PATH = 'chat/ws';
/** A server that wants a thread id says so at once; ms. */
const PROBE_QUIET_MS = 2_000;

/**
 * A thread that outlives its connections: one socket per thread, `?threadId=` in its address, many requests on
 * it, each with an id that every event of it repeats. The server keeps no log: what was under way is lost with
 * the socket, what was said stays on this page.
 */
export const threadProtocol: Protocol = {
  name: 'thread',
  afterDrop: 'retry',
  // Two pages would each keep a log of their own of one conversation.
  shared: false,
  open: (request) => new ThreadLink(request),
  classifyClose: classifyThreadClose,
  probe: probeThread,
};

/** 1008 is what this model says of a thread id that is missing or not its own (R46). */
export function classifyThreadClose(code: number, reason: string): CloseInfo {
  const info = classifyServerClose(code, reason);
  if (code !== 1008) return info;
  return {
    verdict: 'fatal',
    code: 'thread_refused',
    message: info.message.replace(
      /^[^(]*/,
      'The server refused this thread: its id is missing, or belongs to somebody else. Start a new session. ',
    ),
  };
}

function threadUrl(
  { endpoint, policy }: Pick<OpenRequest, 'endpoint' | 'policy'>,
  threadId?: string,
): string {
  const url = socketUrlUnlessGiven(endpoint, PATH, policy);
  return threadId === undefined ? url : withQuery(url, { threadId });
}

const greeting = ({ token }: Endpoint, auth: EndpointPolicy['auth']): object[] =>
  auth === 'first-frame' && token ? [{ type: 'auth', token }] : [];

class ThreadLink implements Link {
  readonly #request: OpenRequest;
  readonly #threadId: string;
  readonly #log: LocalLog;
  readonly #requests: Requests;
  readonly #link: SocketLink;
  readonly cancel = { send: (key: string, turn?: string) => this.#cancel(key, turn) };

  constructor(request: OpenRequest) {
    const { endpoint, policy, remote, sink } = request;
    this.#request = request;
    // The user's, or this page's own: a thread begins with its first message.
    this.#threadId = idOf(remote?.['threadId']) ?? idOf(remote?.['chat']) ?? newId();
    this.#log = new LocalLog(request);
    this.#requests = new Requests({
      log: this.#log,
      partial: policy.partial,
      clock: request.clock ?? systemClock,
      abandon: (id) => this.#sendCancel(id),
    });
    this.#link = new SocketLink(
      request.sockets,
      threadUrl(request, this.#threadId),
      [],
      {
        hello: () => greeting(endpoint, policy.auth).map((frame) => JSON.stringify(frame)),
        opened: () => this.#opened(),
        decode: (text) => this.#decode(text),
      },
      {
        incoming: (message) => sink.incoming(message),
        closed: (code, reason) => {
          this.#requests.lost();
          this.#requests.dispose();
          sink.closed(code, reason);
        },
      },
    );
  }

  prompt: Link['prompt'] = (key, prompt) => {
    const content = promptText(prompt);
    if (content === undefined) return this.#log.refused(key, TEXT_ONLY);
    const threadId = this.#threadId;
    const sent = this.#send({ type: 'message', requestId: key, threadId, content });
    if (sent) this.#requests.started(key, prompt);
    else this.#log.refused(key, NOT_OPEN);
  };

  close(code?: number, reason?: string): void {
    this.#log.close();
    this.#requests.dispose();
    this.#link.close(code, reason);
  }

  #opened(): void {
    // Nothing answers an opened thread; a thread id that is not accepted closes it (R46).
    this.#log.attached();
    const threadId = this.#threadId;
    if (this.#request.remote?.['threadId'] !== threadId) {
      this.#request.sink.incoming({ kind: 'remote', remote: { threadId } });
    }
  }

  #decode(text: string): Incoming | undefined {
    const frame = readThreadFrame(readFrame(text));
    if (frame.kind === 'other') return ignored('unknown_kind', frame.name);
    // Whose it is stands in every frame; one that says another's is not ours (R51).
    if (frame.threadId !== undefined && frame.threadId !== this.#threadId) {
      return ignored('foreign_scope', `${frame.kind} of thread ${frame.threadId}`);
    }
    const { requestId } = frame;
    if (requestId === undefined) {
      if (frame.kind === 'error') return { kind: 'error', error: frame.error };
      return ignored('unknown_request', `${frame.kind} without a request`);
    }
    if (
      !this.#requests.has(requestId) &&
      isServerStarted(requestId) &&
      frame.kind !== 'cancelled'
    ) {
      const late = this.#requests.opened(requestId);
      if (late) return ignored(frame.kind === 'final' ? 'duplicate_final' : late, requestId);
    }
    const why = this.#apply(frame, requestId);
    return why && ignored(why, `${frame.kind} of request ${requestId}`);
  }

  #apply(frame: ThreadFrame, id: string): ReturnType<Requests['cancelled']> {
    switch (frame.kind) {
      case 'token':
        return this.#requests.chunk(id, frame.text);
      case 'final':
        return this.#requests.finish(id, frame.stopReason, frame.text);
      case 'error':
        return this.#requests.fail(id, frame.error);
      case 'cancelled':
        return this.#requests.cancelled(id);
      case 'started':
        return this.#requests.opened(id, frame.prompt, frame.by);
      case 'asks':
        return this.#requests.asks(id, frame.title);
      default:
        return 'unknown_kind';
    }
  }

  /** Idempotent; of a finished or foreign request it does nothing (R41). */
  #cancel(key: string, turn?: string): void {
    for (const id of this.#requests.cancel(key, turn)) this.#sendCancel(id);
  }

  #sendCancel(requestId: string): void {
    this.#send({ type: 'cancel', requestId, threadId: this.#threadId });
  }

  #send(frame: object): boolean {
    return this.#link.send(JSON.stringify(frame));
  }
}

const ignored = (why: Extract<Incoming, { kind: 'ignored' }>['why'], detail: string): Incoming => ({
  kind: 'ignored',
  why,
  detail: detail.slice(0, 200),
});

/**
 * The model has no greeting. What it does have: it refuses a socket without a thread id with 1008, and takes one
 * with an id that nobody has used (R46). No message is sent, so no work starts.
 */
async function probeThread(request: ProbeRequest): Promise<ProbeAnswer> {
  const { endpoint, policy } = request;
  type Found = { opened: boolean; closed?: { code: number; reason: string } };
  const knock = (threadId?: string): Promise<Found> => {
    let opened = false;
    return ask<Found>(request, {
      url: threadUrl(request, threadId),
      quietMs: PROBE_QUIET_MS,
      hear: (heard, say) => {
        if (heard.type === 'open') {
          opened = true;
          for (const frame of greeting(endpoint, policy.auth)) say(frame);
          // Does nothing (R41), but a server that wants a token first says so now.
          if (threadId !== undefined) say({ type: 'cancel', requestId: newId(), threadId });
        } else if (heard.type === 'close') return { opened, closed: heard };
        else if (heard.type === 'silence') return { opened };
        return undefined;
      },
    });
  };
  const { closed: without } = await knock();
  if (without?.code !== 1008) {
    if (without) return closedInstead(without.code, without.reason);
    return { verdict: 'no', how: 'It does not ask for a thread id.' };
  }
  const { opened, closed } = await knock(`probe-${newId()}`);
  if (closed) return closedInstead(closed.code, closed.reason);
  if (request.signal.aborted || !opened) return { verdict: 'no', how: 'It takes no new thread.' };
  return { verdict: 'speaks', how: 'It refuses a socket without a thread id, and takes one with.' };
}
