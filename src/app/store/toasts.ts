import type { Signal } from '@preact/signals-core';
import { newId } from '../../core/ids.ts';
import type { Toast } from './types.ts';

/** How long one stays, ms: longer when there is something to do about it. */
const STAY_MS = 6_000;
const STAY_WITH_ACTION_MS = 20_000;
/** The oldest goes when there are more (R30). */
const MAX_TOASTS = 5;

/** Short messages at the page's edge. The same text is not shown twice at a time. */
export class Toasts {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(readonly shown: Signal<readonly Toast[]>) {}

  show(toast: Omit<Toast, 'id'>): void {
    for (const old of this.shown.peek()) if (old.text === toast.text) this.dismiss(old.id);
    const id = newId();
    const [...rest] = this.shown.peek();
    while (rest.length >= MAX_TOASTS) this.#clear(rest.shift()!.id);
    this.shown.value = [...rest, { ...toast, id }];
    const stay = toast.action || toast.level === 'error' ? STAY_WITH_ACTION_MS : STAY_MS;
    this.#timers.set(
      id,
      setTimeout(() => this.dismiss(id), stay),
    );
  }

  dismiss(id: string): void {
    this.#clear(id);
    this.shown.value = this.shown.peek().filter((toast) => toast.id !== id);
  }

  dispose(): void {
    for (const id of this.#timers.keys()) this.#clear(id);
  }

  #clear(id: string): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }
}
