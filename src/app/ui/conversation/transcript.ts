import { effect, untracked } from '@preact/signals-core';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { cleanText } from '../../../core/text/sanitise.ts';
import { arrowDown } from '../session-icons.ts';
import { baseStyles, buttonStyles } from '../styles/shared.ts';
import type { OlderState, SessionRecord } from '../../store/types.ts';
import { act } from '../intent.ts';
import { confirmCopied, copyText } from './clipboard.ts';
import { loadImage } from './markdown/dom.ts';
import { codeText } from './markdown/growing-block.ts';
import { keepPlace, placeOf, setPlace, type ReadingPlace } from './reading-place.ts';
import { ScrollKeeper } from './scroll-keeper.ts';
import { loadCards, styleCards } from './items/create.ts';
import { markdownStyles } from './styles/markdown.ts';
import { noteStyles } from './styles/notes.ts';
import { transcriptStyles } from './styles/transcript.ts';
import { PAGE, TranscriptWindow } from './transcript-window.ts';

/** With fewer items in memory before those that are mounted, more are read. */
const READ_AHEAD = 3 * PAGE;
/** Beyond this the oldest are unmounted again, as long as the reader follows the end. */
const MAX_MOUNTED = 120;

/**
 * One session's messages. While it is not `active` it follows nothing and costs nothing; becoming active, or with
 * `prepare()`, it brings its window up to date in the same task, so that the next frame shows the present.
 *
 * @slot - what stands below the last message
 */
@customElement('ap-transcript')
export class ApTranscript extends LitElement {
  static override styles = [baseStyles, buttonStyles, transcriptStyles, markdownStyles, noteStyles];

  @property({ attribute: false }) record!: SessionRecord;
  @property({ attribute: false }) active = true;

  @state() private following = true;
  @state() private unseen = false;
  /** Whether something stands before what is in memory. */
  @state() private past: OlderState | undefined;
  @query('.scroller') private readonly scroller!: HTMLElement;
  @query('.content') private readonly content!: HTMLElement;
  @query('.log') private readonly log!: HTMLElement;

  #window: TranscriptWindow | undefined;
  #keeper: ScrollKeeper | undefined;
  /** Its listeners and observers, as long as it is in the document and shows one session. */
  #present: AbortController | undefined;
  /** Stops following the session. */
  #stop: (() => void) | undefined;
  /** With more items mounted it is looked for what may go. */
  #most = MAX_MOUNTED;
  /** Older items were asked for by somebody near the top. */
  #wanted = false;
  /** Where the reader stood before this element was there, until that item has come. */
  #awaited: ReadingPlace | undefined;

  override render() {
    return html`
      <div class="scroller" tabindex="-1">
        <div class="content">
          ${this.past ? this.#renderPast() : nothing}
          <div class="log" role="log" @click=${this.#onClick}></div>
          <slot></slot>
        </div>
      </div>
      ${
        this.following
          ? nothing
          : html`<button
              type="button"
              class="pill"
              @click=${this.toEnd}
              aria-label=${this.unseen ? 'New messages' : 'To the end'}
            >
              ${this.unseen ? 'New messages' : nothing} ${arrowDown}
            </button>`
      }
    `;
  }

  /** Of a fixed height, so that nothing moves when it can be read after all. */
  #renderPast(): TemplateResult {
    return html`<div class="older" role="status">
      ${
        this.past === 'failed'
          ? html`Earlier messages could not be read.
              <button type="button" class="button" @click=${this.#readOlder}>Try again</button>`
          : 'Reading earlier messages…'
      }
    </div>`;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#listen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#leave();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('record')) {
      this.#leave();
      this.log.replaceChildren();
      this.#window = new TranscriptWindow(this.record, this.log);
      this.#keeper = undefined;
      this.#awaited = placeOf(this.record);
    }
    if (changed.has('active') || changed.has('record')) this.#listen();
  }

  /** Draws what came while it was not viewed, once: it may be viewed next. */
  prepare(): void {
    if (!this.active) this.#listen(true);
  }

  /** Shows the end and follows it, as after sending. */
  toEnd(): void {
    this.#awaited = undefined;
    this.#keeper?.toEnd();
    keepPlace(this.record);
  }

  /** Focuses the first request that waits for an answer; false if there is none. */
  async focusApproval(): Promise<boolean> {
    if (this.#window?.needsCards) await this.#withCards();
    const card = this.#window?.firstPending();
    card?.focus();
    return card !== undefined;
  }

  #leave(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#present?.abort();
    this.#present = undefined;
  }

  /** Once, and not at each switch: making and removing these costs more than they do while it is hidden. */
  #enter(): ScrollKeeper {
    if (this.#present && this.#keeper) return this.#keeper;
    const { record } = this;
    const { signal } = (this.#present = new AbortController());
    const rows = (): HTMLElement => this.log;
    const events = {
      nearTop: () => this.#showOlder(),
      // Not in the observer's own round, in which the browser would not look at it again.
      short: () =>
        (this.#window?.olderCount ?? 0) > 0 && requestAnimationFrame(() => this.#showOlder()),
      moved: () => this.#onMoved(),
    };
    const stood = this.#keeper?.following;
    const place = this.#keeper?.standing;
    const keeper = new ScrollKeeper(this.scroller, this.content, rows, events, signal);
    this.#keeper = keeper;
    if (stood === false && place) keeper.standAt(place);
    const keep = (): void => keepPlace(record);
    this.scroller.addEventListener('scrollend', keep, { signal });
    // For browsers without that event, and a tab that goes in the middle of a scroll.
    addEventListener('pagehide', keep, { signal });
    document.addEventListener('visibilitychange', keep, { signal });
    return keeper;
  }

  /** @param once shows the present, and follows nothing */
  #listen(once = false): void {
    this.#stop?.();
    this.#stop = undefined;
    const window = this.#window;
    const { record } = this;
    if (!window || !(this.active || once) || !this.isConnected) return;
    // They may have been loaded for another conversation.
    styleCards(this.shadowRoot!);
    const keeper = this.#enter();
    const stops = [
      effect(() => {
        void record.structure.value;
        const touched = record.touched.value;
        untracked(() => this.#draw(window, keeper, touched));
      }),
      effect(() => {
        void record.answers.value;
        untracked(() => window.redrawPending());
      }),
      effect(() => {
        this.log.ariaLabel = record.title.value;
      }),
      effect(() => {
        const mark = record.readMark.value;
        const loading = record.loading.value;
        if (!loading) untracked(() => window.markUnseen(mark));
      }),
      effect(() => {
        void record.structure.value;
        const loading = record.loading.value;
        if (!loading || record.transcript().end)
          untracked(() => this.#restorePlace(window, keeper, loading));
      }),
      effect(() => {
        void record.structure.value;
        const older = record.older.value;
        this.past = record.transcript().past && older;
      }),
    ];
    this.#stop = () => {
      for (const stop of stops) stop();
      keepPlace(record);
      // What is mounted costs the frame that shows it again.
      if (keeper.following && !once) window.drop(keeper.firstNeeded);
    };
    window.refreshAll();
    keeper.settle();
    if (!window.needsCards) this.#fill(window, keeper);
    if (!once) return;
    this.#stop();
    this.#stop = undefined;
  }

  /** More of short items, before they are painted: they would jump when it came in a later frame. */
  #fill(window: TranscriptWindow, keeper: ScrollKeeper): void {
    if (window.olderCount === 0 || keeper.missing === 0) return;
    // What was measured may be of what stood here before.
    keeper.settle();
    while (keeper.missing && window.olderCount > 0) {
      window.mountOlder(Math.ceil(window.mounted.length * keeper.missing) + 1);
      keeper.settle();
    }
  }

  /** Goes on when the code of cards is there; what is drawn stays until then. */
  async #withCards(): Promise<void> {
    await loadCards();
    styleCards(this.shadowRoot!);
    this.#listen(!this.active);
  }

  #draw(window: TranscriptWindow, keeper: ScrollKeeper, touched: ReadonlySet<string>): void {
    if (window.needsCards) return void this.#withCards();
    const awaited = this.#awaited;
    const transcript = this.record.transcript();
    // It stands further up: not first at the end, and then there.
    if (awaited && transcript.end && !transcript.items.some(({ id }) => id === awaited.id)) return;
    const [first] = window.mounted;
    const added = window.sync(keeper.following);
    if (first !== window.mounted[0]) keeper.missing = undefined;
    if (keeper.following && window.mounted.length > this.#most) {
      keeper.settle();
      keeper.look();
      window.drop(keeper.firstNeeded);
      this.#most = Math.max(MAX_MOUNTED, window.mounted.length + PAGE);
    }
    window.touch(touched);
    this.#fill(window, keeper);
    if (added > 0 && !keeper.following) this.unseen = true;
    if (this.#wanted && !transcript.past) {
      this.#wanted = false;
      if (keeper.isNearTop) this.#showOlder();
    }
  }

  /** The element is new, or the whole page is, but the reader has been here before. */
  #restorePlace(window: TranscriptWindow, keeper: ScrollKeeper, loading: boolean): void {
    const awaited = this.#awaited;
    const { lastN, items, past } = this.record.transcript();
    if (!awaited || lastN < awaited.n || window.needsCards) return;
    if (!window.showItem(awaited.id)) {
      if (loading) return;
      const there = past && awaited.n < items[0]!.n && this.record.older.peek() !== 'failed';
      // Only for a reader who is there: it would be let go again.
      if (there) return this.active ? this.#readOlder() : undefined;
      this.#awaited = undefined;
      return;
    }
    this.#awaited = undefined;
    const row = window.mounted.find((view) => view.item.id === awaited.id);
    if (!row) return;
    keeper.standAt({ element: row.element, offset: awaited.offset });
    this.following = false;
  }

  #showOlder(): void {
    const window = this.#window;
    const { record } = this;
    // A pane that is hidden scrolls as well.
    if (!window || !this.active) return;
    if (window.olderCount > 0) {
      window.mountOlder();
      this.#keeper?.settle();
      this.#noteFrom();
    }
    if (window.olderCount < READ_AHEAD && record.older.peek() === 'none') this.#readOlder();
  }

  readonly #readOlder = (): void => {
    const { record } = this;
    if (!record.transcript().past || record.older.peek() === 'reading') return;
    this.#wanted = true;
    act(this, (actions) => actions.readOlder(record.id));
  };

  /** The store lets go of nothing that is mounted for a reader who stands there. */
  #noteFrom(): void {
    this.record.shownFrom = this.#keeper?.following ? undefined : this.#window?.from;
  }

  #onMoved(): void {
    const keeper = this.#keeper!;
    this.following = keeper.following;
    if (keeper.following) this.unseen = false;
    this.record.scrollTop = keeper.following ? undefined : keeper.scrollTop;
    this.#noteFrom();
    if (keeper.following) {
      // Until the awaited item has come, being at the end is nobody's wish.
      if (!this.#awaited) setPlace(this.record, undefined);
      return;
    }
    this.#awaited = undefined;
    const place = keeper.standing;
    const item = this.#window?.itemOf(place?.element);
    if (place && item) {
      setPlace(this.record, { id: item.id, n: item.n, offset: place.offset });
    }
  }

  /** One listener for all copy buttons and image placeholders, however many there are. */
  #onClick(event: Event): void {
    const target = event.target instanceof Element ? event.target : undefined;
    const button = target?.closest<HTMLElement>('button[data-copy], button[data-load]');
    if (!button) return;
    if (button.dataset['load']) return loadImage(button);
    const text =
      button.dataset['copy'] === 'code'
        ? codeText(button.closest('.code')?.querySelector('code'))
        : this.#messageText(button);
    void copyText(text ?? '').then((worked) => confirmCopied(button, worked));
  }

  #messageText(button: HTMLElement): string | undefined {
    const item = this.#window?.itemOf(button.closest('article'));
    // Cleaned: what is copied may be pasted into a terminal.
    return item?.kind === 'message' ? cleanText(item.text) : undefined;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-transcript': ApTranscript;
  }
}
