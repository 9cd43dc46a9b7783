import type { SessionPool } from '../../session/pool.ts';
import type { Session } from '../../session/session.ts';
import { defaultAgent } from '../default-agent.ts';

const MAX_TITLE = 200;

/** Which session a thread is. The session's own facts say so, and thus it outlasts the gateway. */
export class Threads {
  readonly #opening = new Map<string, Promise<Session>>();
  readonly #watchers = new Map<string, Set<(session: Session) => void>>();

  constructor(
    private readonly pool: SessionPool,
    private readonly agent: string | undefined,
  ) {}

  find(threadId: string): Session | undefined {
    return this.pool.byOrigin({ dialect: 'thread', key: threadId });
  }

  /** The thread's session, made if there is none; once, whoever asks at the same time. @throws as the pool's */
  open(threadId: string): Promise<Session> {
    const opening = this.#opening.get(threadId);
    if (opening) return opening;
    const made = this.#make(threadId).finally(() => this.#opening.delete(threadId));
    this.#opening.set(threadId, made);
    return made;
  }

  /** Tells of the thread's session when it is made. @returns stops it. */
  watch(threadId: string, listener: (session: Session) => void): () => void {
    const watchers = this.#watchers.get(threadId) ?? new Set();
    this.#watchers.set(threadId, watchers);
    watchers.add(listener);
    return () => {
      watchers.delete(listener);
      if (watchers.size === 0 && this.#watchers.get(threadId) === watchers) {
        this.#watchers.delete(threadId);
      }
    };
  }

  async #make(threadId: string): Promise<Session> {
    const session = await this.pool.create({
      agent: defaultAgent(this.pool, this.agent),
      cwd: '',
      title: threadId.slice(0, MAX_TITLE),
      origin: { dialect: 'thread', key: threadId },
    });
    for (const tell of this.#watchers.get(threadId) ?? []) tell(session);
    return session;
  }
}
