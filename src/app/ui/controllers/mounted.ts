/**
 * Which sessions' conversations stay in the document: those viewed last, up to `max`. Keeps the order
 * in which they were first mounted, so that switching never moves an element (R34).
 */
export class MountedList<Id> {
  readonly #viewedAt = new Map<Id, number>();
  #views = 0;

  constructor(private readonly max: number) {}

  /** Keeps one too that was not viewed yet; in the place of another such, if there is no room. @returns whether it is new */
  add(id: Id): boolean {
    const viewedAt = this.#viewedAt;
    if (viewedAt.has(id)) return false;
    if (viewedAt.size >= this.max) {
      const [other] = [...viewedAt].find(([, at]) => at === 0) ?? [];
      if (other === undefined) return false;
      viewedAt.delete(other);
    }
    viewedAt.set(id, 0);
    return true;
  }

  /** The ids to keep mounted, given the one viewed now and those that still exist. */
  update(viewed: Id | undefined, exists: (id: Id) => boolean): Id[] {
    if (viewed !== undefined) this.#viewedAt.set(viewed, ++this.#views);
    for (const id of this.#viewedAt.keys()) if (!exists(id)) this.#viewedAt.delete(id);
    const latest = [...this.#viewedAt].toSorted(([, a], [, b]) => b - a);
    for (const [id] of latest.slice(this.max)) this.#viewedAt.delete(id);
    return [...this.#viewedAt.keys()];
  }
}
