import { realpath } from 'node:fs/promises';
import { ApertureError } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import type { SessionId } from '../../core/ids.ts';
import { oneLine } from '../../core/text/sanitise.ts';
import type {
  AgentAbilities,
  AgentSessionInfo,
  AgentSessionsResponse,
} from '../../core/wire/rest.ts';
import type { AgentSpec } from '../agents/types.ts';
import { contains } from '../acp/services/contained.ts';
import { isTurnState, withoutOurs } from '../acp/updates.ts';
import { AgentVisit } from '../acp/visit.ts';
import type { Logger } from '../logger.ts';
import type { Timings } from '../timings.ts';
import { resolveDirectory } from './directory.ts';

/** A visited agent that is asked nothing for this long is stopped, ms. */
const IDLE_MS = 30_000;
/** Agents that are visited at once; the one that was asked longest ago is stopped for another. */
const MAX_VISITS = 4;
/** What of a history is taken: its newest updates, and bytes as JSON. */
const MAX_UPDATES = 20_000;
const MAX_HISTORY_BYTES = 16 * 1024 * 1024;
/** Sessions of one page that are looked at; agents send 50 or so. */
const MAX_LISTED = 500;
const MAX_ID = 1_024;

export interface AgentSessionsOptions {
  /** @throws ApertureError `unknown_agent`, `agent_missing` */
  readonly spec: (agent: unknown) => AgentSpec;
  /** The session of this gateway that goes on with the agent's own. */
  readonly here: (agent: string, agentSession: string) => SessionId | undefined;
  readonly roots: readonly string[];
  readonly defaultCwd: string;
  readonly logger: Logger;
  readonly timings: Timings;
  readonly version: string;
}

/** What an agent has of a session that it kept. */
export interface TakenUp {
  readonly acpSessionId: string;
  /** Params of `session/update`, oldest first, as the agent said them. */
  readonly history: readonly JsonObject[];
  /** What its reader should know of it. */
  readonly notice: string;
}

interface Visited {
  readonly visit: AgentVisit;
  timer: NodeJS.Timeout | undefined;
  users: number;
}

/** The sessions that agents keep by themselves: listed, read and deleted through a process that is there for that alone. */
export class AgentSessions {
  readonly #visits = new Map<string, Visited>();
  readonly #known = new Map<string, AgentAbilities>();

  constructor(private readonly options: AgentSessionsOptions) {}

  /** What an agent says of itself. It is started to be asked, once. @throws ApertureError as it failed. */
  async abilities(agent: unknown): Promise<AgentAbilities> {
    const spec = this.#spec(agent);
    const known = this.#known.get(spec.name);
    return known ?? this.#visit(spec, async (visit) => this.#learn(spec, await visit.hello));
  }

  /** One page of the agent's list. @throws ApertureError `cannot_list`, `bad_cursor`; as the agent failed. */
  async list(agent: unknown, cursor: string | undefined): Promise<AgentSessionsResponse> {
    const spec = this.#spec(agent);
    if (cursor !== undefined && cursor.length > MAX_ID * 4) {
      throw new ApertureError('bad_cursor', 'This is no cursor that the agent gave.');
    }
    return this.#visit(spec, async (visit) => {
      const { sessions: can } = this.#learn(spec, await visit.hello);
      if (!can.list) {
        throw new ApertureError('cannot_list', `${spec.title} does not list its sessions.`);
      }
      const answer = await visit.request('session/list', cursor === undefined ? {} : { cursor });
      const listed = Array.isArray(answer['sessions']) ? answer['sessions'] : [];
      const read = listed.slice(0, MAX_LISTED).flatMap((entry) => readSession(entry) ?? []);
      const allowed = await Promise.all(read.map(({ cwd }) => this.#isAllowed(cwd)));
      const next = answer['nextCursor'];
      return {
        sessions: read
          .filter((_, at) => allowed[at])
          .map((session): AgentSessionInfo => {
            const here = this.options.here(spec.name, session.sessionId);
            return here === undefined ? session : { ...session, here };
          }),
        ...(typeof next === 'string' && next !== '' && next !== cursor && { nextCursor: next }),
        can: { takeUp: can.load || can.resume, delete: can.delete },
      };
    });
  }

  /** Signs its user out, by ACP's `logout`. @throws ApertureError `cannot_sign_out`; as the agent failed. */
  async signOut(agent: unknown): Promise<void> {
    const spec = this.#spec(agent);
    await this.#visit(spec, async (visit) => {
      if (!this.#learn(spec, await visit.hello).logout) {
        throw new ApertureError('cannot_sign_out', `${spec.title} cannot sign anybody out.`);
      }
      await visit.request('logout', {});
    });
    this.options.logger.info('agent.signed_out', { agent: spec.name });
  }

  /** @throws ApertureError `session_in_use`, `cannot_delete`; as the agent failed. */
  async remove(agent: unknown, id: string): Promise<void> {
    const spec = this.#spec(agent);
    if (this.options.here(spec.name, checkId(id)) !== undefined) {
      throw new ApertureError(
        'session_in_use',
        'This session is in the list of sessions here. End it there first.',
      );
    }
    await this.#visit(spec, async (visit) => {
      const { sessions: can } = this.#learn(spec, await visit.hello);
      if (!can.delete) {
        throw new ApertureError('cannot_delete', `${spec.title} does not delete its sessions.`);
      }
      await visit.request('session/delete', { sessionId: id });
    });
    this.options.logger.info('agent_session.deleted', { agent: spec.name });
  }

  /**
   * What was said in one of its sessions, so that a session of ours can go on with it. The visiting process is gone
   * when this resolves: two processes of one agent must not have the same session.
   *
   * @throws ApertureError `cannot_take_up`, or as `resolveDirectory`, or as the agent refused.
   */
  async read(agent: unknown, id: unknown, directory: string): Promise<TakenUp> {
    const spec = this.#spec(agent);
    const sessionId = checkId(id);
    const cwd = await resolveDirectory(directory, this.options.roots);
    try {
      return await this.#visit(spec, (visit) => this.#read(spec, visit, sessionId, cwd));
    } finally {
      await this.#leave(spec.name);
    }
  }

  /** Idempotent. Resolves when every visiting process is gone. */
  async close(): Promise<void> {
    await Promise.all([...this.#visits.keys()].map((name) => this.#leave(name)));
  }

  async #read(
    spec: AgentSpec,
    visit: AgentVisit,
    acpSessionId: string,
    cwd: string,
  ): Promise<TakenUp> {
    const { sessions: can } = this.#learn(spec, await visit.hello);
    if (!can.load) {
      if (can.resume) {
        const notice = `${spec.title} goes on with this session and remembers it, but does not tell what was said before.`;
        return { acpSessionId, history: [], notice };
      }
      throw new ApertureError(
        'cannot_take_up',
        `${spec.title} can neither load nor resume a session.`,
      );
    }
    const history: JsonObject[] = [];
    let bytes = 0;
    let dropped = 0;
    const hear = (params: JsonObject): void => {
      if (params['sessionId'] !== acpSessionId || isTurnState(params)) return;
      history.push(withoutOurs(params));
      bytes += JSON.stringify(params).length;
      while (history.length > MAX_UPDATES || bytes > MAX_HISTORY_BYTES) {
        bytes -= JSON.stringify(history.shift()).length;
        dropped++;
      }
    };
    const params = { sessionId: acpSessionId, cwd, mcpServers: [] };
    await visit.listening(hear, () => visit.request('session/load', params));
    const notice = `Taken up from ${spec.title}’s own sessions.`;
    const cut = dropped > 0 ? ` The first ${dropped} entries of its history are not shown.` : '';
    return { acpSessionId, history, notice: notice + cut };
  }

  #spec(agent: unknown): AgentSpec {
    const spec = this.options.spec(agent);
    if ((spec.kind ?? 'acp') === 'acp') return spec;
    throw new ApertureError(
      'cannot_list',
      `${spec.title} is not spoken with in a way that lists its sessions.`,
    );
  }

  #learn({ name }: AgentSpec, hello: JsonObject): AgentAbilities {
    const abilities = readAbilities(hello);
    this.#known.set(name, abilities);
    return abilities;
  }

  /** What lies outside is nobody's business; without roots, everything may be seen. */
  async #isAllowed(cwd: string): Promise<boolean> {
    const { roots } = this.options;
    if (roots.length === 0) return true;
    const real = await realpath(cwd).catch(() => undefined);
    return real !== undefined && roots.some((root) => contains(root, real));
  }

  /** Asks a visited agent, which is started if it is not running, and stays for a while. */
  async #visit<T>(spec: AgentSpec, run: (visit: AgentVisit) => Promise<T>): Promise<T> {
    const visited = this.#obtain(spec);
    clearTimeout(visited.timer);
    visited.users++;
    try {
      return await run(visited.visit);
    } finally {
      visited.users--;
      if (this.#visits.get(spec.name) === visited && visited.users === 0) {
        if (visited.visit.isOver) this.#visits.delete(spec.name);
        else visited.timer = setTimeout(() => void this.#leave(spec.name), IDLE_MS);
      }
    }
  }

  #obtain(spec: AgentSpec): Visited {
    const known = this.#visits.get(spec.name);
    this.#visits.delete(spec.name);
    if (known && !known.visit.isOver) {
      this.#visits.set(spec.name, known);
      return known;
    }
    const idle = [...this.#visits].find(([, { users }]) => users === 0);
    if (this.#visits.size >= MAX_VISITS) {
      if (!idle) {
        throw new ApertureError('busy', 'Other agents are being asked. Try again in a moment.', {
          retryable: true,
        });
      }
      void this.#leave(idle[0]);
    }
    const { timings, version, defaultCwd } = this.options;
    const { initTimeoutMs, stopGraceMs } = timings;
    const cwd = spec.cwd ?? defaultCwd;
    const visit = new AgentVisit({ spec, cwd, initTimeoutMs, stopGraceMs, version });
    const visited: Visited = { visit, timer: undefined, users: 0 };
    this.#visits.set(spec.name, visited);
    return visited;
  }

  async #leave(name: string): Promise<void> {
    const visited = this.#visits.get(name);
    if (!visited) return;
    this.#visits.delete(name);
    clearTimeout(visited.timer);
    await visited.visit.stop();
  }
}

function checkId(id: unknown): string {
  if (typeof id === 'string' && id !== '' && id.length <= MAX_ID) return id;
  throw new ApertureError('bad_session', 'Name the agent’s session by its id.');
}

function readSession(entry: unknown): AgentSessionInfo | undefined {
  if (!isObject(entry)) return undefined;
  const { sessionId, cwd, title, updatedAt } = entry;
  if (typeof sessionId !== 'string' || sessionId === '' || sessionId.length > MAX_ID) {
    return undefined;
  }
  const at = typeof updatedAt === 'string' ? Date.parse(updatedAt) : Number.NaN;
  return {
    sessionId,
    title: typeof title === 'string' ? oneLine(title, 200) : '',
    cwd: typeof cwd === 'string' ? cwd : '',
    ...(!Number.isNaN(at) && { updatedAt: at }),
  };
}

/** ACP says `{}` where something is offered; some say true. */
const offered = (value: unknown): boolean => value === true || isObject(value);

const object = (value: unknown): JsonObject => (isObject(value) ? value : {});

function readAbilities(hello: JsonObject): AgentAbilities {
  const capabilities = object(hello['agentCapabilities']);
  const session = object(capabilities['sessionCapabilities']);
  const mcp = object(capabilities['mcpCapabilities']);
  return {
    mcp: { http: mcp['http'] === true, sse: mcp['sse'] === true },
    additionalDirectories: offered(session['additionalDirectories']),
    logout: offered(object(capabilities['auth'])['logout']),
    sessions: {
      list: offered(session['list']),
      load: capabilities['loadSession'] === true,
      resume: offered(session['resume']),
      close: offered(session['close']),
      delete: offered(session['delete']),
    },
  };
}
