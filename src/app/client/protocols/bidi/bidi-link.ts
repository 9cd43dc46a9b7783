import type { PermissionOption } from '../../../../core/acp.ts';
import type { JsonObject } from '../../../../core/json.ts';
import { socketUrlUnlessGiven } from '../addresses.ts';
import { CancelLimit } from '../cancel-limit.ts';
import { OwnClose } from '../closing.ts';
import { LocalLog } from '../local-log.ts';
import type { Link, OpenRequest } from '../port.ts';
import { SocketLink } from '../socket-link.ts';
import { readFrames, stopReasonOf, type BidiFrame } from './bidi-quirks.ts';
import { classifyBidiClose, OVER } from './close.ts';
import { SentConversation } from './conversation.ts';
import { PartReader } from './parts.ts';

/** Approvals that may wait at once; more are dropped. */
const MAX_WAITING = 100;
const APPROVE = 'approve';
const OPTIONS: PermissionOption[] = [
  { optionId: APPROVE, name: 'Allow', kind: 'allow_once' },
  { optionId: 'deny', name: 'Deny', kind: 'reject_once' },
];

interface Turn {
  /** The prompt's; undefined for one that the server began. */
  readonly key: string | undefined;
  cancelled: boolean;
  /** Something of it was heard: until then an end can only be meant for the one before. */
  begun: boolean;
}

export const bidiUrl = (request: Pick<OpenRequest, 'endpoint' | 'policy'>): string =>
  socketUrlUnlessGiven(request.endpoint, 'live', request.policy);

/** What is sent as soon as the socket is open. */
export const bidiHello = ({
  endpoint,
  policy,
}: Pick<OpenRequest, 'endpoint' | 'policy'>): string[] =>
  endpoint.token !== '' && policy.auth === 'first-frame'
    ? [JSON.stringify({ type: 'auth', token: endpoint.token })]
    : [];

/** The connection is the session: what was said on it cannot be taken up on another. */
export class BidiLink implements Link {
  readonly #request: OpenRequest;
  readonly #log: LocalLog;
  readonly #parts: PartReader;
  readonly #sent = new SentConversation();
  readonly #limit = new CancelLimit();
  /** Approvals that wait, with the tool calls that they are for. */
  readonly #waiting = new Map<string, string>();
  /** Ends that may still come of the last turn without meaning anything. */
  readonly #tail = new Set<string>();
  #link: SocketLink | undefined;
  #turn: Turn | undefined;
  #turns = 0;
  #ping = 0;
  #attached = false;
  #over = false;

  readonly cancel = { send: (_key: string, turn?: string): void => this.#interrupt(turn) };
  readonly approve = {
    answer: (key: string, id: string, optionId: string | undefined): void =>
      this.#answer(key, id, optionId),
  };
  readonly liveness = {
    ping: (token: number): void => {
      this.#ping = token;
      this.#send({ type: 'ping', timestamp: token });
    },
  };

  constructor(request: OpenRequest) {
    this.#request = request;
    this.#log = new LocalLog(request);
    this.#parts = new PartReader(request.policy.partial === 'keep');
    if (this.#log.head > 0) {
      // Never silently resumed: whoever is there now knows nothing of what stands here.
      queueMicrotask(() => this.#lost());
      return;
    }
    this.#link = new SocketLink(
      request.sockets,
      bidiUrl(request),
      [],
      {
        hello: () => {
          for (const frame of bidiHello(request)) this.#link!.send(frame);
          this.#attached = true;
          this.#log.attached();
          return [];
        },
        decode: (text) => {
          for (const frame of readFrames(text)) if (!this.#over) this.#receive(frame);
          return undefined;
        },
      },
      { incoming: () => {}, closed: (code, reason) => this.#closed(code, reason) },
    );
  }

  prompt: Link['prompt'] = (key, prompt) => {
    if (this.#turn || !this.#link) {
      return this.#log.refused(
        key,
        this.#link
          ? { code: 'busy', message: 'A turn is running.', retryable: true }
          : { code: 'session_lost', message: OVER, retryable: false },
      );
    }
    this.#sent.asked(key, prompt);
    const sent = this.#log.prompt(key, prompt, () => {
      if (!this.#send({ type: 'message', id: key, messages: this.#sent })) return false;
      this.#turn = { key, cancelled: false, begun: false };
      return true;
    });
    if (!sent) this.#sent.takeBack();
  };

  close(code?: number, reason?: string): void {
    this.#over = true;
    this.#limit.stop();
    this.#log.close();
    this.#link?.close(code, reason);
  }

  #send(frame: object): boolean {
    return this.#link?.send(JSON.stringify(frame)) === true;
  }

  #receive(frame: BidiFrame): void {
    if (frame.kind === 'pong') {
      // One without a number answers the latest ping.
      const token = frame.token ?? this.#ping;
      return this.#request.sink.incoming({ kind: 'pong', token });
    }
    if (frame.kind === 'done') return this.#ends('done', 'end_turn');
    const { type, part } = frame;
    switch (type) {
      case 'finish':
        return this.#ends(type, stopReasonOf(part));
      case 'abort':
        return this.#ends(type, 'cancelled');
      case 'error':
        return this.#failed(part);
      case 'tool-approval-request':
        return this.#asked(part);
      default:
        this.#part(type, part);
    }
  }

  #part(type: string, part: JsonObject): void {
    if (!this.#turn && !this.#begins(type, part)) return;
    const turn = this.#turn;
    if (turn) turn.begun = true;
    if (turn?.cancelled && /^(?:text|reasoning)-/.test(type)) {
      return this.#log.ignored('late', type);
    }
    const read = this.#parts.read(type, part);
    if (!read) return;
    if ('ignored' in read) this.#log.ignored(read.ignored, type);
    else this.#log.push(read);
  }

  /** While nothing runs here: the server may begin by itself; whatever else comes belongs to a turn that is over. */
  #begins(type: string, part: JsonObject): boolean {
    if (type.startsWith('data-')) return true;
    if (type === 'start' && !this.#parts.isPast(part['messageId'])) {
      this.#turn = { key: undefined, cancelled: false, begun: true };
      this.#log.push({ type: 'turn', state: 'running' });
      return true;
    }
    this.#log.ignored(this.#turns > 0 ? 'late' : 'unknown_request', type);
    return false;
  }

  #ends(by: 'done' | 'finish' | 'abort', stopReason: string): void {
    const turn = this.#turn;
    // The next prompt may be under way already: this is still the end of the one before.
    const stale = !turn?.begun || by === 'done';
    if (stale && this.#tail.delete(by)) return;
    if (!turn) return this.#log.ignored('duplicate_final', by);
    // Some end their stream to wait for an answer; the turn goes on with it.
    if (this.#waiting.size > 0 && by !== 'abort') return;
    this.#end(turn.cancelled ? 'cancelled' : stopReason, by);
  }

  #failed(part: JsonObject): void {
    const told = part['errorText'] ?? part['message'];
    const message = typeof told === 'string' && told !== '' ? told : 'The server met an error.';
    const error = { code: 'server_error', message, retryable: true };
    if (this.#turn) this.#end('error', 'error', { error });
    else this.#log.push({ type: 'error', error });
  }

  #end(stopReason: string, by: string, options: Parameters<LocalLog['finished']>[1] = {}): void {
    const { key } = this.#turn!;
    this.#turn = undefined;
    this.#turns++;
    this.#limit.stop();
    this.#waiting.clear();
    this.#tail.clear();
    for (const end of ['finish', 'abort', 'done']) if (end !== by) this.#tail.add(end);
    // After `[DONE]` nothing comes any more; `abort` and `finish` exclude each other.
    if (by === 'done') this.#tail.clear();
    else if (by === 'finish') this.#tail.delete('abort');
    this.#sent.answered(`answer-${this.#turns}`, this.#parts.said);
    this.#parts.endTurn();
    this.#log.finished(stopReason, { ...options, key });
  }

  #interrupt(key: string | undefined): void {
    const turn = this.#turn;
    if (!turn || turn.cancelled || (key !== undefined && key !== turn.key)) return;
    if (!this.#send({ type: 'interrupt', reason: 'user' })) return;
    turn.cancelled = true;
    this.#limit.start((error) => this.#end('cancelled', 'abort', { error }));
    const waiting = [...this.#waiting.keys()];
    this.#waiting.clear();
    for (const id of waiting) {
      this.#log.push({ type: 'resolved', id, outcome: 'cancelled', reason: 'cancelled' });
    }
  }

  #asked(part: JsonObject): void {
    const { approvalId: id, toolCallId } = part;
    if (typeof id !== 'string' || typeof toolCallId !== 'string') {
      return this.#log.ignored('missing_scope', 'tool-approval-request');
    }
    if (!this.#turn || this.#turn.cancelled) {
      return this.#log.ignored('late', 'tool-approval-request');
    }
    if (this.#waiting.has(id)) return;
    if (this.#waiting.size >= MAX_WAITING) {
      return this.#log.ignored('unknown_kind', 'tool-approval-request');
    }
    this.#turn.begun = true;
    this.#waiting.set(id, toolCallId);
    const title = this.#parts.nameOf(toolCallId);
    const tool = { toolCallId, ...(title !== undefined && { title }) };
    this.#log.push({ type: 'permission', id, tool, options: OPTIONS });
  }

  #answer(key: string, id: string, optionId: string | undefined): void {
    const toolCallId = this.#waiting.get(id);
    const refuse = (code: string, message: string, retryable = false): void =>
      this.#log.refused(key, { code, message, retryable });
    if (toolCallId === undefined) {
      return refuse('unknown_request', 'Nobody waits for this answer any more.');
    }
    const approved = optionId === APPROVE;
    const result = { type: 'tool_result', toolCallId, approvalId: id, result: { approved } };
    if (!this.#send(result)) {
      return refuse('not_sent', 'The connection could not take the answer. Try again.', true);
    }
    this.#waiting.delete(id);
    this.#log.answered(key, id, optionId);
  }

  #lost(): void {
    if (this.#over) return;
    this.#log.attached();
    this.#leave(OwnClose.lost, OVER);
  }

  #closed(code: number, reason: string): void {
    const info = classifyBidiClose(code);
    const used = this.#log.head > 0;
    this.#log.interrupted();
    if (info.verdict === 'lost' && !used) {
      // Nothing was said yet, so nothing is lost: another connection is as good.
      const error = { code: info.code, message: info.message, retryable: true };
      this.#request.sink.incoming({ kind: 'error', error });
      return this.#leave(OwnClose.retry, reason);
    }
    if (info.verdict === 'lost' && this.#attached) {
      this.#log.push({ type: 'notice', level: 'warning', text: OVER });
    }
    this.#leave(code, reason);
  }

  #leave(code: number, reason: string): void {
    if (this.#over) return;
    this.close();
    this.#request.sink.closed(code, reason);
  }
}
