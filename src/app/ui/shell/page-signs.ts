import { effect } from '@preact/signals-core';
import { LitElement, type PropertyValues } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { attentionCounts, displayStatus, isStreaming } from '../../store/selectors.ts';
import type { Store } from '../../store/types.ts';
import { SEAMS } from '../icons.ts';

/** The rungs of the ladder, from the top: the page shows the highest that any session stands on. */
export type Rung = 'needs' | 'working' | 'done' | 'disconnected' | 'idle';

export interface PageState {
  readonly rung: Rung;
  /** How many sessions stand on it. */
  readonly count: number;
}

/** What the page as a whole has to say. Subscribes to every session's attention, turn and connection. */
export function pageState(store: Store): PageState {
  const { approval, error, done } = attentionCounts(store);
  if (approval + error > 0) return { rung: 'needs', count: approval + error };
  const rows = store.sessions.value;
  const working = rows.filter(isStreaming).length;
  if (working > 0) return { rung: 'working', count: working };
  const unread = rows.filter((record) => record.unread.value > 0).length;
  if (done + unread > 0) return { rung: 'done', count: Math.max(done, unread) };
  const apart = rows.filter((record) => /^(re|dis)connect|error/.test(displayStatus(record)));
  if (apart.length > 0) return { rung: 'disconnected', count: apart.length };
  return { rung: 'idle', count: 0 };
}

const SIGN: Record<Rung, string> = {
  needs: '● ',
  working: '↻ ',
  done: '✓ ',
  disconnected: '○ ',
  idle: '',
};

// Favicons cannot see the page's custom properties; these stand out on light and dark tab strips.
const COLOUR: Record<Rung, string> = {
  needs: '#e0782b',
  working: '#3d8fe6',
  done: '#d9434a',
  disconnected: '#9a978f',
  idle: '',
};

/** `(2) ● Aperture`: the count first, so that a narrow tab still shows it. */
export function titleFor({ rung, count }: PageState): string {
  const counted = rung === 'needs' || rung === 'done';
  return `${counted ? `(${count}) ` : ''}${SIGN[rung]}Aperture`;
}

function faviconFor({ rung }: PageState): string {
  const colour = COLOUR[rung];
  const dot = colour
    ? `<circle cx='24.5' cy='24.5' r='7.5' fill='${colour}' stroke='#fff' stroke-width='2'/>`
    : '';
  const image = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><rect width='32' height='32' rx='7' fill='#5b45c9'/><g transform='translate(3.2 3.2) scale(.8)' fill='none' stroke='#fff' stroke-width='2.2' stroke-linecap='round'><circle cx='16' cy='16' r='13'/><path d='${SEAMS}'/></g>${dot}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(image)}`;
}

/** A state that lasts no longer than this gets no favicon, ms: the browser draws each as a document of its own. */
const ICON_MS = 300;

/**
 * The page's signs outside of its elements: title, favicon, app badge. And `announce` is told, in words, when a
 * session begins to need its reader (never of streamed text). It shows nothing itself.
 *
 * @property store - what to tell of
 * @property announce - told what to say
 */
@customElement('ap-page-signs')
export class ApPageSigns extends LitElement {
  @property({ attribute: false }) store!: Store;
  @property({ attribute: false }) announce!: (text: string) => void;
  #stops: (() => void)[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#start(this.store);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('store')) this.#start(this.store);
  }

  #start(store: Store): void {
    this.#stop();
    this.#stops = [this.#sign(store), this.#badge(store), this.#announced(store)];
  }

  #stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  #sign(store: Store): () => void {
    // What the page comes with.
    let shown: Rung = 'idle';
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = effect(() => {
      const state = pageState(store);
      const title = titleFor(state);
      if (document.title !== title) document.title = title;
      clearTimeout(timer);
      if (shown === state.rung) return;
      timer = setTimeout(() => {
        shown = state.rung;
        const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
        if (icon) icon.href = faviconFor(state);
      }, ICON_MS);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }

  #badge(store: Store): () => void {
    let badge = 0;
    return effect(() => {
      const { rung, count } = pageState(store);
      const wanted = rung === 'needs' ? count : 0;
      if (wanted === badge) return;
      badge = wanted;
      // Only an installed page has a badge; elsewhere this is refused, which is fine.
      void navigator.setAppBadge?.(wanted).catch(() => undefined);
    });
  }

  #announced(store: Store): () => void {
    // What was there when the page came up is shown, not announced.
    let known: Map<string, string> | undefined;
    return effect(() => {
      const now = new Map<string, string>();
      const news: string[] = [];
      for (const record of store.sessions.value) {
        const attention = record.attention.value;
        if (!attention) continue;
        now.set(record.id, attention);
        if (known === undefined || known.get(record.id) === attention) continue;
        const title = record.title.peek();
        if (attention === 'approval') news.push(`${title} needs your approval.`);
        else if (attention === 'error') news.push(`${title} has failed.`);
      }
      known = store.started.value ? now : undefined;
      if (news.length > 0) this.announce(news.join(' '));
    });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-page-signs': ApPageSigns;
  }
}
