import type { AnswerFrame } from '../../core/wire/frames.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import type { ErrorInfo } from '../../core/errors.ts';

/** Requests of one session that may wait at once (R30): nobody could answer more. */
const MAX_PENDING = 100;

type Outcome = AnswerFrame['result']['outcome'];

interface Pending {
  readonly optionIds: ReadonlySet<string>;
  readonly respond: (result: unknown) => void;
}

export type Settled =
  { ok: true; respond: (result: unknown) => void } | { ok: false; error: ErrorInfo };

/**
 * One session's permission requests. Ids are the gateway's own: agents count from 0, each of them, and
 * again after a restart. A request is settled once; whoever comes first wins (R57).
 */
export class PermissionDesk {
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
  open(n: number, params: JsonObject, respond: (result: unknown) => void): string {
    const id = `r${n}`;
    const options = Array.isArray(params['options']) ? params['options'] : [];
    const optionIds = new Set<string>();
    for (const option of options) {
      if (isObject(option) && typeof option['optionId'] === 'string') {
        optionIds.add(option['optionId']);
      }
    }
    this.#pending.set(id, { optionIds, respond });
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
    if (outcome.outcome === 'selected' && !pending.optionIds.has(outcome.optionId)) {
      return refuse('unknown_option', 'The agent did not offer this option. Choose one it offers.');
    }
    this.#pending.delete(id);
    return { ok: true, respond: pending.respond };
  }

  /** Takes all that are open, oldest first. */
  takeAll(): { id: string; respond: (result: unknown) => void }[] {
    const all = [...this.#pending].map(([id, { respond }]) => ({ id, respond }));
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
