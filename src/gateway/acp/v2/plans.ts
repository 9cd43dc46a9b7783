import { isObject, type JsonObject } from '../../../core/json.ts';

/** Plans that an agent keeps at once; the oldest is let go. */
const MAX_PLANS = 16;

/** Plans of version 2 have ids and may be several; version 1 knows one, which shows all of them one after the other. */
export class Plans {
  readonly #plans = new Map<string, readonly JsonObject[]>();

  /** `plan_update`'s plan. @returns version 1's update; undefined for a kind of plan that is not known. */
  read(plan: unknown): JsonObject | undefined {
    if (!isObject(plan) || plan['type'] !== 'items' || !Array.isArray(plan['entries'])) return;
    const id = String(plan['planId']);
    if (!this.#plans.has(id) && this.#plans.size >= MAX_PLANS) {
      this.#plans.delete(this.#plans.keys().next().value!);
    }
    this.#plans.set(id, plan['entries'].filter(isObject).map(entryFrom2));
    return { sessionUpdate: 'plan', entries: [...this.#plans.values()].flat() };
  }

  /** A turn begins: its plans are its own. */
  clear(): void {
    this.#plans.clear();
  }
}

/** Version 1 knows no step that was given up. */
const entryFrom2 = (entry: JsonObject): JsonObject =>
  entry['status'] === 'cancelled'
    ? { ...entry, status: 'completed', content: `${String(entry['content'])} (given up)` }
    : entry;
