import type { TurnState } from '../../../core/acp.ts';
import type { ErrorInfo } from '../../../core/errors.ts';
import { newId } from '../../../core/ids.ts';
import type { SessionEvent } from '../../../core/session/event.ts';
import { titleOf } from '../../../core/session/title.ts';
import type { SessionSummary } from '../../../core/wire/rest.ts';
import { systemClock, Timer } from '../clock.ts';
import type { IgnoredWhy, Incoming, Link, OpenRequest } from './port.ts';

/** Stands on what is said without a message id, where a partial answer may have to be taken back (R45). */
const PARTIAL = 'partial';
/** Nothing was heard of a running turn for so long; ms. Agents think long, so it is told and not given up (R43). */
export const SILENCE_MS = 300_000;
const SILENT = `Nothing was heard of the server for ${SILENCE_MS / 60_000} minutes. It may be at work still, or the connection is dead: if nothing comes, press Stop, disconnect and connect again.`;
const LOST = 'The connection was lost before it was answered.';

type Chunk = Extract<SessionEvent, { type: 'chunk' }>;

/** What is under way and has to be settled some time. */
interface Open {
  turn: TurnState;
  pending: readonly string[];
}

/**
 * The log of a session whose server keeps none: the page numbers what it hears, so that everything above an
 * adapter works as it does with a log from elsewhere (order, unread marks, persistence, reload).
 */
export class LocalLog {
  readonly #request: OpenRequest;
  readonly #epoch: string;
  readonly #pending: Set<string>;
  /** The message ids of what the agent said in the running turn. */
  readonly #said = new Set<string>();
  /** What is said without a message id gets one, so that it can be taken back. */
  readonly #names: boolean;
  #speaker: 'assistant' | 'thought' | undefined;
  #head: number;
  #turn: TurnState;
  #closed = false;
  readonly #silence: Timer | undefined;
  /** ms since 1970. */
  #heardAt = 0;

  /**
   * @param options `named`: {@link takeBack} works whatever the policy is. `tellsSilence`: the reader is told of a
   * turn of which nothing is heard; for servers that may be at work all the while, and cannot be asked.
   */
  constructor(request: OpenRequest, options: { named?: boolean; tellsSilence?: boolean } = {}) {
    this.#request = request;
    this.#silence = options.tellsSilence ? new Timer(request.clock ?? systemClock) : undefined;
    this.#names = options.named === true || request.policy.partial === 'discard';
    const { resume, was } = request;
    const goesOn = resume.epoch !== undefined && resume.since > 0;
    this.#epoch = goesOn ? resume.epoch! : `local-${newId()}`;
    this.#head = goesOn ? resume.since : 0;
    this.#turn = was.turn;
    this.#pending = new Set(was.pending);
    if (was.turn !== 'idle') this.#said.add(PARTIAL);
  }

  get turn(): TurnState {
    return this.#turn;
  }

  /** The number of the last event, 0 before the first. */
  get head(): number {
    return this.#head;
  }

  /**
   * The handshake is done; the first prompt may come before this returns. What an earlier page left under way is
   * settled, unless it `goesOn` on the server (R43).
   */
  attached(
    options: { goesOn?: boolean; title?: string } & Partial<
      Pick<SessionSummary, 'agentTitle' | 'cwd'>
    > = {},
  ): void {
    const { summary, now } = this.#request;
    const { goesOn, ...told } = options;
    const left: Open = { turn: this.#turn, pending: [...this.#pending] };
    const known = Object.entries(told).filter(([, value]) => value !== undefined && value !== '');
    this.#tell({
      kind: 'attached',
      info: {
        epoch: this.#epoch,
        mode: 'resume',
        low: 1,
        head: this.#head,
        session: {
          ...summary,
          ...Object.fromEntries(known),
          agentState: 'ready',
          turn: this.#turn,
          epoch: this.#epoch,
          head: this.#head,
          pending: [...this.#pending],
          updatedAt: now(),
        },
      },
      pending: [...this.#pending],
    });
    if (!goesOn) this.#settle(left);
  }

  push(event: SessionEvent): void {
    if (this.#closed) return;
    let shown = event;
    if (event.type === 'turn') {
      if (event.state === 'idle') this.#said.clear();
      this.#turn = event.state;
    } else if (event.type === 'permission') this.#pending.add(event.id);
    else if (event.type === 'resolved') this.#pending.delete(event.id);
    else if (event.type === 'finished' || event.type === 'retract') {
      this.#said.delete(event.messageId);
    } else if (event.type === 'chunk' && event.role !== 'user' && this.#names) {
      shown = this.#named(event, event.role);
    }
    const n = ++this.#head;
    this.#tell({ kind: 'event', event: { from: n, n, at: this.#request.now(), event: shown } });
    this.heard();
  }

  /** The server is there, though nothing of it is shown. */
  heard(): void {
    const silence = this.#silence;
    if (!silence) return;
    this.#heardAt = silence.clock.now();
    // Who waits for the reader's answer is silent with good reason.
    if (this.#turn !== 'running' || this.#pending.size > 0) silence.clear();
    else if (!silence.armed) this.#listen(silence, SILENCE_MS);
  }

  /** A token arms no timer of its own: what was heard meanwhile is looked at when the time is up. */
  #listen(silence: Timer, ms: number): void {
    silence.set(ms, () => {
      const left = this.#heardAt + SILENCE_MS - silence.clock.now();
      if (left > 0) return this.#listen(silence, left);
      this.push({ type: 'notice', level: 'warning', text: SILENT });
      silence.clear();
    });
  }

  /**
   * A prompt: shown, and its turn begins, if `send` put it on the wire; refused otherwise, and then nothing ran and
   * it may be sent again. @returns which.
   */
  prompt(key: string, prompt: Parameters<Link['prompt']>[1], send: () => boolean): boolean {
    if (send()) {
      this.accepted(key, prompt);
      return true;
    }
    this.refused(key, {
      code: 'not_sent',
      message: 'The connection could not take the message. Send it again when it is back.',
      retryable: true,
    });
    return false;
  }

  /** What the agent said in the running turn is about to be said again, better (R28). */
  takeBack(): void {
    for (const messageId of this.#said) this.push({ type: 'retract', messageId });
  }

  /** Requests are settled that their connection took with it, while the turn goes on. */
  releaseRequests(reason = LOST): void {
    for (const id of this.#pending) {
      this.push({ type: 'resolved', id, outcome: 'cancelled', reason });
    }
  }

  /** Takes a prompt over: acknowledged, shown, and a turn begins. */
  accepted(key: string, prompt: Parameters<Link['prompt']>[1]): void {
    this.#tell({ kind: 'ack', key, duplicate: false });
    for (const content of prompt) {
      this.push({ type: 'chunk', role: 'user', content, key, by: this.#request.client });
    }
    this.push({ type: 'turn', state: 'running', key });
    const title = this.#request.untitled?.() ? titleOf(prompt) : undefined;
    if (title !== undefined) this.push({ type: 'title', title });
  }

  /** What was asked for under this key, other than a prompt, is done. */
  acknowledged(key: string): void {
    this.#tell({ kind: 'ack', key, duplicate: false });
  }

  /** A prompt or an answer that nothing came of. */
  refused(key: string, error: ErrorInfo): void {
    this.#tell({ kind: 'refused', key, error });
  }

  /** An answer to a permission request went out: acknowledged, and settled here. */
  answered(key: string, id: string, optionId: string | undefined): void {
    this.#tell({ kind: 'ack', key, duplicate: false });
    const by = this.#request.client;
    this.push(
      optionId === undefined
        ? { type: 'resolved', id, outcome: 'cancelled', by }
        : { type: 'resolved', id, outcome: 'selected', optionId, by },
    );
  }

  /**
   * The running turn's own end; requests that it left open are settled with it. The partial answer of a cancelled
   * one is taken back if the policy says so (R45). @returns false if no turn ran: a duplicate (R44).
   */
  finished(stopReason: string, options: { key?: string; error?: ErrorInfo } = {}): boolean {
    if (this.#turn === 'idle') return false;
    const reason = stopReason === 'cancelled' ? 'cancelled' : 'turn_ended';
    this.#end({ turn: this.#turn, pending: [...this.#pending] }, reason, stopReason, options);
    return true;
  }

  /** What runs here is over without an end of its own. Settles requests and turn once; without either, nothing. */
  interrupted(error?: ErrorInfo): void {
    this.#settle({ turn: this.#turn, pending: [...this.#pending] }, error);
  }

  /** Something that belongs to nobody here; counted and logged above (R39, R51, R54). */
  ignored(why: IgnoredWhy, detail: string): void {
    this.#tell({ kind: 'ignored', why, detail });
  }

  /** The page closed the link: nothing is told after this, whatever an adapter still does. */
  close(): void {
    this.#closed = true;
    this.#silence?.dispose();
  }

  #named(chunk: Chunk, speaker: 'assistant' | 'thought'): Chunk {
    const messageId = chunk.messageId ?? PARTIAL;
    // One name for all that has none, but thoughts and answers take turns: each begins anew.
    if (messageId === PARTIAL && this.#said.has(PARTIAL) && this.#speaker !== speaker) {
      this.push({ type: 'finished', messageId: PARTIAL });
    }
    this.#speaker = speaker;
    this.#said.add(messageId);
    return { ...chunk, messageId };
  }

  #settle(open: Open, error?: ErrorInfo): void {
    this.#end(open, error?.message ?? LOST, 'interrupted', error && { error });
  }

  #end(
    open: Open,
    reason: string,
    stopReason: string,
    { key, error }: { key?: string; error?: ErrorInfo } = {},
  ): void {
    for (const id of open.pending) {
      if (this.#pending.has(id)) this.push({ type: 'resolved', id, outcome: 'cancelled', reason });
    }
    if (open.turn === 'idle') return;
    const cut = stopReason === 'interrupted' || stopReason === 'cancelled';
    if (cut && this.#request.policy.partial === 'discard') this.takeBack();
    if (error) this.push({ type: 'error', error, key });
    this.push({ type: 'turn', state: 'idle', stopReason, key });
  }

  #tell(message: Incoming): void {
    if (!this.#closed) this.#request.sink.incoming(message);
  }
}
