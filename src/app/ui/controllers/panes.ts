import type { LitElement, ReactiveController } from 'lit';
import type { SessionId } from '../../../core/ids.ts';
import type { Actions, Store } from '../../store/types.ts';
import type { ApConversation } from '../conversation/conversation.ts';
import { rowsOf } from '../rows.ts';
import { ApproachController } from './approach.ts';
import type { MountedList } from './mounted.ts';

/** Whoever goes on through the sessions does not wait so long, ms. */
const STAYED = 50;
/** What was prepared so lately has little to catch up with, ms. */
const FRESH = 500;
/** Prepared in one frame, which a reader who switches meanwhile has to wait for. */
const AT_ONCE = 3;
/** Nobody came after all, ms. */
const KEPT = 3_000;

/** What shows the panes. */
export interface PanesHost extends LitElement {
  readonly narrow: boolean;
  readonly store: Store;
  readonly actions: Actions;
  /** Sessions that have a pane. */
  readonly mounted: MountedList<SessionId>;
}

/**
 * Puts the conversations away that are not viewed, and has at hand what may be viewed next. What was left cannot be
 * reached and is not painted, at once. A moment later, when nobody waits for a frame, the one that was left last is painted
 * again, transparent (`data-warm`, in the style sheet): going back to it then costs next to nothing. The same is done for
 * some seconds with what somebody comes near to ({@link prepare}). What is `inert` has another style, and so has all that is
 * inside; the frame that shows a pane again is spared that, and the one after takes it (docs/adr/0020).
 */
export class PaneController implements ReactiveController {
  #shown: HTMLElement | null = null;
  #left: HTMLElement | null = null;
  #leaving: ReturnType<typeof setTimeout> | undefined;
  /** What somebody came near to, and when it was brought up to date, ms. */
  readonly #near = new Map<HTMLElement, number>();
  readonly #wanted = new Set<SessionId>();
  #preparing = false;
  #forgetting: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly host: PanesHost) {
    host.addController(this);
    host.addController(new ApproachController(host, (id) => this.prepare([id])));
    // There may be one already.
    host.requestUpdate();
  }

  hostUpdated(): void {
    const shown = this.#pane('.shown');
    const left = this.#shown;
    if (shown === left) return;
    this.#shown = shown;
    if (left) left.inert = true;
    if (shown) this.#near.delete(shown);
    requestAnimationFrame(() =>
      setTimeout(() => {
        if (this.#shown) this.#shown.inert = false;
      }),
    );
    clearTimeout(this.#leaving);
    this.#leaving = setTimeout(() => {
      this.#left = shown ? left : null;
      this.#paint();
    }, STAYED);
  }

  /**
   * One of these may be viewed next: brings them up to date and paints them, a few in a frame, those named first first.
   * They stay painted for some seconds, and do not follow what comes meanwhile.
   */
  prepare(ids: Iterable<SessionId>): void {
    for (const id of ids) this.#wanted.add(id);
    if (this.#preparing) return;
    this.#preparing = true;
    this.#inTurn();
  }

  /** Whatever one key opens, as far as it was viewed before; beginning with what stands beside the viewed one. */
  prepareAll(): void {
    const { store } = this.host;
    const ids = rowsOf(store).map(({ id }) => id);
    const at = ids.indexOf(store.activeSessionId.peek() as SessionId);
    const distance = (id: SessionId): number => {
      const steps = Math.abs(ids.indexOf(id) - at);
      return Math.min(steps, ids.length - steps);
    };
    this.prepare(
      ids
        .filter((id, i) => i !== at && this.#paneOf(id))
        .toSorted((a, b) => distance(a) - distance(b)),
    );
  }

  /** After a frame, as somebody may wait for that. */
  #inTurn(): void {
    requestAnimationFrame(() =>
      setTimeout(() => {
        const ids = [...this.#wanted].slice(0, AT_ONCE);
        this.#preparing = ids.length > 0;
        if (!this.#preparing) return;
        for (const id of ids) this.#wanted.delete(id);
        void Promise.allSettled(ids.map((id) => this.#prepare(id))).then(() => this.#inTurn());
      }),
    );
  }

  async #prepare(id: SessionId): Promise<void> {
    const { host } = this;
    host.actions.prepare(id);
    if (host.mounted.add(id)) host.requestUpdate();
    await host.updateComplete;
    const pane = this.#paneOf(id);
    if (!pane || pane === this.#shown) return;
    clearTimeout(this.#forgetting);
    this.#forgetting = setTimeout(() => {
      this.#near.clear();
      this.#paint();
    }, KEPT);
    const now = performance.now();
    if (now - (this.#near.get(pane) ?? Number.NEGATIVE_INFINITY) < FRESH) return;
    this.#near.set(pane, now);
    pane.inert = true;
    await pane.querySelector<ApConversation>('ap-conversation')?.prepare();
    this.#paint();
  }

  #paint(): void {
    // On a phone nobody goes from one conversation straight to another.
    const isWarm = (pane: HTMLElement): boolean =>
      !this.host.narrow && pane !== this.#shown && (pane === this.#left || this.#near.has(pane));
    for (const pane of this.host.renderRoot.querySelectorAll<HTMLElement>('.pane'))
      pane.toggleAttribute('data-warm', isWarm(pane));
  }

  #paneOf(id: SessionId): HTMLElement | null {
    return this.#pane(`[data-session-id="${CSS.escape(id)}"]`);
  }

  #pane(which: string): HTMLElement | null {
    return this.host.renderRoot.querySelector(`.pane${which}`);
  }
}
