import type { ContentBlock } from '../../core/acp.ts';
import { ApertureError, toErrorInfo, type ErrorInfo } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { AgentState } from '../../core/wire/rest.ts';
import { CANCELLED, permissionAsked, type Asked } from '../acp/asked.ts';
import { NO_EXTRAS } from '../acp/extras.ts';
import type { ServiceNews } from '../acp/services/services.ts';
import type { AgentEnd } from '../acp/failures.ts';
import { connectAgent } from '../agent/connect.ts';
import type { AgentHost, AgentPort, AgentReady, PromptOutcome } from '../agent/port.ts';
import type { AgentSpec } from '../agents/types.ts';
import type { Logger } from '../logger.ts';
import type { Timings } from '../timings.ts';
import * as entries from './entries.ts';
import type { OddityCounter } from './oddities.ts';
import type { SessionRecord } from './record.ts';

export interface AgentLifeOptions {
  /**
   * How to start the agent. @throws ApertureError `agent_missing` when it is not installed any more, or as
   * `checkDirectory`.
   */
  readonly spec: () => AgentSpec;
  readonly logger: Logger;
  readonly timings: Timings;
  readonly version: string;
}

/** What the agent's life means for the rest of the session. */
export interface AgentLifeHost {
  /** It takes prompts now. */
  ready(): void;
  update(params: JsonObject): void;
  asks(asked: Asked): void;
  /** Another process takes its place: what it was asked goes to that one, what it asked is void. */
  restarts(): void;
  /** It is gone, and the log is about to say so: what waits for it ends before that. */
  ending(): void;
  /** The log has said it. */
  ended(): void;
}

/** An agent's life after life: the process of now, its state, and what it remembers of those before it. */
export class AgentLife {
  #link: AgentPort | undefined;
  #state: AgentState = 'starting';
  #error: ErrorInfo | undefined;
  /** It has not answered the prompt of a turn that was given up; it is started again for the next one. */
  #hangs = false;
  #stopped = false;

  constructor(
    private readonly record: SessionRecord,
    private readonly oddities: OddityCounter,
    private readonly options: AgentLifeOptions,
    private readonly host: AgentLifeHost,
  ) {
    // For good: the log lives as long as this does.
    record.log.onCongestion((congested) => {
      options.logger.info(congested ? 'agent.held' : 'agent.goes_on', { sessionId: record.id });
      if (congested) this.#link?.pause();
      else this.#link?.resume();
    });
  }

  get state(): AgentState {
    return this.#state;
  }

  /** Why it failed, if it did. */
  get error(): ErrorInfo | undefined {
    return this.#error;
  }

  get pid(): number | undefined {
    return this.#link?.pid;
  }

  /** What it says belongs to a turn that was given up. */
  get hangs(): boolean {
    return this.#hangs;
  }

  get title(): string {
    return this.record.facts.agent.title;
  }

  /** Its process belongs to an earlier gateway and is gone. */
  wasElsewhere(): void {
    this.#state = 'exited';
  }

  /** Returns at once; what becomes of it stands in the log. */
  start(): void {
    if (this.#stopped) return;
    const { timings, version, logger, spec } = this.options;
    const { cwd, acpSessionId: previous, extras = NO_EXTRAS } = this.record.facts;
    this.#error = undefined;
    this.#setState('starting', {});
    const { initTimeoutMs, stopGraceMs } = timings;
    const own: { link?: AgentPort } = {};
    try {
      const options = { spec: spec(), cwd, extras, previous, initTimeoutMs, stopGraceMs, version };
      own.link = this.#link = connectAgent(options, this.#hostOf(own));
      if (this.record.log.isCongested) own.link.pause();
      logger.info('agent.started', { sessionId: this.record.id, pid: this.#link.pid });
    } catch (error) {
      this.#ended({ state: 'failed', error: toErrorInfo(error, 'agent_not_started') });
    }
  }

  /** Before a prompt: an agent that is gone, or hangs in a turn that was given up, is started again. */
  prepare(): void {
    if (this.#hangs) this.#replace();
    else if (this.#state === 'exited' || this.#state === 'failed') {
      this.start();
    }
  }

  #again(): void {
    this.host.restarts();
    this.#replace();
  }

  #replace(): void {
    const link = this.#link;
    this.#link = undefined;
    this.#hangs = false;
    this.#state = 'starting';
    // The old process may hold files that the new one wants.
    void link?.stop().then(() => this.start());
  }

  /**
   * @param settle as {@link AgentPort.prompt}; not called when the agent goes before it answers.
   * @returns false when there is no agent that could take it; it is to be asked again when one is ready.
   */
  prompt(prompt: readonly ContentBlock[], settle: (outcome: PromptOutcome) => void): boolean {
    const link = this.#link;
    if (!link || this.#state !== 'ready') return false;
    if (!this.record.facts.prompted) this.record.keep({ prompted: true });
    link.prompt(prompt, (outcome) => {
      if (this.#link === link) settle(outcome);
    });
    return true;
  }

  /**
   * Changes a setting of the agent's session. @returns undefined when there is no agent that could; else its
   * answer, or ApertureError why it refused. Not settled when the agent goes before it answers.
   */
  set(method: string, params: JsonObject): Promise<JsonObject> | undefined {
    return this.#state === 'ready' ? this.#link?.set(method, params) : undefined;
  }

  /** Whether it takes messages while a turn runs. */
  get canSteer(): boolean {
    return this.#state === 'ready' && this.#link?.steer !== undefined;
  }

  /** @throws ApertureError why it did not take the message; at once when it cannot. */
  async steer(prompt: readonly ContentBlock[]): Promise<void> {
    const link = this.#link;
    if (link?.steer && this.#state === 'ready') return link.steer(prompt);
    throw new ApertureError('not_steered', `${this.title} did not get this message: it is gone.`, {
      retryable: true,
    });
  }

  cancel(): void {
    this.#link?.cancel();
  }

  /** It did not stop when it was told to. */
  giveUp(): void {
    this.#hangs = true;
  }

  /** The late answer of a turn that was given up: the agent can be used again. */
  answeredLate(): void {
    this.#hangs = false;
  }

  /** The session was ended: what the agent still says goes nowhere. */
  disown(): void {
    this.#state = 'exited';
    this.#stopped = true;
  }

  /** Final: stops the process and no more. @param over its session is, for good: it is told that first. */
  async stop(over = false): Promise<void> {
    this.#stopped = true;
    const link = this.#link;
    this.#link = undefined;
    if (over) await link?.close?.();
    await link?.stop();
  }

  /** Callbacks of one link; what an older one says goes nowhere (R12). */
  #hostOf(own: { link?: AgentPort }): AgentHost {
    const current = (): boolean => own.link !== undefined && this.#link === own.link;
    const asks = (asked: Asked): void =>
      current() ? this.host.asks(asked) : asked.respond(CANCELLED);
    return {
      ready: (info) => current() && this.#ready(info),
      update: (params) => current() && this.host.update(params),
      permission: (params, respond, withdrawn) => asks(permissionAsked(params, respond, withdrawn)),
      asks,
      notice: (level, text) => current() && this.record.append(entries.notice(level, text)),
      again: () => current() && this.#again(),
      served: (news) => current() && this.#served(news),
      ended: (end) => current() && this.#ended(end),
      odd: (what, detail) => this.oddities.add(what, detail),
    };
  }

  #ready({ acpSessionId, memory, left, details }: AgentReady): void {
    this.#setState('ready', details);
    const forgotten = memory === 'forgotten';
    if (forgotten && this.record.facts.prompted) {
      const text = `${this.title} was started again and does not remember what was said before. Tell it what it needs to know.`;
      this.record.append(entries.notice('warning', text));
    }
    if (left.length > 0) {
      const text = `${this.title} cannot use ${left.join(', ')}; the session goes on without.`;
      this.record.append(entries.notice('warning', text));
    }
    this.record.keep({ acpSessionId, ...(forgotten && { prompted: false }) });
    this.host.ready();
  }

  #served({ what, ...news }: ServiceNews): void {
    this.record.append(what === 'file' ? entries.file(news) : entries.terminal(news));
  }

  #ended(end: AgentEnd): void {
    this.#link = undefined;
    this.#hangs = false;
    this.#error = end.state === 'failed' ? end.error : undefined;
    this.options.logger.warn('agent.ended', {
      sessionId: this.record.id,
      code: end.error.code,
      exitCode: end.code,
      signal: end.signal,
    });
    this.host.ending();
    this.#state = end.state;
    this.record.append(entries.agentEnded(end));
    this.record.observers.summaryChanged();
    this.host.ended();
  }

  #setState(state: AgentState, details: JsonObject): void {
    this.#state = state;
    this.record.append(entries.agentState(state, details));
    this.record.observers.summaryChanged();
  }
}
