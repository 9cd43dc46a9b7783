import type { ContentBlock, TurnState } from '../../core/acp.ts';
import { toErrorInfo, type ErrorInfo } from '../../core/errors.ts';
import type { SessionId } from '../../core/ids.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { MAX_SEEN_KEYS } from '../../core/limits.ts';
import type { LoggedMessage } from '../../core/log/entry.ts';
import type { AnswerFrame, CancelFrame, PromptFrame } from '../../core/wire/frames.ts';
import type { AgentState, SessionSummary } from '../../core/wire/rest.ts';
import {
  AgentLink,
  type AgentReady,
  type LinkHost,
  type PromptOutcome,
} from '../acp/agent-link.ts';
import type { AgentEnd } from '../acp/failures.ts';
import { isConversation } from '../acp/updates.ts';
import type { AgentSpec } from '../agents/types.ts';
import type { SessionLog } from '../journal/port.ts';
import type { Logger } from '../logger.ts';
import type { Timings } from '../timings.ts';
import * as entries from './entries.ts';
import type { SessionFacts } from './facts.ts';
import { Observers } from './observers.ts';
import { OddityCounter } from './oddities.ts';
import { PermissionDesk } from './permissions.ts';
import { refuse, type Receipt } from './receipt.ts';
import { missingEnd } from './recover.ts';
import { SeenKeys } from './seen-keys.ts';
import { Title } from './title.ts';

export interface SessionOptions {
  readonly id: SessionId;
  /** A new session's, or those that an earlier gateway kept. */
  readonly facts: SessionFacts;
  /** The agent's process belongs to an earlier gateway and is gone. */
  readonly restored: boolean;
  /**
   * How to start the agent. @throws ApertureError `agent_missing` when it is not installed any more, or as
   * `checkDirectory`.
   */
  readonly spec: () => AgentSpec;
  readonly log: SessionLog;
  /** Idempotency keys that an earlier gateway accepted, oldest first. */
  readonly keys: readonly (readonly [key: string, n: number])[];
  /** Told whenever the facts changed. */
  readonly keep: (facts: SessionFacts) => void;
  readonly logger: Logger;
  readonly timings: Timings;
  readonly version: string;
  readonly now: () => number;
}

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

/**
 * One session: an agent, a directory, a log. It outlives its agent's process, and every page that looks
 * at it. Everything that happens goes into the log, in one order, and pages read it from there.
 */
export class Session {
  readonly id: SessionId;
  readonly log: SessionLog;
  readonly #options: SessionOptions;
  readonly #desk = new PermissionDesk();
  readonly #keys: SeenKeys;
  readonly observers = new Observers();
  readonly #oddities: OddityCounter;
  readonly #createdAt: number;
  #updatedAt: number;
  readonly #title: Title;
  #link: AgentLink | undefined;
  #agentState: AgentState = 'starting';
  #agentError: ErrorInfo | undefined;
  #acpSessionId: string | undefined;
  /** A prompt has gone to the agent under `#acpSessionId`: there is something to remember. */
  #prompted = false;
  #turn: Turn | undefined;
  #lastStop: string | undefined;
  /** The agent has not answered the prompt of a turn that was given up; it is started again for the next one. */
  #stuck = false;
  #ended = false;
  /** The gateway is closing: no agent is started any more. */
  #stopped = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.id = options.id;
    this.log = options.log;
    const { title, createdAt, acpSessionId, prompted } = options.facts;
    this.#createdAt = this.#updatedAt = createdAt;
    this.#title = new Title(title.text, title.by);
    this.#acpSessionId = acpSessionId;
    this.#prompted = prompted;
    this.#keys = new SeenKeys(MAX_SEEN_KEYS, options.keys);
    this.#oddities = new OddityCounter(options.id, options.logger);
    if (options.restored) this.#agentState = 'exited';
    else this.#keep();
  }

  /** Ends in the log what the end of an earlier gateway cut. Before anything else is asked of it. */
  recover(): void {
    const { facts } = this.#options;
    const missing = missingEnd(facts);
    if (missing.length === 0) return;
    for (const message of missing) this.#append(message);
    if (facts.turn) this.#lastStop = 'interrupted';
    this.#keep();
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  /** The agent's process, for diagnosis. */
  get agentPid(): number | undefined {
    return this.#link?.pid;
  }

  summary(): SessionSummary {
    const turn: TurnState = !this.#turn
      ? 'idle'
      : this.#desk.size > 0
        ? 'requires_action'
        : 'running';
    return {
      id: this.id,
      title: this.#title.text,
      agent: this.#options.facts.agent.name,
      agentTitle: this.#agentTitle,
      cwd: this.#options.facts.cwd,
      createdAt: this.#createdAt,
      updatedAt: this.#updatedAt,
      agentState: this.#agentState,
      turn,
      ...(this.#turn && { turnStartedAt: this.#turn.startedAt }),
      epoch: this.log.epoch,
      head: this.log.head,
      pending: this.#desk.ids,
      ...(this.#agentError && { error: this.#agentError }),
    };
  }

  /** Starts the agent. Returns at once; what becomes of it stands in the log. */
  start(): void {
    if (this.#ended || this.#stopped) return;
    const { timings, version } = this.#options;
    const { cwd } = this.#options.facts;
    this.#agentError = undefined;
    this.#setAgentState('starting', entries.agentState('starting'));
    const host = this.#linkHost();
    try {
      const { initTimeoutMs, stopGraceMs } = timings;
      const previous = this.#acpSessionId;
      const link = new AgentLink(
        { spec: this.#options.spec(), cwd, previous, initTimeoutMs, stopGraceMs, version },
        host.callbacks,
      );
      host.link = this.#link = link;
      this.#options.logger.info('agent.started', { sessionId: this.id, pid: link.pid });
    } catch (error) {
      this.#agentEnded({ state: 'failed', error: toErrorInfo(error, 'agent_not_started') });
    }
  }

  /** @param by the client's name, for the log. */
  prompt({ k, prompt }: PromptFrame, by: string): Receipt {
    const before = this.#before(k);
    if (before) return before;
    if (!prompt.some((block) => block.type !== 'text' || block.text.trim() !== '')) {
      return refuse('empty_prompt', 'The message is empty.');
    }
    if (this.#turn) {
      return refuse(
        'busy',
        'The agent is still working. Send it when it has finished, or stop it first.',
        true,
      );
    }
    const numbers = prompt.map((block, i) =>
      this.#append(entries.userMessage(block, k, by), i === 0 ? k : undefined),
    );
    const n = numbers.at(-1)!;
    this.#keys.add(k, n);
    const startedAt = this.#options.now();
    this.#turn = { key: k, n: numbers[0]!, prompt, startedAt, sent: false, cancelling: false };
    const turn = this.#turn;
    this.#append(entries.turnState('running', k));
    if (this.#title.byPrompt(prompt)) this.#append(entries.renamed(this.#title.text));
    this.#keep();
    this.observers.summaryChanged();
    this.#prepareAgent();
    this.#options.logger.info('prompt', { sessionId: this.id, requestId: k, by });
    // Nothing runs that a restarted gateway would not know of.
    this.log.whenCommitted(n).then(() => this.#send(turn), ENDED_MEANWHILE);
    return { ok: true, n, dup: false };
  }

  answer({ k, id, result }: AnswerFrame, by: string): Receipt {
    const before = this.#before(k);
    if (before) return before;
    const settled = this.#desk.settle(id, result.outcome, this.log.head);
    if (!settled.ok) return settled;
    const n = this.#append(entries.requestResolved(id, by, result.outcome), k);
    this.#keys.add(k, n);
    if (this.#turn && this.#desk.size === 0) {
      this.#append(entries.turnState('running', this.#turn.key));
    }
    this.#keep();
    this.observers.summaryChanged();
    this.#options.logger.info('answer', { sessionId: this.id, requestId: id, by });
    this.log.whenCommitted(n).then(() => settled.respond(result), ENDED_MEANWHILE);
    return { ok: true, n, dup: false };
  }

  /** Stops the running turn. Idempotent; does nothing when there is none (R41). */
  cancel({ k, turn: meant }: CancelFrame, by: string): Receipt {
    const before = this.#before(k);
    if (before) return before;
    const turn = this.#turn;
    if (turn && !turn.cancelling && (meant ?? turn.key) === turn.key) {
      turn.cancelling = true;
      this.#options.logger.info('cancel', { sessionId: this.id, requestId: turn.key, by });
      // First the cancel: an agent that is told "no permission" before it might just end its turn.
      if (turn.sent) this.#link?.cancel();
      if (this.#settleAll(by, 'cancelled')) this.#append(entries.turnState('running', turn.key));
      if (turn.sent) {
        turn.cancelTimer = setTimeout(
          () => this.#giveUp(turn),
          this.#options.timings.cancelGraceMs,
        );
      } else {
        this.#finish(turn, 'cancelled');
      }
      this.observers.summaryChanged();
    }
    this.#keys.add(k, this.log.head);
    return { ok: true, n: this.log.head, dup: false };
  }

  /** @param title one line, not empty. */
  rename(title: string): void {
    if (this.#ended) return;
    this.#title.byUser(title);
    this.#append(entries.renamed(title));
    this.#keep();
    this.observers.summaryChanged();
  }

  /** Final: the agent is stopped, every open request is settled, nothing follows in the log. */
  async end(by: string): Promise<void> {
    if (this.#ended) return;
    this.#settleAll(by, 'ended');
    if (this.#turn) this.#finish(this.#turn, 'cancelled');
    this.#append(entries.ended(by));
    this.#keep(true);
    this.#ended = true;
    this.#agentState = 'exited';
    this.observers.end();
    await this.stopAgent();
  }

  /** Stops the process and no more; for the gateway's own end. */
  async stopAgent(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#turn?.cancelTimer);
    const link = this.#link;
    this.#link = undefined;
    await link?.stop();
  }

  // — the agent's side —

  /** Callbacks of one link; what an older one says goes nowhere (R12). */
  #linkHost(): { link?: AgentLink; callbacks: LinkHost } {
    const host: { link?: AgentLink; callbacks: LinkHost } = {
      callbacks: {
        ready: (info) => this.#current(host.link) && this.#agentReady(info),
        update: (params) => this.#current(host.link) && this.#agentUpdate(params),
        permission: (params, respond) => {
          if (this.#current(host.link)) this.#agentAsks(params, respond);
          else respond(CANCELLED);
        },
        ended: (end) => this.#current(host.link) && this.#agentEnded(end),
        odd: (what, detail) => this.#oddities.add(what, detail),
      },
    };
    return host;
  }

  #current(link: AgentLink | undefined): boolean {
    return !this.#ended && link !== undefined && this.#link === link;
  }

  #agentReady({ acpSessionId, memory, details }: AgentReady): void {
    this.#acpSessionId = acpSessionId;
    this.#setAgentState('ready', entries.agentState('ready', details));
    if (memory === 'forgotten' && this.#prompted) {
      this.#append(
        entries.notice(
          'warning',
          `${this.#agentTitle} was started again and does not remember what was said before. Tell it what it needs to know.`,
        ),
      );
    }
    if (memory === 'forgotten') this.#prompted = false;
    this.#keep();
    if (this.#turn) this.#send(this.#turn);
  }

  #agentUpdate(params: JsonObject): void {
    const late = this.#stuck || (!this.#turn && this.#lastStop === 'cancelled');
    if (late && isConversation(params)) return this.#oddities.add('late_update', 'session/update');
    this.#append({ method: 'session/update', params });
    const update = params['update'];
    if (isObject(update) && update['sessionUpdate'] === 'session_info_update') {
      const led = this.#title.byAgent(update['title']);
      // The agent's own stands in the log already; the user's is said again after it.
      if (led === 'insist') this.#append(entries.renamed(this.#title.text));
      if (led === 'changed') {
        this.#keep();
        this.observers.summaryChanged();
      }
    }
  }

  #agentAsks(params: JsonObject, respond: (result: unknown) => void): void {
    // A cancelled turn gets no more permissions; ACP wants its requests answered so.
    if (this.#stuck || this.#turn?.cancelling) return respond(CANCELLED);
    if (this.#desk.isFull) {
      this.#oddities.add('too_many_requests', 'session/request_permission');
      return respond(CANCELLED);
    }
    const id = this.#desk.open(this.log.head + 1, params, respond);
    this.#append({ method: 'session/request_permission', id, params });
    if (this.#turn && this.#desk.size === 1) {
      this.#append(entries.turnState('requires_action', this.#turn.key));
    }
    this.#keep();
    this.observers.summaryChanged();
  }

  #agentEnded(end: AgentEnd): void {
    this.#link = undefined;
    this.#stuck = false;
    this.#agentError = end.state === 'failed' ? end.error : undefined;
    this.#options.logger.warn('agent.ended', {
      sessionId: this.id,
      code: end.error.code,
      exitCode: end.code,
      signal: end.signal,
    });
    this.#settleAll('gateway', 'agent_exited');
    this.#setAgentState(end.state, entries.agentEnded(end));
    if (this.#turn) this.#finish(this.#turn, this.#turn.cancelling ? 'cancelled' : 'error');
  }

  /** An agent that is gone, or hangs in a turn that was given up, is started again. */
  #prepareAgent(): void {
    if (this.#stuck) {
      const link = this.#link;
      this.#link = undefined;
      this.#stuck = false;
      this.#agentState = 'starting';
      // The old process may hold files that the new one wants.
      void link?.stop().then(() => this.start());
    } else if (this.#agentState === 'exited' || this.#agentState === 'failed') {
      this.start();
    }
  }

  #send(turn: Turn): void {
    const link = this.#link;
    if (this.#turn !== turn || turn.sent || !link || this.#agentState !== 'ready') return;
    turn.sent = true;
    if (!this.#prompted) {
      this.#prompted = true;
      this.#keep();
    }
    link.prompt(turn.prompt, (outcome) => {
      if (this.#link === link) this.#promptDone(turn, outcome);
    });
  }

  #promptDone(turn: Turn, outcome: PromptOutcome): void {
    if (this.#turn !== turn) {
      // The late answer of a turn that was given up: the agent can be used again.
      this.#stuck = false;
      return;
    }
    if (outcome.ok) {
      const { stopReason: _, ...more } = outcome.response;
      const response = Object.keys(more).length > 0 ? more : undefined;
      return this.#finish(turn, outcome.stopReason, response);
    }
    // Agents that abort by throwing mean a cancel, not a failure.
    if (turn.cancelling) return this.#finish(turn, 'cancelled');
    this.#append(entries.failure(outcome.error, turn.key));
    this.#finish(turn, 'error');
  }

  #giveUp(turn: Turn): void {
    if (this.#turn !== turn) return;
    this.#stuck = true;
    const { timings } = this.#options;
    const error: ErrorInfo = {
      code: 'cancel_timeout',
      message: `${this.#agentTitle} did not stop within ${Math.round(timings.cancelGraceMs / 100) / 10} s. What it still says of this turn is dropped, and your next message starts it again.`,
      retryable: false,
    };
    this.#options.logger.warn('cancel.timeout', { sessionId: this.id, requestId: turn.key });
    this.#append(entries.failure(error, turn.key));
    this.#finish(turn, 'cancelled');
  }

  #finish(turn: Turn, stopReason: string, response?: JsonObject): void {
    clearTimeout(turn.cancelTimer);
    this.#settleAll('gateway', 'turn_ended');
    this.#turn = undefined;
    this.#lastStop = stopReason;
    this.#append(entries.turnState('idle', turn.key, { stopReason, response }));
    this.#keep();
    this.observers.summaryChanged();
    this.#options.logger.info('turn.ended', {
      sessionId: this.id,
      requestId: turn.key,
      stopReason,
      durationMs: this.#options.now() - turn.startedAt,
    });
  }

  /** @returns whether there was one. */
  #settleAll(by: string, reason: string): boolean {
    const open = this.#desk.takeAll();
    for (const { id, respond } of open) {
      this.#append(entries.requestResolved(id, by, { outcome: 'cancelled' }, reason));
      respond(CANCELLED);
    }
    if (open.length > 0) this.#keep();
    return open.length > 0;
  }

  // — small things —

  #before(key: string): Receipt | undefined {
    const n = this.#keys.get(key);
    if (n !== undefined) return { ok: true, n, dup: true };
    if (this.#ended) return refuse('ended', 'The session was ended.');
    return undefined;
  }

  get #agentTitle(): string {
    return this.#options.facts.agent.title;
  }

  /** What a restarted gateway must know, as it is now. */
  #keep(ended = false): void {
    if (this.#ended || this.#stopped) return;
    const { agent, cwd } = this.#options.facts;
    const { key, startedAt, n } = this.#turn ?? {};
    this.#options.keep({
      title: { text: this.#title.text, by: this.#title.by },
      agent,
      cwd,
      createdAt: this.#createdAt,
      acpSessionId: this.#acpSessionId,
      prompted: this.#prompted,
      ...(ended && { ended }),
      asking: this.#desk.ids,
      ...(key !== undefined && { turn: { key, startedAt: startedAt!, n: n! } }),
    });
  }

  #append(message: LoggedMessage, key?: string): number {
    const { n, at } = this.log.append(message, key);
    this.#updatedAt = at;
    return n;
  }

  #setAgentState(state: AgentState, message: LoggedMessage): void {
    this.#agentState = state;
    this.#append(message);
    this.observers.summaryChanged();
  }
}

const CANCELLED = { outcome: { outcome: 'cancelled' } };

/** An entry that is never committed belongs to a session that was dropped: nobody waits for it. */
const ENDED_MEANWHILE = (): void => {};
