import { batch } from '@preact/signals-core';
import type { SessionId } from '../../core/ids.ts';
import type { NumberedEvent } from '../../core/session/event.ts';
import { applyEvent, noChange, type Change } from '../../core/session/reduce.ts';
import { NEAR_MS, type FrameSource } from './frames.ts';
import { GrowthPace } from './growth-pace.ts';
import type { SessionEntry } from './record.ts';
import { showChange } from './view.ts';

/** Time for applying events in one frame, ms; the rest of the frame belongs to drawing. */
const FRAME_BUDGET_MS = 8;
/** The same in a page that nobody looks at, and that has fewer frames. */
const HIDDEN_BUDGET_MS = 40;
/** Events between two looks at the clock. */
const SLICE = 64;
/** An inbox this long is emptied whatever it costs: memory is dearer than a frame (R30). */
const MAX_INBOX = 50_000;

/** The last line of a row is glanced at, and costs the page a layout of its list: so often is enough, ms. All rows together. */
const PREVIEW_EVERY_MS = 333;

export interface IngestOptions {
  frames: FrameSource;
  /** The reader looks at this session, now. */
  seen: (id: SessionId) => boolean;
  viewed: () => SessionId | undefined;
  skewMs: () => number;
  /** Something of it should be saved. */
  changed: (entry: SessionEntry) => void;
}

/**
 * From events to signals, once a frame (design: one token, socket to pixel). The viewed session first, then the
 * others in turn, within a budget, so that a fast agent never freezes the page and never starves another.
 */
export class Ingest {
  readonly #options: IngestOptions;
  readonly #waiting = new Set<SessionEntry>();
  /** Their previews are older than what they said; and when each was shown. */
  readonly #late = new Set<SessionEntry>();
  readonly #shownAt = new WeakMap<SessionEntry, number>();
  readonly #pace = new GrowthPace();
  /** More had come than one frame could take: then every frame is used. */
  #behind = false;
  #cancel: (() => void) | undefined;

  constructor(options: IngestOptions) {
    this.#options = options;
  }

  push(entry: SessionEntry, events: readonly NumberedEvent[]): void {
    for (const event of events) entry.inbox.push(event);
    const last = events.at(-1);
    if (last) entry.receivedN = Math.max(entry.receivedN, last.n);
    this.request(entry);
  }

  /** Shows this session's changes in the next frame. */
  request(entry: SessionEntry): void {
    this.#waiting.add(entry);
    this.#schedule();
  }

  /** Applies everything that this session has received, now: it is about to be shown. */
  catchUp(entry: SessionEntry): void {
    if (entry.waiting === 0) return;
    const change = noChange();
    this.#apply(entry, change, Number.POSITIVE_INFINITY);
    batch(() => this.#show(entry, change));
  }

  /** Resolves when what is to be shown now has been painted. */
  painted(): Promise<void> {
    return new Promise((resolve) => this.#options.frames.next(() => setTimeout(resolve)));
  }

  forget(entry: SessionEntry): void {
    this.#waiting.delete(entry);
    this.#late.delete(entry);
    entry.inbox = [];
    entry.inboxAt = 0;
  }

  dispose(): void {
    this.#cancel?.();
    this.#waiting.clear();
  }

  #schedule(): void {
    const { frames } = this.#options;
    const wait = (): number => (this.#behind ? 0 : this.#pace.wait(frames.now()));
    this.#cancel ??= frames.next(() => {
      this.#cancel = undefined;
      if (wait() <= NEAR_MS) this.#frame();
      else this.#schedule();
    }, wait());
  }

  #frame(): void {
    const { frames, viewed } = this.#options;
    const budget = frames.hidden?.() ? HIDDEN_BUDGET_MS : FRAME_BUDGET_MS;
    const began = frames.now();
    const deadline = began + budget;
    const viewedId = viewed();
    for (const entry of this.#late) if (this.#isDue(entry)) this.#waiting.add(entry);
    const entries = [...this.#waiting].toSorted(
      (a, b) => Number(b.id === viewedId) - Number(a.id === viewedId),
    );
    this.#waiting.clear();
    const changes = new Map<SessionEntry, Change>();
    for (const entry of entries) {
      changes.set(entry, { ...noChange(), preview: this.#late.has(entry) });
    }
    // The viewed one gets half of the budget before the others share the rest, a slice each in turn.
    const first = entries[0];
    const before = first?.waiting ?? 0;
    if (first?.id === viewedId && first) {
      this.#apply(first, changes.get(first)!, frames.now() + budget / 2);
    }
    let busy = entries.filter((entry) => entry.waiting > 0);
    while (busy.length > 0) {
      for (const entry of busy) this.#applySlice(entry, changes.get(entry)!);
      if (frames.now() >= deadline) break;
      busy = busy.filter((entry) => entry.waiting > 0);
    }
    batch(() => {
      for (const [entry, change] of changes) this.#show(entry, change);
    });
    if (first?.id === viewedId && first) this.#grew(began, before - first.waiting);
    for (const entry of entries) if (entry.waiting > 0) this.#waiting.add(entry);
    this.#behind = this.#waiting.size > 0;
    if (this.#waiting.size + this.#late.size > 0) this.#schedule();
  }

  #grew(began: number, tokens: number): void {
    const { frames } = this.#options;
    this.#pace.grew(began, tokens);
    if (!frames.hidden?.()) frames.painted?.(() => this.#pace.drawn(frames.now() - began));
  }

  #apply(entry: SessionEntry, change: Change, until: number): void {
    const { frames } = this.#options;
    while (entry.waiting > 0) {
      this.#applySlice(entry, change);
      if (frames.now() >= until) return;
    }
  }

  #applySlice(entry: SessionEntry, change: Change): void {
    const { inbox } = entry;
    const slice = entry.waiting > MAX_INBOX ? entry.waiting - MAX_INBOX : SLICE;
    const end = Math.min(inbox.length, entry.inboxAt + slice);
    for (; entry.inboxAt < end; entry.inboxAt++) applyOne(entry, inbox[entry.inboxAt]!, change);
    if (entry.inboxAt === inbox.length) {
      entry.inbox = [];
      entry.inboxAt = 0;
    }
  }

  #show(entry: SessionEntry, change: Change): void {
    const { record, transcript } = entry;
    if (record.loading.peek() && transcript.lastN >= entry.loadingTo) record.loading.value = false;
    this.#delayPreview(entry, change);
    showChange(entry, change, this.#options.seen(entry.id), this.#options.skewMs());
    this.#options.changed(entry);
  }

  /** More was said and nothing else: that is shown now and then, its last state always. */
  #delayPreview(entry: SessionEntry, change: Change): void {
    if (change.preview && !change.summary && !change.structure && !this.#isDue(entry)) {
      change.preview = false;
      this.#late.add(entry);
    } else if (change.preview || change.summary) {
      this.#shownAt.set(entry, this.#options.frames.now());
      this.#late.delete(entry);
    }
  }

  #isDue(entry: SessionEntry): boolean {
    const shown = this.#shownAt.get(entry) ?? Number.NEGATIVE_INFINITY;
    return previewTurn(this.#options.frames.now()) > previewTurn(shown);
  }
}

/** In the same turn for all sessions, so that one layout of the list does for all rows. */
const previewTurn = (at: number): number => Math.floor(at / PREVIEW_EVERY_MS);

/** Applies one event, and notes what its reader will want to know of (R25). */
function applyOne(entry: SessionEntry, numbered: NumberedEvent, change: Change): void {
  const { transcript } = entry;
  const { summary, title } = entry.record;
  const { n, event } = numbered;
  if (n <= transcript.lastN || transcript.ended) return;
  switch (event.type) {
    case 'error':
      entry.lastErrorN = n;
      break;
    case 'agent':
      if (event.state === 'failed') entry.lastErrorN = n;
      if (n > summary.peek().head) {
        const error =
          event.state === 'failed'
            ? {
                code: 'agent_failed',
                message: event.message ?? 'The agent has stopped.',
                retryable: true,
              }
            : undefined;
        summary.value = { ...summary.peek(), agentState: event.state, error };
      }
      break;
    case 'turn':
      // The reader cancelled it: nothing to come back for.
      if (
        event.state === 'idle' &&
        transcript.turn !== 'idle' &&
        event.stopReason !== 'cancelled'
      ) {
        entry.lastDoneN = n;
      }
      break;
    case 'title':
      if (n > summary.peek().head && !entry.named) title.value = event.title;
      break;
    default:
  }
  applyEvent(transcript, numbered, change);
}
