/** This close to the end counts as being there, px. */
const AT_END = 24;
/** Older items are wanted when less than this is left above, px. */
const NEAR_TOP = 800;
/** So much above the viewport is enough to begin with, px. */
const ABOVE = 1_000;

export interface Place {
  element: Element;
  /** Distance of its top from the viewport's, px. */
  offset: number;
}

/**
 * Keeps the reader's place: at the end while they follow it, and otherwise where they are, whatever grows
 * above or below. The browser's own scroll anchoring is off; it is not everywhere, and two would fight.
 */
export class ScrollKeeper {
  following = true;
  #place: Place | undefined;
  #lastTop = 0;
  /** By so much of itself what is mounted should be higher; 0 when it is high enough, `undefined` when that is not known. */
  missing: number | undefined;
  /** What stands before this row is not needed by a reader at the end; as of the last look or scroll. */
  firstNeeded: Element | undefined;
  readonly #observer: ResizeObserver;

  constructor(
    private readonly scroller: HTMLElement,
    private readonly content: HTMLElement,
    private readonly rows: () => HTMLElement,
    private readonly events: {
      nearTop(): void;
      /** The viewport is higher now than what is mounted is enough for. */
      short(): void;
      /** The reader moved, or began or ceased to follow. */
      moved(): void;
    },
    signal: AbortSignal,
  ) {
    scroller.addEventListener('scroll', () => this.#onScroll(), { passive: true, signal });
    // Fires after layout and before paint: whatever grew, the reader never sees it jump.
    this.#observer = new ResizeObserver(() => this.#onResize());
    this.#observer.observe(content);
    this.#observer.observe(scroller);
    signal.addEventListener('abort', () => this.#observer.disconnect());
  }

  /** Puts the reader back where they are meant to be. */
  settle(): void {
    const { clientHeight, scrollHeight } = this.scroller;
    this.missing = undefined;
    // There is no layout to speak of.
    if (clientHeight === 0) return;
    this.missing = Math.max(0, (clientHeight + ABOVE) / scrollHeight - 1);
    if (this.following) {
      this.scroller.scrollTop = scrollHeight;
    } else if (this.#place && this.content.contains(this.#place.element)) {
      const shift = this.#offsetOf(this.#place.element) - this.#place.offset;
      if (Math.abs(shift) >= 1) this.scroller.scrollTop += shift;
    }
    this.#lastTop = this.scroller.scrollTop;
  }

  /** Looks what is needed; costs a layout if anything has changed. */
  look(): void {
    this.firstNeeded = this.following ? this.#firstBelow(-ABOVE) : undefined;
  }

  /** Follows the end again. */
  toEnd(): void {
    this.following = true;
    this.#place = undefined;
    this.settle();
    this.events.moved();
  }

  /** Stands at the given place, and does not follow. */
  standAt(place: Place): void {
    this.following = false;
    this.#place = place;
    this.settle();
  }

  /** The first row in sight; `undefined` while following. */
  get standing(): Place | undefined {
    return this.following ? undefined : this.#place;
  }

  get scrollTop(): number {
    return this.scroller.scrollTop;
  }

  get isNearTop(): boolean {
    return this.scroller.clientHeight > 0 && this.scroller.scrollTop < NEAR_TOP;
  }

  #onResize(): void {
    this.settle();
    if (this.missing) this.events.short();
  }

  #onScroll(): void {
    const { scroller } = this;
    if (scroller.clientHeight === 0) return;
    const top = scroller.scrollTop;
    const atEnd = scroller.scrollHeight - top - scroller.clientHeight <= AT_END;
    // Content may have grown between our own scrolling and this event: only upwards is away from the end.
    if (atEnd) this.following = true;
    else if (top < this.#lastTop - 1) this.following = false;
    // Told of our own scrolling, when more may have changed since: the place is still to be kept, not taken anew.
    const kept =
      top === this.#lastTop && this.#place?.element.isConnected ? this.#place : undefined;
    this.#lastTop = top;
    this.#place = this.following ? undefined : (kept ?? this.#firstInSight());
    // Now, as later it could cost a layout.
    this.look();
    this.events.moved();
    if (top < NEAR_TOP) this.events.nearTop();
  }

  #firstInSight(): Place | undefined {
    const row = this.#firstBelow(0);
    return row && { element: row, offset: this.#offsetOf(row) };
  }

  /** The first row that ends below this line, px from the viewport's top. */
  #firstBelow(line: number): Element | undefined {
    const rows = this.rows().children;
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = rows[middle]!;
      if (this.#offsetOf(row) + row.clientHeight > line) high = middle;
      else low = middle + 1;
    }
    return rows[low];
  }

  #offsetOf(row: Element): number {
    return row.getBoundingClientRect().top - this.scroller.getBoundingClientRect().top;
  }
}
