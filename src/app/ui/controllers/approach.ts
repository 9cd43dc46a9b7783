import type { LitElement, ReactiveController } from 'lit';
import type { SessionId } from '../../../core/ids.ts';
import type { ApSessionItem } from '../sidebar/session-item.ts';

/** Whoever is on the way to somewhere else is over a row for less, ms. */
const DWELL = 30;
/** Moving about on one row is told again after this, ms. */
const AGAIN = 500;

/** Tells when the pointer or the focus comes to a session's row: it may be opened next. */
export class ApproachController implements ReactiveController {
  #listening: AbortController | undefined;
  #row: ApSessionItem | undefined;
  #told = 0;
  #dwelling: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly host: LitElement,
    private readonly approached: (id: SessionId) => void,
  ) {}

  hostConnected(): void {
    const { signal } = (this.#listening = new AbortController());
    // A finger that scrolls ceases to point.
    for (const type of ['pointermove', 'pointerdown', 'pointercancel', 'focusin'])
      this.host.addEventListener(type, this.#came, { signal, passive: true });
  }

  hostDisconnected(): void {
    this.#listening?.abort();
    clearTimeout(this.#dwelling);
  }

  readonly #came = (event: Event): void => {
    const path = event.type === 'pointercancel' ? [] : event.composedPath();
    const row = path.find(
      (each): each is ApSessionItem => (each as Element).localName === 'ap-session-item',
    );
    if (row === this.#row && event.timeStamp - this.#told < AGAIN) return;
    this.#row = row;
    this.#told = event.timeStamp;
    clearTimeout(this.#dwelling);
    if (row) this.#dwelling = setTimeout(() => this.approached(row.record.id), DWELL);
  };
}
