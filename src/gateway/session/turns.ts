import type { ContentBlock, TurnState } from '../../core/acp.ts';
import { toErrorInfo, type ErrorInfo } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { AnswerFrame } from '../../core/wire/frames.ts';
import { CANCELLED, type Asked } from '../acp/asked.ts';
import type { PromptOutcome } from '../acp/agent-link.ts';
import type { Logger } from '../logger.ts';
import type { Timings } from '../timings.ts';
import type { AgentLife } from './agent-life.ts';
import * as entries from './entries.ts';
import type { OddityCounter } from './oddities.ts';
import { RequestDesk, type Settled } from './permissions.ts';
import type { SessionRecord } from './record.ts';

interface Turn {
  readonly key: string;
  /** The log number of its prompt. */
  readonly n: number;
  readonly prompt: readonly ContentBlock[];
  readonly startedAt: number;
  /** Whether the agent has the prompt: it may still be starting. */
  sent: boolean;
  cancelling: boolean;
  cancelTimer?: NodeJS.Timeout;
}

export interface TurnsOptions {
  readonly logger: Logger;
  readonly timings: Timings;
  readonly now: () => number;
}

/**
 * A session's turns, one at a time, and the agent's requests in them. Every turn ends in the log,
 * whatever happens to page, connection or agent.
 */
export class Turns {
  readonly #desk = new RequestDesk();
  #turn: Turn | undefined;
  #lastStop: string | undefined;

  constructor(
    private readonly record: SessionRecord,
    private readonly agent: AgentLife,
    private readonly oddities: OddityCounter,
    private readonly options: TurnsOptions,
  ) {}

  get isRunning(): boolean {
    return this.#turn !== undefined;
  }

  get state(): TurnState {
    if (!this.#turn) return 'idle';
    return this.#desk.size > 0 ? 'requires_action' : 'running';
  }

  get startedAt(): number | undefined {
    return this.#turn?.startedAt;
  }

  /** Ids of the requests that wait for an answer, oldest first. */
  get pending(): string[] {
    return this.#desk.ids;
  }

  /** What the agent says now belongs to a turn that is over for the user. */
  get isOverdue(): boolean {
    return this.agent.hangs || (!this.#turn && this.#lastStop === 'cancelled');
  }

  /** An earlier gateway's end cut the last one. */
  wasInterrupted(): void {
    this.#lastStop = 'interrupted';
  }

  /** Begins one; none may be running. @returns the log number that accepts the prompt. */
  begin(key: string, prompt: readonly ContentBlock[], by: string): number {
    const { record, options } = this;
    const { first, n } = this.#write(key, prompt, by);
    const startedAt = options.now();
    const turn: Turn = { key, n: first, prompt, startedAt, sent: false, cancelling: false };
    this.#turn = turn;
    record.append(entries.turnState('running', key));
    // It asked before: to sign in, for example.
    if (this.#desk.size > 0) record.append(entries.turnState('requires_action', key));
    if (record.title.byPrompt(prompt)) record.append(entries.renamed(record.title.text));
    this.#keep();
    record.observers.summaryChanged();
    this.agent.prepare();
    options.logger.info('prompt', { sessionId: record.id, requestId: key, by });
    // Nothing runs that a restarted gateway would not know of.
    record.log.whenCommitted(n).then(() => this.#send(turn), ENDED_MEANWHILE);
    return n;
  }

  /** Whether a message can go into the turn that runs. */
  get canSteer(): boolean {
    return this.#turn?.sent === true && !this.#turn.cancelling && this.agent.canSteer;
  }

  /** A message into the running turn, which goes on under its own key. @returns the log number that accepts it. */
  steer(key: string, prompt: readonly ContentBlock[], by: string): number {
    const { record, options } = this;
    const { n } = this.#write(key, prompt, by);
    options.logger.info('steer', { sessionId: record.id, requestId: key, by });
    record.log.whenCommitted(n).then(() => this.#passOn(key, prompt), ENDED_MEANWHILE);
    return n;
  }

  async #passOn(key: string, prompt: readonly ContentBlock[]): Promise<void> {
    try {
      await this.agent.steer(prompt);
    } catch (error) {
      this.record.append(entries.failure(toErrorInfo(error, 'not_steered'), key));
    }
  }

  #write(key: string, prompt: readonly ContentBlock[], by: string): { first: number; n: number } {
    const numbers = prompt.map((block, i) =>
      this.record.append(entries.userMessage(block, key, by), i === 0 ? key : undefined),
    );
    return { first: numbers[0]!, n: numbers.at(-1)! };
  }

  /** The agent takes prompts. */
  agentReady(): void {
    if (this.#turn) this.#send(this.#turn);
  }

  /** Idempotent; does nothing when no turn runs, or not the one that was meant (R41). */
  cancel(by: string, meant?: string): void {
    const turn = this.#turn;
    if (!turn || turn.cancelling || (meant ?? turn.key) !== turn.key) return;
    turn.cancelling = true;
    const { record, options } = this;
    options.logger.info('cancel', { sessionId: record.id, requestId: turn.key, by });
    // First the cancel: an agent that is told "no permission" before it might just end its turn.
    if (turn.sent) this.agent.cancel();
    if (this.settleAll(by, 'cancelled')) record.append(entries.turnState('running', turn.key));
    if (turn.sent) {
      turn.cancelTimer = setTimeout(() => this.#giveUp(turn), options.timings.cancelGraceMs);
    } else {
      this.#finish(turn, 'cancelled');
    }
    record.observers.summaryChanged();
  }

  /** A request of the agent for its user. */
  ask(asked: Asked): void {
    const { method, params, withdrawn } = asked;
    // A cancelled turn gets no more permissions; ACP wants its requests answered so.
    if (this.agent.hangs || this.#turn?.cancelling) return asked.respond(CANCELLED);
    if (this.#desk.isFull) {
      this.oddities.add('too_many_requests', method);
      return asked.respond(CANCELLED);
    }
    const id = this.#desk.open(this.record.log.head + 1, asked);
    this.record.append({ method, id, params });
    withdrawn?.addEventListener('abort', () => this.#withdraw(id), { once: true });
    asked.settledElsewhere?.((optionId) => this.#cameAbout(id, optionId));
    if (this.#turn && this.#desk.size === 1) {
      this.record.append(entries.turnState('requires_action', this.#turn.key));
    }
    this.#keep();
    this.record.observers.summaryChanged();
  }

  /** @returns the log number that accepts the answer, or why it was refused. */
  answer(
    { k, id, result }: AnswerFrame,
    by: string,
  ): { ok: true; n: number } | Extract<Settled, { ok: false }> {
    const { record } = this;
    const settled = this.#desk.settle(id, result.outcome, record.log.head);
    if (!settled.ok) return settled;
    const n = record.append(entries.requestResolved(id, by, result.outcome), k);
    this.#goesOn();
    this.options.logger.info('answer', { sessionId: record.id, requestId: id, by });
    record.log.whenCommitted(n).then(() => settled.respond(result.outcome), ENDED_MEANWHILE);
    return { ok: true, n };
  }

  /** What the agent asked for was done without an answer. */
  #cameAbout(id: string, optionId: string): void {
    const outcome = { outcome: 'selected', optionId } as const;
    const settled = this.#desk.settle(id, outcome, this.record.log.head);
    if (!settled.ok) return;
    this.record.append(entries.requestResolved(id, 'gateway', outcome, 'completed'));
    this.#goesOn();
    settled.respond(outcome);
  }

  /** The agent does not want its answer any more, and has been told that it gets none. */
  #withdraw(id: string): void {
    const settled = this.#desk.settle(id, { outcome: 'cancelled' }, this.record.log.head);
    if (!settled.ok) return;
    this.record.append(
      entries.requestResolved(id, 'gateway', { outcome: 'cancelled' }, 'withdrawn'),
    );
    this.#goesOn();
  }

  /** After a request was settled. */
  #goesOn(): void {
    if (this.#turn && this.#desk.size === 0) {
      this.record.append(entries.turnState('running', this.#turn.key));
    }
    this.#keep();
    this.record.observers.summaryChanged();
  }

  /** Cancels every request that waits. @returns whether there was one. */
  settleAll(by: string, reason: string): boolean {
    const open = this.#desk.takeAll();
    for (const { id, respond } of open) {
      this.record.append(entries.requestResolved(id, by, { outcome: 'cancelled' }, reason));
      respond(CANCELLED);
    }
    if (open.length > 0) this.#keep();
    return open.length > 0;
  }

  /** The agent is started again, and gets its prompt again. */
  agentRestarts(): void {
    const open = this.settleAll('gateway', 'agent_exited');
    if (!this.#turn) return;
    this.#turn.sent = false;
    if (open) this.record.append(entries.turnState('running', this.#turn.key));
  }

  /** The agent that should have answered is gone. */
  agentGone(): void {
    if (this.#turn) this.#finish(this.#turn, this.#turn.cancelling ? 'cancelled' : 'error');
  }

  /** The session is ended. */
  end(by: string): void {
    this.settleAll(by, 'ended');
    if (this.#turn) this.#finish(this.#turn, 'cancelled');
  }

  /** No timer goes on; what runs is not ended in the log. */
  stop(): void {
    clearTimeout(this.#turn?.cancelTimer);
  }

  #send(turn: Turn): void {
    if (this.#turn !== turn || turn.sent) return;
    turn.sent = this.agent.prompt(turn.prompt, (outcome) => this.#answered(turn, outcome));
  }

  #answered(turn: Turn, outcome: PromptOutcome): void {
    if (this.#turn !== turn) return this.agent.answeredLate();
    if (outcome.ok) {
      const { stopReason: _, ...more } = outcome.response;
      const response = Object.keys(more).length > 0 ? more : undefined;
      return this.#finish(turn, outcome.stopReason, response);
    }
    // Agents that abort by throwing mean a cancel, not a failure.
    if (turn.cancelling) return this.#finish(turn, 'cancelled');
    this.record.append(entries.failure(outcome.error, turn.key));
    this.#finish(turn, 'error');
  }

  #giveUp(turn: Turn): void {
    if (this.#turn !== turn) return;
    this.agent.giveUp();
    const { timings, logger } = this.options;
    const error: ErrorInfo = {
      code: 'cancel_timeout',
      message: `${this.agent.title} did not stop within ${Math.round(timings.cancelGraceMs / 100) / 10} s. What it still says of this turn is dropped, and your next message starts it again.`,
      retryable: false,
    };
    logger.warn('cancel.timeout', { sessionId: this.record.id, requestId: turn.key });
    this.record.append(entries.failure(error, turn.key));
    this.#finish(turn, 'cancelled');
  }

  #finish(turn: Turn, stopReason: string, response?: JsonObject): void {
    clearTimeout(turn.cancelTimer);
    this.settleAll('gateway', 'turn_ended');
    this.#turn = undefined;
    this.#lastStop = stopReason;
    this.record.append(entries.turnState('idle', turn.key, { stopReason, response }));
    this.#keep();
    this.record.observers.summaryChanged();
    this.options.logger.info('turn.ended', {
      sessionId: this.record.id,
      requestId: turn.key,
      stopReason,
      durationMs: this.options.now() - turn.startedAt,
    });
  }

  #keep(): void {
    const { key, startedAt, n } = this.#turn ?? {};
    const turn = key === undefined ? undefined : { key, startedAt: startedAt!, n: n! };
    this.record.keep({ turn, asking: this.#desk.ids });
  }
}

/** An entry that is never committed belongs to a session that was dropped: nobody waits for it. */
const ENDED_MEANWHILE = (): void => {};
