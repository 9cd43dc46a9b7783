/**
 * Which sessions' conversations stay in the document: those viewed last, up to `max`. Keeps the order
 * in which they were first mounted, so that switching never moves an element (R34).
 */
export class MountedList<Id> {
  readonly #viewedAt = new Map<Id, number>();
  #views = 0;

  constructor(private readonly max: number) {}

  /** The ids to keep mounted, given the one viewed now and those that still exist. */
  update(viewed: Id | undefined, exists: (id: Id) => boolean): Id[] {
    if (viewed !== undefined) this.#viewedAt.set(viewed, ++this.#views);
    for (const id of this.#viewedAt.keys()) if (!exists(id)) this.#viewedAt.delete(id);
    while (this.#viewedAt.size > this.max) {
      let oldest: [Id, number] | undefined;
      for (const entry of this.#viewedAt) if (!oldest || entry[1] < oldest[1]) oldest = entry;
      if (oldest) this.#viewedAt.delete(oldest[0]);
    }
    return [...this.#viewedAt.keys()];
  }
}
