import type { ErrorInfo } from '../../core/errors.ts';
import type { Asked, Outcome } from '../acp/asked.ts';

/** Requests of one session that may wait at once (R30): nobody could answer more. */
const MAX_PENDING = 100;

type Pending = Pick<Asked, 'check' | 'respond'>;
type Respond = Asked['respond'];

export type Settled = { ok: true; respond: Respond } | { ok: false; error: ErrorInfo };

/**
 * One session's requests: permissions, elicitations, sign-ins. Ids are the gateway's own: agents count from 0, each of them, and
 * again after a restart. A request is settled once; whoever comes first wins (R57).
 */
export class RequestDesk {
  readonly #pending = new Map<string, Pending>();

  get ids(): string[] {
    return [...this.#pending.keys()];
  }

  /** No more can wait until one is settled. */
  get isFull(): boolean {
    return this.#pending.size >= MAX_PENDING;
  }

  get size(): number {
    return this.#pending.size;
  }

  /**
   * @param n the log number that the request will have; ids are made of it, so that none comes twice
   *   in a session, over restarts of the agent and of the gateway.
   * @returns the new request's id.
   */
  open(n: number, asked: Pending): string {
    const id = `r${n}`;
    this.#pending.set(id, asked);
    return id;
  }

  /**
   * Compare-and-set: the first valid answer takes the request, every other is refused.
   *
   * @param head the log's last number: what it does not reach has never been asked.
   */
  settle(id: string, outcome: Outcome, head: number): Settled {
    const pending = this.#pending.get(id);
    if (!pending) {
      return wasOpen(id, head)
        ? refuse('already_resolved', 'This request was answered already.')
        : refuse('unknown_request', 'There is no such request in this session.');
    }
    const error = outcome.outcome === 'selected' ? pending.check(outcome) : undefined;
    if (error) return { ok: false, error };
    this.#pending.delete(id);
    return { ok: true, respond: (taken) => pending.respond(taken) };
  }

  /** Takes all that are open, oldest first. */
  takeAll(): { id: string; respond: Respond }[] {
    const all = [...this.#pending].map(([id, asked]) => ({
      id,
      respond: (outcome: Outcome) => asked.respond(outcome),
    }));
    this.#pending.clear();
    return all;
  }
}

/** The log number of the request with this id; undefined for what is no id. */
export function numberOfRequest(id: string): number | undefined {
  const number = /^r(\d{1,15})$/.exec(id)?.[1];
  return number === undefined ? undefined : Number(number);
}

const wasOpen = (id: string, head: number): boolean => (numberOfRequest(id) ?? Infinity) <= head;

const refuse = (code: string, message: string): Settled => ({
  ok: false,
  error: { code, message, retryable: false },
});
