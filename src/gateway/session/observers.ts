export interface SessionObserver {
  summaryChanged(): void;
  /** The log has its last entry. */
  ended(): void;
}

/** The pages that look at one session. */
export class Observers {
  readonly #all = new Set<SessionObserver>();
  #onEmpty: (() => void) | undefined;
  #due = false;
  #ended = false;

  /** @returns stops it. */
  add(observer: SessionObserver): () => void {
    this.#all.add(observer);
    return () => {
      this.#all.delete(observer);
      if (this.#all.size === 0) this.#onEmpty?.();
    };
  }

  /** Tells all, once for everything that changes in the same tick. */
  summaryChanged(): void {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      if (!this.#ended) for (const observer of this.#all) observer.summaryChanged();
    });
  }

  /** Final. */
  end(): void {
    this.#ended = true;
    for (const observer of this.#all) observer.ended();
  }

  /** Resolves when there is none left. */
  async gone(): Promise<void> {
    if (this.#all.size === 0) return;
    await new Promise<void>((resolve) => (this.#onEmpty = resolve));
  }
}
