import type { SessionId } from '../../core/ids.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { MAX_SEEN_KEYS } from '../../core/limits.ts';
import type { AnswerFrame, CancelFrame, PromptFrame, SetFrame } from '../../core/wire/frames.ts';
import type { SessionSummary } from '../../core/wire/rest.ts';
import { isConversation } from '../acp/updates.ts';
import type { SessionLog } from '../journal/port.ts';
import { worktreeBrief } from '../worktree/facts.ts';
import { AgentLife, type AgentLifeOptions } from './agent-life.ts';
import * as entries from './entries.ts';
import type { SessionFacts } from './facts.ts';
import type { Observers } from './observers.ts';
import { OddityCounter } from './oddities.ts';
import { refuse, type Receipt } from './receipt.ts';
import { SessionRecord } from './record.ts';
import { missingEnd } from './recover.ts';
import { SeenKeys } from './seen-keys.ts';
import { changeSetting } from './settings.ts';
import { Turns } from './turns.ts';

export interface SessionOptions extends AgentLifeOptions {
  readonly id: SessionId;
  /** A new session's, or those that an earlier gateway kept. */
  readonly facts: SessionFacts;
  /** The agent's process belongs to an earlier gateway and is gone. */
  readonly restored: boolean;
  readonly log: SessionLog;
  /** Idempotency keys that an earlier gateway accepted, oldest first. */
  readonly keys: readonly (readonly [key: string, n: number])[];
  /** Told whenever the facts changed. */
  readonly keep: (facts: SessionFacts) => void;
  readonly now: () => number;
}

/**
 * One session: an agent, a directory, a log. It outlives its agent's process, and every page that looks
 * at it. Everything that happens goes into the log, in one order, and pages read it from there.
 */
export class Session {
  readonly id: SessionId;
  readonly log: SessionLog;
  readonly observers: Observers;
  readonly #record: SessionRecord;
  readonly #agent: AgentLife;
  readonly #turns: Turns;
  readonly #keys: SeenKeys;
  readonly #oddities: OddityCounter;
  #ended = false;

  constructor(options: SessionOptions) {
    this.id = options.id;
    this.log = options.log;
    this.#record = new SessionRecord(options);
    this.observers = this.#record.observers;
    this.#keys = new SeenKeys(MAX_SEEN_KEYS, options.keys);
    this.#oddities = new OddityCounter(options.id, options.logger);
    this.#agent = new AgentLife(this.#record, this.#oddities, options, {
      ready: () => this.#turns.agentReady(),
      update: (params) => this.#agentUpdate(params),
      asks: (asked) => this.#turns.ask(asked),
      restarts: () => this.#turns.agentRestarts(),
      ending: () => this.#turns.settleAll('gateway', 'agent_exited'),
      ended: () => this.#turns.agentGone(),
    });
    this.#turns = new Turns(this.#record, this.#agent, this.#oddities, options);
    if (options.restored) this.#agent.wasElsewhere();
    else this.#record.keep();
  }

  /** Ends in the log what the end of an earlier gateway cut. Before anything else is asked of it. */
  recover(): void {
    const { facts } = this.#record;
    const missing = missingEnd(facts);
    if (missing.length === 0) return;
    for (const message of missing) this.#record.append(message);
    if (facts.turn) this.#turns.wasInterrupted();
    this.#record.keep({ turn: undefined, asking: [] });
  }

  /** As a restarted gateway would know them: among them the running turn, and where the session came from. */
  get facts(): Readonly<SessionFacts> {
    return this.#record.facts;
  }

  /** The agent's modes and options; undefined when only the log's earlier entries know. */
  get settings(): JsonObject | undefined {
    const { settings } = this.#record;
    return settings.isKnown ? settings.answer : undefined;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  /** The agent's process, for diagnosis. */
  get agentPid(): number | undefined {
    return this.#agent.pid;
  }

  summary(): SessionSummary {
    const { agent, cwd, createdAt, worktree } = this.#record.facts;
    const { startedAt } = this.#turns;
    return {
      id: this.id,
      title: this.#record.title.text,
      agent: agent.name,
      agentTitle: agent.title,
      cwd,
      createdAt,
      updatedAt: this.#record.updatedAt,
      agentState: this.#agent.state,
      turn: this.#turns.state,
      ...(startedAt !== undefined && { turnStartedAt: startedAt }),
      epoch: this.log.epoch,
      head: this.log.head,
      pending: this.#turns.pending,
      ...(this.#agent.error && { error: this.#agent.error }),
      ...(worktree && { worktree: worktreeBrief(worktree) }),
    };
  }

  /** Starts the agent. Returns at once; what becomes of it stands in the log. */
  start(): void {
    this.#agent.start();
  }

  /** @param by the client's name, for the log. */
  prompt({ k, prompt, steer }: PromptFrame, by: string): Receipt {
    const before = this.#before(k);
    if (before) return before;
    if (this.#record.facts.worktree?.removed) {
      return refuse(
        'worktree_removed',
        'The worktree that this session worked in was removed. Start a new session.',
      );
    }
    if (!prompt.some((block) => block.type !== 'text' || block.text.trim() !== '')) {
      return refuse('empty_prompt', 'The message is empty.');
    }
    if (steer === true && this.#turns.canSteer) {
      return this.#accepted(k, this.#turns.steer(k, prompt, by));
    }
    if (this.#turns.isRunning) {
      return refuse(
        'busy',
        'The agent is still working. Send it when it has finished, or stop it first.',
        true,
      );
    }
    return this.#accepted(k, this.#turns.begin(k, prompt, by));
  }

  answer(frame: AnswerFrame, by: string): Receipt {
    const before = this.#before(frame.k);
    if (before) return before;
    const answered = this.#turns.answer(frame, by);
    return answered.ok ? this.#accepted(frame.k, answered.n) : answered;
  }

  /** Stops the running turn. Idempotent; does nothing when there is none (R41). */
  cancel({ k, turn }: CancelFrame, by: string): Receipt {
    const before = this.#before(k);
    if (before) return before;
    this.#turns.cancel(by, turn);
    return this.#accepted(k, this.log.head);
  }

  /** Changes the agent's mode or one of its options; what it says to that stands in the log. */
  set(frame: SetFrame, by: string): Receipt {
    const before = this.#before(frame.k);
    if (before) return before;
    if (!changeSetting(this.#record, this.#agent, frame, by)) {
      return refuse(
        'agent_not_ready',
        'The agent is not running. Send a message to start it.',
        true,
      );
    }
    return this.#accepted(frame.k, this.log.head);
  }

  /** @param title one line, not empty. */
  rename(title: string): void {
    if (this.#ended) return;
    this.#record.title.byUser(title);
    this.#record.append(entries.renamed(title));
    this.#record.keep();
    this.observers.summaryChanged();
  }

  /** A line in the log for the reader. */
  tell(text: string): void {
    if (!this.#ended) this.#record.append(entries.notice('info', text));
  }

  /** The history of the agent's own session that this one goes on with. Before the agent is started. */
  tookUp(history: readonly JsonObject[], notice: string): void {
    for (const params of history) this.#record.append({ method: 'session/update', params });
    this.#record.append(entries.notice('info', notice));
  }

  /** What it worked in is gone; from now on it is for reading. */
  worktreeRemoved(): void {
    const { worktree } = this.#record.facts;
    if (worktree) this.#record.keep({ worktree: { ...worktree, removed: true } });
    this.observers.summaryChanged();
  }

  /** Final: the agent is stopped, every open request is settled, nothing follows in the log. */
  async end(by: string): Promise<void> {
    if (this.#ended) return;
    this.#turns.end(by);
    this.#record.append(entries.ended(by));
    this.#record.keep({ ended: true });
    this.#ended = true;
    this.#agent.disown();
    this.observers.end();
    await this.stopAgent(true);
  }

  /** Stops the process and no more; for the gateway's own end. */
  async stopAgent(over = false): Promise<void> {
    this.#record.close();
    this.#turns.stop();
    await this.#agent.stop(over);
  }

  #agentUpdate(params: JsonObject): void {
    if (this.#turns.isOverdue && isConversation(params)) {
      return this.#oddities.add('late_update', 'session/update');
    }
    const record = this.#record;
    record.append({ method: 'session/update', params });
    const update = params['update'];
    if (isObject(update) && update['sessionUpdate'] === 'session_info_update') {
      const led = record.title.byAgent(update['title']);
      // The agent's own stands in the log already; the user's is said again after it.
      if (led === 'insist') record.append(entries.renamed(record.title.text));
      if (led === 'changed') {
        record.keep();
        this.observers.summaryChanged();
      }
    }
  }

  #before(key: string): Receipt | undefined {
    const n = this.#keys.get(key);
    if (n !== undefined) return { ok: true, n, dup: true };
    if (this.#ended) return refuse('ended', 'The session was ended.');
    return undefined;
  }

  #accepted(key: string, n: number): Receipt {
    this.#keys.add(key, n);
    return { ok: true, n, dup: false };
  }
}
