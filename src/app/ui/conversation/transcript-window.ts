import type { Transcript, TranscriptItem } from '../../../core/session/transcript.ts';
import type { SessionRecord } from '../../store/types.ts';
import { createView, needsCards } from './items/create.ts';
import type { ItemView, ViewContext } from './items/view.ts';
import { element } from './markdown/dom.ts';

/** Items mounted at first: showing a session costs what is mounted of it. */
const WINDOW = 30;
/** Stay mounted, however high they are. */
const LEAST = 4;
/** Mounted with each page of older ones. */
export const PAGE = 40;
/** So few are not worth unmounting. */
const FEW = 4;
/** Nobody is brought back to what is further from the end: all between would have to be mounted at once. */
const MAX_BACK = 1_500;

/**
 * The mounted part of one session's transcript: always up to the newest item, back to `start`. Every
 * operation costs what it adds or changes, never what stands there already.
 */
export class TranscriptWindow {
  #transcript: Transcript | undefined;
  #views: ItemView[] = [];
  readonly #byId = new Map<string, { view: ItemView; index: number }>();
  #start = 0;
  /** Items that were looked through for cards whose code is not there, and whose they are. */
  #scanned: { transcript: Transcript; past: number; to: number } | undefined;
  readonly #divider = element('div', 'new-divider');
  /** Log number of the first item that the reader had not seen. */
  #firstUnseen: number | undefined;
  /** What it will be told by, when older items are there. */
  #unseenAfter: number | undefined;
  readonly #context: ViewContext;
  readonly #items = new WeakMap<Element, TranscriptItem>();

  constructor(
    private readonly record: SessionRecord,
    private readonly log: HTMLElement,
  ) {
    this.#context = { record, nextAt: (item) => this.#nextAt(item) };
    this.#divider.role = 'separator';
    this.#divider.ariaLabel = 'New messages';
    const label = element('span');
    label.textContent = 'New';
    this.#divider.append(label);
  }

  get mounted(): readonly ItemView[] {
    return this.#views;
  }

  /** The item that a mounted element shows. */
  itemOf(element: Element | null | undefined): TranscriptItem | undefined {
    return element ? this.#items.get(element) : undefined;
  }

  /** Items in memory before those that are mounted. */
  get olderCount(): number {
    return this.#start - pastOf(this.record.transcript());
  }

  /** The first mounted item's place, counted from the beginning. */
  get from(): number {
    return this.#start;
  }

  /** Something is to be drawn whose code has not been loaded; looks at each item once. */
  get needsCards(): boolean {
    const transcript = this.record.transcript();
    const { items } = transcript;
    const past = pastOf(transcript);
    // What came back from disk was not looked at either.
    if (this.#scanned?.transcript !== transcript || past < this.#scanned.past) {
      this.#scanned = { transcript, past, to: 0 };
    }
    const scanned = this.#scanned;
    const end = past + items.length;
    scanned.past = past;
    scanned.to = Math.max(scanned.to, past);
    while (scanned.to < end && !needsCards(items[scanned.to - past]!)) scanned.to++;
    return scanned.to < end;
  }

  /**
   * Mounts what was added. `following`: the reader is at the end, so that what is far above it may go.
   * Returns how many items were added at the end; a replaced transcript counts as none.
   */
  sync(following: boolean): number {
    const transcript = this.record.transcript();
    const { items } = transcript;
    if (transcript !== this.#transcript && this.#transcript?.end) this.#takeOver(transcript);
    const past = pastOf(transcript);
    const total = past + items.length;
    const end = this.#start + this.#views.length;
    const moved =
      transcript !== this.#transcript ||
      total < end ||
      this.#start < past ||
      (this.#views.length > 0 && items[this.#start - past] !== this.#views[0]!.item);
    if (moved || (following && total - end > WINDOW)) {
      this.#rebuild(Math.max(past, total - WINDOW));
      return 0;
    }
    if (past === 0 && this.#unseenAfter !== undefined) this.markUnseen(this.#unseenAfter);
    const added = total - end;
    if (added > 0) this.log.append(this.#mount(end, total));
    return added;
  }

  /** Redraws the given items, as far as they are mounted. */
  touch(ids: Iterable<string>): void {
    for (const id of ids) this.#refresh(this.#byId.get(id)?.view);
  }

  /** Redraws whatever changed while nobody looked; costs the window. */
  refreshAll(): void {
    for (const view of this.#views) this.#refresh(view);
  }

  /** Draws a permission request again whose answer is under way. */
  redrawPending(): void {
    const transcript = this.#transcript;
    for (const requestId of transcript?.pending ?? []) {
      const item = transcript!.approvals.get(requestId);
      if (item) this.#byId.get(item.id)?.view.update();
    }
  }

  /** The oldest mounted permission request that waits for an answer. */
  firstPending(): HTMLElement | undefined {
    for (const requestId of this.#transcript?.pending ?? []) {
      const item = this.#transcript!.approvals.get(requestId);
      const view = item && this.#byId.get(item.id)?.view;
      if (view) return view.element;
    }
    return undefined;
  }

  /** Mounts so many before what is mounted; the caller keeps the reader's place. */
  mountOlder(count = PAGE): void {
    const from = Math.max(pastOf(this.record.transcript()), this.#start - count);
    if (from === this.#start) return;
    const end = this.#start;
    this.#start = from;
    const before = this.#views;
    this.#views = [];
    const page = this.#mount(from, end);
    this.#views.push(...before);
    this.log.prepend(page);
    this.#placeDivider();
  }

  /** Starts again with a window that has the item in it; false if there is no such item, or too far back. */
  showItem(id: string): boolean {
    const transcript = this.record.transcript();
    const { items } = transcript;
    const index = items.findIndex((item) => item.id === id);
    if (index < 0 || items.length - index > MAX_BACK) return false;
    if (!this.#byId.has(id) || this.#transcript !== transcript) {
      const from = Math.max(0, Math.min(index - PAGE, items.length - WINDOW));
      this.#rebuild(pastOf(transcript) + from);
    }
    return true;
  }

  /** Puts the divider where the reader had stopped, or nowhere if there is nothing new after it. */
  markUnseen(readMark: number): void {
    const { items, past } = this.record.transcript();
    const index = firstAfter(items, readMark);
    // Maybe it stands among those that are not in memory.
    this.#unseenAfter = past && index === 0 ? readMark : undefined;
    const item = items[index];
    // Not above everything, and not above what the reader wrote.
    const shown = readMark > 0 && index > 0 && item && !isOwn(item);
    this.#firstUnseen = shown ? item.n : undefined;
    this.#placeDivider();
  }

  #placeDivider(): void {
    this.#divider.remove();
    if (this.#firstUnseen === undefined) return;
    const index = firstAfter(
      this.#views.map((view) => view.item),
      this.#firstUnseen - 1,
    );
    if (index === 0 && this.#start > 0) return;
    this.#views[index]?.element.before(this.#divider);
  }

  #rebuild(start: number): void {
    this.#transcript = this.record.transcript();
    this.#byId.clear();
    this.#views = [];
    this.#start = start;
    const end = pastOf(this.#transcript) + this.#transcript.items.length;
    this.log.replaceChildren(this.#mount(start, end));
    this.#placeDivider();
  }

  /** All of a log is there whose end is shown: where it is the same, what is mounted stays, selection and all. */
  #takeOver(transcript: Transcript): void {
    const views = this.#views;
    const { items } = transcript;
    const last = views.at(-1)?.item.id;
    const from = items.findLastIndex((item) => item.id === last) - views.length + 1;
    if (from < 0 || !views.every((view, i) => isSame(view.item, items[from + i]))) return;
    this.#transcript = transcript;
    this.#start = pastOf(transcript) + from;
    views.forEach((view, i) => {
      view.item = items[from + i]!;
      this.#items.set(view.element, view.item);
      this.#refresh(view);
    });
  }

  #mount(from: number, to: number): DocumentFragment {
    const fragment = document.createDocumentFragment();
    const { items } = this.#transcript!;
    const past = pastOf(this.#transcript!);
    for (let index = from; index < to; index++) {
      const item = items[index - past]!;
      const view = createView(item, this.#context);
      this.#byId.set(item.id, { view, index });
      this.#items.set(view.element, item);
      this.#views.push(view);
      fragment.append(view.element);
    }
    return fragment;
  }

  /** Unmounts what stands before this row, but for the newest {@link LEAST} items and what waits for an answer. */
  drop(before: Element | undefined): void {
    const first = this.#views.findIndex(({ element: row }) => row === before);
    const asked = this.firstPending();
    const waits = this.#views.findIndex(({ element: row }) => row === asked);
    const count = Math.min(first, this.#views.length - LEAST, waits < 0 ? Infinity : waits);
    if (count < FEW) return;
    const gone = this.#views.splice(0, count);
    for (const view of gone) {
      this.#byId.delete(view.item.id);
      view.element.remove();
    }
    this.#start += gone.length;
    if (this.#firstUnseen !== undefined && this.#views[0]!.item.n > this.#firstUnseen) {
      this.#divider.remove();
    }
  }

  #refresh(view: ItemView | undefined): void {
    if (view && view.drawn !== view.item.rev) view.update();
  }

  #nextAt(item: TranscriptItem): number | undefined {
    const items = this.#transcript?.items;
    if (!items) return undefined;
    // Items are ordered by number; several may share one, so the object decides.
    let index = firstAfter(items, item.n - 1);
    while (index < items.length && items[index] !== item) index++;
    return items[index + 1]?.at;
  }
}

/** How many items stand before those in memory. Places of items are counted from the beginning. */
const pastOf = ({ past }: Transcript): number => past?.count ?? 0;

/** Read twice from one log. */
const isSame = (a: TranscriptItem, b: TranscriptItem | undefined): boolean =>
  a.id === b?.id &&
  a.at === b.at &&
  (a.kind !== 'message' || (b.kind === 'message' && a.text === b.text));

const isOwn = (item: TranscriptItem): boolean => item.kind === 'message' && item.role === 'user';

/** Index of the first item with a number above `n`. */
function firstAfter(items: readonly TranscriptItem[], n: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle]!.n > n) high = middle;
    else low = middle + 1;
  }
  return low;
}
