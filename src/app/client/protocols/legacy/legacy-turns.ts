import type { ContentBlock } from '../../../../core/acp.ts';
import { newId } from '../../../../core/ids.ts';
import { translate } from '../../../../core/session/translate.ts';
import { CancelLimit } from '../cancel-limit.ts';
import type { LocalLog } from '../local-log.ts';
import type { Link } from '../port.ts';
import { said, type Mark, type merge } from './history.ts';
import { plain, type LegacyFrame } from './legacy-quirks.ts';

/** Permission requests that may wait at once; more are dropped. */
const MAX_WAITING = 100;
/** Keys of turns that ended here, so that a late end is known for one. */
const MAX_PAST = 200;

interface Turn {
  /** The prompt's; undefined for one that began elsewhere. */
  readonly key: string | undefined;
  cancelled: boolean;
  /** Its beginning was missed: it is shown as a whole when it has ended, from the history. */
  readonly blind: boolean;
  /** A page that died may have shown some of it: it is said again from the start. */
  readonly anew?: boolean;
}

export interface TurnsRequest {
  readonly log: LocalLog;
  readonly send: (frame: object) => boolean;
  /** The server's id of the session. */
  readonly session: string;
  readonly mark: Mark;
  /** The mark has moved. */
  readonly note: () => void;
  /** What the history has beyond the mark. */
  readonly rest: () => Promise<ReturnType<typeof merge> | undefined>;
  /** A turn was left behind by an earlier connection: what is still said of it is late. */
  readonly cut: boolean;
}

/** What goes on in one session of the first gateway: one turn at a time, told apart by nothing but order. */
export class LegacyTurns {
  mark: Mark;
  readonly #request: TurnsRequest;
  readonly #limit = new CancelLimit();
  /** Servers count their requests from the start on every connection; the log's ids must be unique. */
  readonly #prefix = newId().slice(0, 8);
  readonly #waiting = new Map<string, { id: string | number; options: ReadonlySet<string> }>();
  readonly #past = new Set<string>();
  /** The server names our prompts when it speaks of their ends. */
  #echoes = false;
  #turn: Turn | undefined;
  #cut: boolean;

  constructor(request: TurnsRequest) {
    this.#request = request;
    this.mark = { ...request.mark };
    this.#cut = request.cut;
  }

  get #log(): LocalLog {
    return this.#request.log;
  }

  prompt(key: string, prompt: Parameters<Link['prompt']>[1]): void {
    if (this.#turn) {
      const message = 'A turn is running.';
      return this.#log.refused(key, { code: 'busy', message, retryable: true });
    }
    const { session, send } = this.#request;
    const frame = { type: 'user_message', id: key, sessionId: session, ...contentOf(prompt) };
    this.#log.prompt(key, prompt, () => {
      if (!send(frame)) return false;
      this.#turn = { key, cancelled: false, blind: false };
      this.mark = { users: this.mark.users + 1, shown: 0 };
      return true;
    });
    this.#request.note();
  }

  /** A turn runs on the server whose beginning this connection has not heard. */
  takeUp(anew: boolean): void {
    this.#turn = { key: undefined, cancelled: false, blind: true, anew };
    if (this.#log.turn === 'idle') this.#log.push({ type: 'turn', state: 'running' });
  }

  /** Once for each turn; of no turn, or another one, nothing (R41). */
  cancel(key: string | undefined): void {
    const turn = this.#turn;
    if (!turn || turn.cancelled || (key !== undefined && key !== turn.key)) return;
    if (!this.#request.send({ type: 'cancel', sessionId: this.#request.session })) return;
    turn.cancelled = true;
    this.#limit.start((error) => this.#end('cancelled', { error }));
    this.#waiting.clear();
    this.#log.releaseRequests('cancelled');
  }

  answer(key: string, id: string, optionId: string | undefined): void {
    const refuse = (code: string, message: string, retryable = false): void =>
      this.#log.refused(key, { code, message, retryable });
    const waiting = this.#waiting.get(id);
    if (!waiting) return refuse('unknown_request', 'Nobody waits for this answer any more.');
    if (optionId !== undefined && !waiting.options.has(optionId)) {
      return refuse('unknown_option', 'The agent did not offer this.');
    }
    const sent = this.#request.send({
      type: 'permission_response',
      sessionId: this.#request.session,
      requestId: waiting.id,
      ...(optionId === undefined
        ? { outcome: { outcome: 'cancelled' } }
        : { optionId, outcome: { outcome: 'selected', optionId } }),
    });
    if (!sent) {
      return refuse('not_sent', 'The connection could not take the answer. Try again.', true);
    }
    this.#waiting.delete(id);
    this.#log.answered(key, id, optionId);
  }

  receive(frame: LegacyFrame): void {
    switch (frame.kind) {
      case 'update':
        return this.#update(frame.update);
      case 'permission':
        return this.#asked(frame);
      case 'end':
        return this.#ends(frame.stopReason, frame.of);
      case 'error':
        return this.#failed(frame.code, frame.message);
      case 'unknown':
        return this.#log.ignored('unknown_kind', frame.method);
      case 'nothing':
    }
  }

  /** The page is done with it. */
  close(): void {
    this.#limit.stop();
  }

  #update(update: { sessionUpdate?: unknown }): void {
    const event = translate({ method: 'session/update', params: { update } });
    if (event.type === 'turn') return this.#began();
    if (event.type === 'chunk' && event.role === 'user') {
      // The page has shown its own; anybody else's begins a turn here too.
      if (this.#turn) return this.#log.ignored('unknown_kind', 'echo');
      this.#log.push(event);
      this.mark = { users: this.mark.users + 1, shown: 0 };
      return this.#began();
    }
    const standing = ['commands', 'usage', 'title', 'mode'].includes(event.type);
    if (!standing) {
      if (!this.#turn && this.#cut) return this.#log.ignored('late', event.type);
      if (this.#turn?.cancelled && event.type === 'chunk') {
        return this.#log.ignored('late', event.type);
      }
      // It comes whole, from the history; half of it now would only be in the way.
      if (this.#turn?.blind && event.type === 'chunk') return this.#log.heard();
    }
    if (event.type === 'chunk') {
      if (event.role === 'assistant') this.mark.shown += plain(event.content).length;
      // What may be taken back is known by the log's own name for it, in whatever page that happens.
      this.#log.push({ ...event, messageId: undefined, key: undefined, by: undefined });
    } else this.#log.push(event);
  }

  #began(): void {
    if (this.#turn) return;
    this.#turn = { key: undefined, cancelled: false, blind: false };
    this.#log.push({ type: 'turn', state: 'running' });
  }

  #asked({ id: told, params }: Extract<LegacyFrame, { kind: 'permission' }>): void {
    const id = `${this.#prefix}:${JSON.stringify(told)}`;
    if (!this.#turn || this.#turn.cancelled) return this.#log.ignored('late', 'permission');
    if (this.#waiting.has(id)) return;
    const event = translate({ method: 'session/request_permission', id, params });
    if (event.type !== 'permission' || this.#waiting.size >= MAX_WAITING) {
      return this.#log.ignored('unknown_kind', 'permission');
    }
    this.#waiting.set(id, { id: told, options: new Set(event.options.map((o) => o.optionId)) });
    this.#log.push(event);
  }

  #ends(stopReason: string, of: string | undefined): void {
    const turn = this.#turn;
    if (of !== undefined && of === turn?.key) this.#echoes = true;
    // Ids of the server's own mean nothing here; once it has used ours, another one is another turn's.
    const known = of !== undefined && this.#past.has(of);
    if (of !== undefined && of !== turn?.key && (known || this.#echoes)) {
      return this.#log.ignored(known ? 'duplicate_final' : 'unknown_request', 'end');
    }
    if (!turn) return this.#log.ignored('duplicate_final', 'end');
    if (turn.blind) void this.#endBlind(turn, stopReason);
    else this.#end(turn.cancelled ? 'cancelled' : stopReason);
  }

  #failed(code: string, message: string): void {
    const error = { code, message, retryable: true };
    if (this.#turn) this.#end(this.#turn.cancelled ? 'cancelled' : 'error', { error });
    else this.#log.push({ type: 'error', error });
  }

  async #endBlind(turn: Turn, stopReason: string): Promise<void> {
    const merged = await this.#request.rest();
    if (this.#turn !== turn) return;
    if (merged) {
      const text = turn.anew ? merged.answer : merged.rest;
      if (turn.anew && text !== '') this.#log.takeBack();
      if (text !== '') this.#log.push(said({ role: 'assistant', text }));
      for (const message of merged.later) this.#log.push(said(message));
      this.mark = merged.mark;
    }
    this.#end(stopReason);
  }

  #end(stopReason: string, options: Parameters<LocalLog['finished']>[1] = {}): void {
    const turn = this.#turn!;
    this.#turn = undefined;
    this.#cut = turn.cancelled;
    this.#limit.stop();
    this.#waiting.clear();
    if (turn.key !== undefined) this.#past.add(turn.key);
    for (const key of this.#past) {
      if (this.#past.size <= MAX_PAST) break;
      this.#past.delete(key);
    }
    // Before the next prompt, which the end lets out, moves it on.
    this.#request.note();
    this.#log.finished(stopReason, { ...options, key: turn.key });
  }
}

/** Text as text; with blocks beside it where there is more. */
function contentOf(prompt: readonly ContentBlock[]): object {
  const content = plain(prompt);
  return prompt.every(({ type }) => type === 'text') ? { content } : { content, blocks: prompt };
}
