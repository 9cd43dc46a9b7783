import { signal } from '@preact/signals-core';
import type { SessionId } from '../../core/ids.ts';
import type { AgentsResponse } from '../../core/wire/rest.ts';
import type { EndpointView } from './endpoint-types.ts';
import type { SessionEntry } from './record.ts';
import type {
  EndpointState,
  SessionRecord,
  Settings,
  StorageState,
  Store,
  Toast,
} from './types.ts';

export const DEFAULT_SETTINGS: Settings = { theme: 'auto', whileBusy: 'queue', keys: {} };

/** The store as its writers see it. State is keyed by session id everywhere; no object holds all sessions' content. */
export class StoreState implements Store {
  readonly activeSessionId = signal<SessionId | undefined>(undefined);
  readonly sessions = signal<readonly SessionRecord[]>([]);
  readonly endpoint = signal<EndpointState>({ status: 'unset', url: '' });
  readonly endpoints = signal<readonly EndpointView[]>([]);
  readonly agents = signal<AgentsResponse | undefined>(undefined);
  readonly toasts = signal<readonly Toast[]>([]);
  readonly settings = signal<Readonly<Settings>>(DEFAULT_SETTINGS);
  readonly storage = signal<StorageState>({ mode: 'database' });
  readonly started = signal(false);
  readonly #entries = new Map<SessionId, SessionEntry>();
  #order: SessionId[] = [];

  record(id: SessionId): SessionRecord | undefined {
    return this.#entries.get(id)?.record;
  }

  entry(id: SessionId): SessionEntry | undefined {
    return this.#entries.get(id);
  }

  /** In the sidebar's order. */
  get entries(): SessionEntry[] {
    return this.#order.map((id) => this.#entries.get(id)!);
  }

  get order(): readonly SessionId[] {
    return this.#order;
  }

  /** New ones stand at the end: a row that is there never moves because another came. */
  add(...entries: SessionEntry[]): void {
    for (const entry of entries) {
      if (this.#entries.has(entry.id)) continue;
      this.#entries.set(entry.id, entry);
      this.#order.push(entry.id);
    }
    this.#publish();
  }

  remove(id: SessionId): void {
    if (!this.#entries.delete(id)) return;
    this.#order = this.#order.filter((other) => other !== id);
    this.#publish();
  }

  /** @param toIndex clamped to the list. */
  move(id: SessionId, toIndex: number): void {
    if (!this.#entries.has(id)) return;
    const order = this.#order.filter((other) => other !== id);
    order.splice(Math.max(0, Math.min(toIndex, order.length)), 0, id);
    this.#order = order;
    this.#publish();
  }

  /** Who is looked at when `id` goes: the row below, else the one above (R36). */
  neighbourOf(id: SessionId): SessionId | undefined {
    const index = this.#order.indexOf(id);
    return this.#order[index + 1] ?? this.#order[index - 1];
  }

  #publish(): void {
    this.sessions.value = this.entries.map(({ record }) => record);
  }
}
