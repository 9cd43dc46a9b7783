import { newId } from '../../../core/ids.ts';
import type { SessionPool } from '../../session/pool.ts';
import type { Session } from '../../session/session.ts';
import { defaultAgent } from '../default-agent.ts';
import { turnOver } from '../turn-over.ts';

/** Who ends such a session, in the log. */
const BY = 'single';

interface Entry {
  session: Session | undefined;
  held: boolean;
  opening: Promise<Session> | undefined;
  timer: NodeJS.Timeout | undefined;
  /** The query of a socket that is gone: the agent was told to stop, and may not have yet. */
  stopping: string | undefined;
}

const UNUSED: Entry = {
  session: undefined,
  held: false,
  opening: undefined,
  timer: undefined,
  stopping: undefined,
};

/**
 * Sessions that last as long as their socket. When it goes, they wait for a while to be taken up again by
 * their `sess_id`, and are then ended. An agent's process is only started by the first query.
 */
export class SingleSessions {
  readonly #entries = new Map<string, Entry>();

  constructor(
    private readonly pool: SessionPool,
    private readonly agent: string | undefined,
    private readonly graceMs: number,
  ) {
    // Their sockets died with an earlier gateway; their clients may come back.
    for (const session of pool.sessionsOf('single')) {
      const entry = { ...UNUSED, session };
      const key = session.facts.origin!.key;
      this.#entries.set(key, entry);
      this.#wait(key, entry);
    }
  }

  /**
   * The session for a new socket: the one that it asks for, if that one is free, else a new one.
   *
   * @returns `resumed`: it is the one that was asked for.
   */
  take(wanted: string | undefined): { sessId: string; resumed: boolean } {
    const known = wanted === undefined ? undefined : this.#entries.get(wanted);
    if (known && !known.held && !known.session?.isEnded) {
      clearTimeout(known.timer);
      known.held = true;
      return { sessId: wanted!, resumed: true };
    }
    const sessId = newId();
    this.#entries.set(sessId, { ...UNUSED, held: true });
    return { sessId, resumed: false };
  }

  /** Its session, if a query has made one. */
  find(sessId: string): Session | undefined {
    return this.#entries.get(sessId)?.session;
  }

  /** Its session, made if need be, and free for the next query. @throws as the pool's `create` */
  async open(sessId: string): Promise<Session> {
    const entry = this.#entries.get(sessId)!;
    const session = entry.session ?? (await this.#make(sessId, entry));
    if (entry.stopping !== undefined) await turnOver(session, entry.stopping);
    entry.stopping = undefined;
    return session;
  }

  #make(sessId: string, entry: Entry): Promise<Session> {
    entry.opening ??= this.pool
      .create({
        agent: defaultAgent(this.pool, this.agent),
        cwd: '',
        title: undefined,
        origin: { dialect: 'single', key: sessId },
      })
      .then((session) => {
        entry.session = session;
        return session;
      })
      .finally(() => {
        entry.opening = undefined;
        if (!entry.held) this.#wait(sessId, entry);
      });
    return entry.opening;
  }

  /** Its socket is gone. @param stopping the query that was cancelled with it. */
  release(sessId: string, stopping: string | undefined): void {
    const entry = this.#entries.get(sessId);
    if (!entry?.held) return;
    entry.held = false;
    entry.stopping = stopping ?? entry.stopping;
    if (!entry.opening) this.#wait(sessId, entry);
  }

  /** No timer goes on; what is there is taken up by the next gateway. */
  dispose(): void {
    for (const { timer } of this.#entries.values()) clearTimeout(timer);
    this.#entries.clear();
  }

  #wait(sessId: string, entry: Entry): void {
    clearTimeout(entry.timer);
    if (!entry.session || entry.session.isEnded) return void this.#entries.delete(sessId);
    entry.timer = setTimeout(() => {
      this.#entries.delete(sessId);
      this.pool.end(entry.session!, BY);
    }, this.graceMs);
    entry.timer.unref();
  }
}
