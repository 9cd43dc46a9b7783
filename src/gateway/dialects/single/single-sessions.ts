import { newId } from '../../../core/ids.ts';
import type { SessionPool } from '../../session/pool.ts';
import type { Session } from '../../session/session.ts';
import { defaultAgent } from '../default-agent.ts';

/** Who ends such a session, in the log. */
const BY = 'single';

interface Entry {
  session: Session | undefined;
  held: boolean;
  opening: Promise<Session> | undefined;
  timer: NodeJS.Timeout | undefined;
}

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
      const entry: Entry = { session, held: false, opening: undefined, timer: undefined };
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
    this.#entries.set(sessId, {
      session: undefined,
      held: true,
      opening: undefined,
      timer: undefined,
    });
    return { sessId, resumed: false };
  }

  /** Its session, if a query has made one. */
  find(sessId: string): Session | undefined {
    return this.#entries.get(sessId)?.session;
  }

  /** @throws as the pool's `create` */
  open(sessId: string): Promise<Session> {
    const entry = this.#entries.get(sessId)!;
    if (entry.session) return Promise.resolve(entry.session);
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

  /** Its socket is gone. */
  release(sessId: string): void {
    const entry = this.#entries.get(sessId);
    if (!entry?.held) return;
    entry.held = false;
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
