import { ApertureError, type ErrorInfo } from '../../../../core/errors.ts';
import { isObject, parseJson } from '../../../../core/json.ts';
import { MAX_SERVER_FRAME_BYTES } from '../../../../core/limits.ts';
import { socketUrl } from '../addresses.ts';
import { OwnClose } from '../closing.ts';
import { LocalLog } from '../local-log.ts';
import type { Link, OpenRequest } from '../port.ts';
import { SocketLink } from '../socket-link.ts';
import { merge, readMark, said, type Mark } from './history.ts';
import {
  readFrame,
  type LegacyFrame,
  type LegacyMessage,
  type LegacySession,
} from './legacy-quirks.ts';
import { LegacyTurns } from './legacy-turns.ts';
import { LegacyApi } from './rest.ts';

/** Frames that may wait until the history is here; more end the socket, which is dialled again. */
const MAX_EARLY = 10_000;

const GONE = 'The server does not know this session any more. Its history stays here.';

/** One session of the first gateway: prompts and updates on a socket of its own, history by REST. */
export class LegacyLink implements Link {
  readonly #request: OpenRequest;
  readonly #log: LocalLog;
  readonly #api: LegacyApi;
  readonly #abort = new AbortController();
  readonly #mark: Mark;
  #link: SocketLink | undefined;
  #turns: LegacyTurns | undefined;
  #session: LegacySession;
  /** Prompts that come while the history is merged; they stand after it. */
  #held: Parameters<Link['prompt']>[] = [];
  #early: LegacyFrame[] = [];
  #ready = false;
  #over = false;

  readonly cancel = { send: (_key: string, turn?: string): void => this.#turns?.cancel(turn) };
  readonly approve = {
    answer: (key: string, id: string, optionId: string | undefined): void =>
      this.#turns
        ? this.#turns.answer(key, id, optionId)
        : this.#log.refused(key, { code: 'unknown_request', message: GONE, retryable: false }),
  };

  constructor(request: OpenRequest) {
    this.#request = request;
    // The server's copy of an answer that was cut takes the place of the page's.
    this.#log = new LocalLog(request, { named: true, tellsSilence: true });
    this.#mark = readMark(request.remote);
    const id = request.remote?.['id'];
    this.#session = { id: typeof id === 'string' ? id : '', running: false, aliases: [] };
    const { endpoint, policy, fetch } = request;
    this.#api = new LegacyApi({ endpoint, policy, fetch, signal: this.#abort.signal });
    void this.#begin().catch((error: unknown) => this.#failed(error));
  }

  prompt: Link['prompt'] = (key, prompt) => {
    if (this.#turns && this.#ready) this.#turns.prompt(key, prompt);
    else if (this.#turns) this.#held.push([key, prompt]);
    else this.#log.refused(key, { code: 'session_lost', message: GONE, retryable: false });
  };

  close(code?: number, reason?: string): void {
    this.#over = true;
    this.#abort.abort();
    this.#log.close();
    this.#turns?.close();
    this.#link?.close(code, reason);
  }

  async #begin(): Promise<void> {
    if (this.#session.id === '') {
      // What stands here was said elsewhere, and nobody knows where.
      if (this.#log.head > 0) throw new ApertureError('not_found', GONE);
      const { agent, cwd, title } = this.#request.summary;
      this.#session = await this.#api.create({
        ...(agent !== '' && { agent }),
        ...(cwd !== '' && { cwd }),
        ...(title !== '' && { title }),
      });
      if (this.#over) return;
      // At once: a session that is forgotten before its socket is open would be made again.
      this.#note();
    }
    this.#dial();
  }

  #dial(): void {
    const { endpoint, policy, sockets } = this.#request;
    const { id } = this.#session;
    const first = policy.auth === 'first-frame' && endpoint.token !== '';
    this.#link = new SocketLink(
      sockets,
      socketUrl(endpoint, `v1/sessions/${encodeURIComponent(id)}/ws`, policy),
      [],
      {
        hello: () => (first ? [JSON.stringify({ type: 'auth', token: endpoint.token })] : []),
        opened: () => void this.#catchUp().catch((error: unknown) => this.#failed(error)),
        decode: (text) => {
          const frame = parseJson(text, { maxLength: MAX_SERVER_FRAME_BYTES });
          if (!isObject(frame)) {
            throw new ApertureError('bad_frame', 'The server sent something that is no message.');
          }
          this.#receive(readFrame(frame));
          return undefined;
        },
      },
      { incoming: () => {}, closed: (code, reason) => this.#closed(code, reason) },
    );
  }

  /** The socket is open and holds its breath until the history is merged: nothing is missed, nothing doubled. */
  async #catchUp(): Promise<void> {
    const [session, history] = await this.#ask();
    if (this.#over) return;
    this.#session = session;
    const { running, title, cwd, agent } = session;
    const log = this.#log;
    const left = this.#request.was.turn !== 'idle';
    const { answer, rest, later, mark, left: older } = merge(history, this.#mark);
    const turns = new LegacyTurns({
      log,
      send: (frame) => this.#link?.send(JSON.stringify(frame)) === true,
      session: session.id,
      mark,
      note: () => this.#note(),
      rest: () => this.#rest(),
      cut: log.head > 0,
    });
    this.#turns = turns;
    log.attached({ goesOn: true, title, cwd, agentTitle: agent });
    if (this.#over) return;
    if (older > 0) log.push(notice(`The oldest ${older} messages are not shown.`));
    if (left && answer !== '') {
      // A page died in the middle of it: how much of it was kept is not known, but all of it is here.
      log.takeBack();
      log.push(said({ role: 'assistant', text: answer }));
    } else if (!left && rest !== '') log.push(said({ role: 'assistant', text: rest }));
    if (running) log.releaseRequests();
    else if (left && answer !== '') log.finished('end_turn');
    else log.interrupted();
    for (const message of later) log.push(said(message));
    if (running) turns.takeUp(left && answer === '');
    this.#ready = true;
    this.#note();
    const held = this.#held;
    const early = this.#early;
    this.#held = [];
    this.#early = [];
    for (const [key, prompt] of held) turns.prompt(key, prompt);
    for (const frame of early) if (!this.#over) this.#receive(frame);
  }

  async #ask(): Promise<[LegacySession, LegacyMessage[]]> {
    const { id } = this.#session;
    const [listed, told] = await Promise.allSettled([this.#api.sessions(), this.#api.messages(id)]);
    const sessions = listed.status === 'fulfilled' ? listed.value : [];
    const session = sessions.find((candidate) => candidate.id === id);
    if (told.status === 'fulfilled') {
      return [session ?? { ...this.#session, running: false }, told.value];
    }
    // Some keep sessions and no history of them.
    if (session && isNotFound(told.reason)) return [session, []];
    throw told.reason;
  }

  /** What the history has beyond this page, now; undefined if it cannot be had. */
  async #rest(): Promise<ReturnType<typeof merge> | undefined> {
    try {
      const history = await this.#api.messages(this.#session.id);
      return this.#over ? undefined : merge(history, this.#turns!.mark);
    } catch {
      return undefined;
    }
  }

  #note(): void {
    const { users, shown } = this.#turns?.mark ?? this.#mark;
    const remote = { id: this.#session.id, users, shown };
    if (!this.#over) this.#request.sink.incoming({ kind: 'remote', remote });
  }

  #receive(frame: LegacyFrame): void {
    if (!this.#ready) {
      if (this.#early.length >= MAX_EARLY) {
        throw new ApertureError(
          'too_much',
          'More came than can be held until the history is here.',
        );
      }
      this.#early.push(frame);
      return;
    }
    if ('scope' in frame && !this.#isOurs(frame.scope)) {
      return this.#log.ignored('foreign_scope', frame.kind);
    }
    this.#turns!.receive(frame);
  }

  /** The socket says which session is meant; what names another one was led astray (R51). */
  #isOurs(scope: string | undefined): boolean {
    if (scope === undefined || this.#request.policy.scope === 'lenient') return true;
    return scope === this.#session.id || this.#session.aliases.includes(scope);
  }

  #failed(error: unknown): void {
    if (this.#over) return;
    const info: ErrorInfo =
      error instanceof ApertureError
        ? error.toInfo()
        : { code: 'internal', message: String(error), retryable: true };
    if (isNotFound(info)) {
      if (!this.#turns) this.#log.attached();
      return this.#leave(OwnClose.lost, info.message);
    }
    this.#request.sink.incoming({ kind: 'error', error: info });
    this.#leave(info.retryable ? OwnClose.retry : OwnClose.fatal, info.message);
  }

  #closed(code: number, reason: string): void {
    if (!this.#turns) return void this.#tellApart(code, reason);
    // Before the end of the turn makes room for the next: how far this answer came.
    this.#note();
    this.#log.interrupted();
    this.#leave(code, reason);
  }

  /** A socket that was refused does not say why: gone, or out of reach (R11)? */
  async #tellApart(code: number, reason: string): Promise<void> {
    try {
      await this.#ask();
    } catch (error) {
      if (isNotFound(error)) return this.#failed(error);
    }
    this.#leave(code, reason);
  }

  #leave(code: number, reason: string): void {
    if (this.#over) return;
    this.close();
    this.#request.sink.closed(code, reason);
  }
}

const isNotFound = (error: unknown): boolean => isObject(error) && error['code'] === 'not_found';

const notice = (text: string): { type: 'notice'; level: 'info'; text: string } => ({
  type: 'notice',
  level: 'info',
  text,
});
