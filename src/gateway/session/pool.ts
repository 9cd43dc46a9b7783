import { homedir } from 'node:os';
import path from 'node:path';
import { ApertureError } from '../../core/errors.ts';
import { newId, type SessionId } from '../../core/ids.ts';
import { oneLine } from '../../core/text/sanitise.ts';
import type {
  AgentsResponse,
  AgentVersion,
  DirectoriesResponse,
  SessionSummary,
} from '../../core/wire/rest.ts';
import type { RepositoryInfo } from '../../core/wire/worktree.ts';
import type { AgentRegistry, AgentSpec } from '../agents/types.ts';
import type { Journal } from '../journal/port.ts';
import type { Logger } from '../logger.ts';
import type { Timings } from '../timings.ts';
import { Worktrees, type MadeWorktree } from '../worktree/worktrees.ts';
import { listDirectories, resolveDirectory } from './directory.ts';
import { AgentSessions, type TakenUp } from './agent-sessions.ts';
import { checkExtras, type WantedExtras } from './extras.ts';
import { factsFromJson, factsToJson, type SessionFacts, type SessionOrigin } from './facts.ts';
import { Session, type SessionOptions } from './session.ts';
import { checkPlace, SessionWorktrees, worktreeWords } from './worktrees.ts';

const MAX_TITLE = 200;

export interface PoolOptions {
  readonly registry: AgentRegistry;
  readonly journal: Journal;
  /** Real paths; empty: any directory. */
  readonly roots: readonly string[];
  readonly defaultCwd: string;
  readonly maxSessions: number;
  /** Where sessions' worktrees stand; undefined: there are none. */
  readonly worktreesDir?: string;
  readonly logger: Logger;
  readonly timings: Timings;
  readonly version: string;
  readonly now: () => number;
}

/** What a client asked for, not yet checked. */
export interface Wanted extends WantedExtras {
  readonly agent: unknown;
  readonly cwd: unknown;
  readonly title: unknown;
  readonly worktree?: unknown;
  readonly origin?: SessionOrigin;
  /** The agent's own session that it goes on with, as `takeUp` read it. */
  readonly taken?: TakenUp & { readonly title: unknown };
}

/** All sessions of this gateway. */
export class SessionPool {
  readonly #sessions = new Map<SessionId, Session>();
  /** Sessions that were ended and whose agents are still stopping. */
  readonly #ending = new Set<Promise<void>>();
  readonly #worktrees: Worktrees;
  readonly worktrees: SessionWorktrees;
  readonly agentSessions: AgentSessions;
  /** Sessions of agents that are being taken up, so that none is taken up twice. */
  readonly #takingUp = new Map<string, Promise<Session>>();

  constructor(private readonly options: PoolOptions) {
    const { worktreesDir: directory, roots, logger } = options;
    this.#worktrees = new Worktrees({ directory, roots });
    this.worktrees = new SessionWorktrees(this.#worktrees, logger);
    this.agentSessions = new AgentSessions({
      ...options,
      spec: (agent) => this.#spec(agent),
      here: (agent, own) => this.#goingOnWith(agent, own)?.id,
    });
  }

  get(id: SessionId): Session | undefined {
    return this.#sessions.get(id);
  }

  /** Oldest first. */
  list(): SessionSummary[] {
    return [...this.#sessions.values()].map((session) => session.summary());
  }

  /** The session that a dialect knows under this name. */
  byOrigin({ dialect, key }: SessionOrigin): Session | undefined {
    return this.sessionsOf(dialect).find((session) => session.facts.origin?.key === key);
  }

  /** Every session that a dialect began, oldest first. */
  sessionsOf(dialect: SessionOrigin['dialect']): Session[] {
    return [...this.#sessions.values()].filter(
      (session) => session.facts.origin?.dialect === dialect,
    );
  }

  agents(): AgentsResponse {
    return { agents: this.options.registry.list(), defaultCwd: this.options.defaultCwd };
  }

  /** @throws ApertureError `unknown_agent`, `agent_missing` */
  async agentVersion(name: string): Promise<AgentVersion> {
    this.#spec(name);
    const version = await this.options.registry.version?.(name);
    return version === undefined ? {} : { version };
  }

  directories(given: string): Promise<DirectoriesResponse> {
    return listDirectories(given === '' ? this.options.defaultCwd : given, this.options.roots);
  }

  /** Whether a session in this directory can have a worktree of its own. @throws as `resolveDirectory` */
  async repository(given: string): Promise<RepositoryInfo> {
    const { defaultCwd, roots } = this.options;
    return this.#worktrees.info(await resolveDirectory(given || defaultCwd, roots));
  }

  /**
   * Checks the wish, makes the session and starts its agent; does not wait for the agent.
   *
   * @throws ApertureError `unknown_agent`, `agent_missing`, `bad_title`, `session_limit`, or as
   *   `resolveDirectory`, `checkExtras` and `Worktrees.create`.
   */
  async create({
    agent,
    cwd,
    title,
    worktree,
    origin,
    taken,
    ...wanted
  }: Wanted): Promise<Session> {
    const spec = this.#spec(agent);
    const given = title === undefined || title === '' ? undefined : checkTitle(title);
    if (cwd !== undefined && typeof cwd !== 'string') {
      throw new ApertureError('bad_directory', '“cwd” must be a string: an absolute path.');
    }
    const directory = await resolveDirectory(
      cwd || spec.cwd || this.options.defaultCwd,
      this.options.roots,
    );
    const extras = await checkExtras(wanted, this.options.roots);
    const { journal, logger, now } = this.options;
    const made = await this.#worktree(worktree, directory, given ?? spec.name);
    // After the last await: two requests at once must not both pass.
    if (this.#isFull) {
      // Nothing was done in it yet.
      if (made) await this.#worktrees.remove(made.facts).catch(() => {});
      throw this.#tooMany();
    }
    const id = newId();
    const session = this.#make({
      id,
      facts: {
        title: firstTitle(
          given,
          taken?.title,
          oneLine(path.basename(directory), MAX_TITLE) || spec.title,
        ),
        agent: { name: spec.name, title: spec.title },
        cwd: made?.cwd ?? directory,
        ...(made && { worktree: made.facts }),
        ...(extras && { extras }),
        createdAt: now(),
        ...(taken && { acpSessionId: taken.acpSessionId }),
        prompted: taken !== undefined,
        asking: [],
        ...(origin && { origin }),
      },
      restored: false,
      log: journal.create(id),
      keys: [],
    });
    this.#sessions.set(id, session);
    logger.info('session.created', { sessionId: id, agent: spec.name, cwd: session.facts.cwd });
    if (made) session.tell(worktreeWords(made.facts));
    if (taken) session.tookUp(taken.history, taken.notice);
    session.start();
    return session;
  }

  /**
   * A session that goes on with one which the agent keeps by itself, under its id `resume`: what was said in it
   * stands in the new log. One that is here already is that one, and whoever asks meanwhile gets the same.
   *
   * @throws ApertureError as `create` and `AgentSessions.read`; nothing is left behind then.
   */
  async takeUp({ resume, ...wanted }: Wanted & { resume: unknown }): Promise<Session> {
    const { agent, cwd, title, worktree } = wanted;
    const spec = this.#spec(agent);
    const here = this.#goingOnWith(spec.name, resume);
    if (here) return here;
    if (worktree) {
      throw new ApertureError('bad_worktree', 'A session that is taken up stays in its directory.');
    }
    const key = JSON.stringify([spec.name, resume]);
    const underWay = this.#takingUp.get(key);
    if (underWay) return underWay;
    const taking = (async () => {
      const directory = typeof cwd === 'string' && cwd !== '' ? cwd : this.options.defaultCwd;
      const read = await this.agentSessions.read(agent, resume, directory);
      return this.create({ ...wanted, cwd: directory, title: '', taken: { ...read, title } });
    })();
    this.#takingUp.set(key, taking);
    try {
      return await taking;
    } finally {
      this.#takingUp.delete(key);
    }
  }

  #goingOnWith(agent: string, agentSession: unknown): Session | undefined {
    return [...this.#sessions.values()].find(
      ({ facts }) => facts.agent.name === agent && facts.acpSessionId === agentSession,
    );
  }

  /** @throws ApertureError `bad_worktree`, `session_limit`, and as `Worktrees.create` */
  async #worktree(
    wanted: unknown,
    directory: string,
    title: string,
  ): Promise<MadeWorktree | undefined> {
    if (wanted === undefined || wanted === false) return undefined;
    if (wanted !== true) throw new ApertureError('bad_worktree', '“worktree” is true or false.');
    if (this.#isFull) throw this.#tooMany();
    return this.#worktrees.create(directory, title);
  }

  get #isFull(): boolean {
    return this.#sessions.size >= this.options.maxSessions;
  }

  #tooMany(): ApertureError {
    return new ApertureError(
      'session_limit',
      `This gateway already has ${this.options.maxSessions} sessions. End one, or start the gateway with a higher --max-sessions.`,
      { retryable: true },
    );
  }

  /** Takes up the sessions that an earlier gateway kept. Their agents start when they are needed. */
  async restore(): Promise<void> {
    const { journal } = this.options;
    const found = await journal.restore();
    const sessions = found.flatMap(({ id, meta, log, keys }) => {
      const facts = factsFromJson(meta);
      if (!facts) this.options.logger.error('session.unreadable', { sessionId: id });
      if (facts?.ended) journal.drop(id);
      return facts && !facts.ended ? [this.#make({ id, facts, restored: true, log, keys })] : [];
    });
    for (const session of sessions) session.recover();
    sessions.sort((a, b) => a.summary().createdAt - b.summary().createdAt);
    for (const session of sessions) this.#sessions.set(session.id, session);
    if (sessions.length > 0)
      this.options.logger.info('sessions.restored', { count: sessions.length });
  }

  /** @throws ApertureError `bad_title` */
  rename(session: Session, title: unknown): void {
    session.rename(checkTitle(title));
  }

  /** Ends the session. Returns once nobody can find it any more; its agent may still be stopping. */
  end(session: Session, by: string): void {
    if (!this.#sessions.delete(session.id)) return;
    this.options.logger.info('session.ended', { sessionId: session.id, by });
    const ending = session
      .end(by)
      .then(() => this.worktrees.ended(session))
      .then(() => session.observers.gone())
      .then(() => this.options.journal.drop(session.id))
      .finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  /** Stops every agent, and writes what is left of the logs. Sessions that can be restored stay. */
  async close(): Promise<void> {
    await Promise.all([
      ...[...this.#sessions.values()].map((session) => session.stopAgent()),
      this.agentSessions.close(),
      ...this.#ending,
    ]);
    await this.options.journal.close();
  }

  #make(given: Pick<SessionOptions, 'id' | 'facts' | 'restored' | 'log' | 'keys'>): Session {
    const { journal, logger, timings, version, now } = this.options;
    return new Session({
      ...given,
      spec: () => {
        checkPlace(given.facts, this.options.roots);
        return this.#spec(given.facts.agent.name);
      },
      keep: (facts) => journal.keep(given.id, factsToJson(facts)),
      logger,
      timings,
      version,
      now,
    });
  }

  #spec(agent: unknown): AgentSpec {
    const all = this.options.registry.list();
    const name = typeof agent === 'string' ? agent : '';
    const spec = this.options.registry.get(name);
    if (spec) return spec;
    const known = all.find((info) => info.name === name);
    if (known) {
      throw new ApertureError(
        'agent_missing',
        `${known.title} is not installed here. ${known.install ?? 'Install it'}`,
      );
    }
    const names = all.filter((info) => info.available).map((info) => info.name);
    throw new ApertureError(
      'unknown_agent',
      `There is no agent “${oneLine(name, 64)}”. Choose one of: ${names.join(', ')}. Others can be named in the --config file.`,
    );
  }
}

/** Who named it: its user; the agent, whose session it was; or nobody yet. */
function firstTitle(
  byUser: string | undefined,
  byAgent: unknown,
  otherwise: string,
): SessionFacts['title'] {
  const agents = typeof byAgent === 'string' ? oneLine(byAgent, MAX_TITLE) : '';
  if (byUser !== undefined) return { text: byUser, by: 'user' };
  return agents ? { text: agents, by: 'agent' } : { text: otherwise, by: 'nobody' };
}

/** @returns the title on one line. @throws ApertureError `bad_title` */
function checkTitle(title: unknown): string {
  const line =
    typeof title === 'string' && title.length <= MAX_TITLE ? oneLine(title, MAX_TITLE) : '';
  if (line === '') {
    throw new ApertureError('bad_title', `A title has 1 to ${MAX_TITLE} characters.`);
  }
  return line;
}

/** Where sessions start unless told otherwise: the first root, else where the gateway was started. */
export function defaultDirectory(roots: readonly string[], started: string): string {
  return roots[0] ?? (path.dirname(started) === started ? homedir() : started);
}
