import { css } from 'lit';
import { codeText } from '../markdown/growing-block.ts';
import type { Highlighted, HighlightOrder } from './kinds.ts';
import { paint, stretchesOf, type Stretch } from './paint.ts';

/** Longer blocks stay as they are, UTF-16 units: each run of them would be an element. */
const MAX_LENGTH = 64 * 1024;
/** A block that takes the worker longer is left as it is, ms: an expression that never ends holds up the others. */
const MAX_MS = 4_000;
/** Blocks this near are looked at before they are in sight, px. */
const AHEAD = 600;

const sheet = css`
  .hl-comment {
    color: var(--ap-text-faint);
    font-style: italic;
  }
  .hl-keyword {
    color: var(--ap-accent);
  }
  .hl-string,
  .hl-addition {
    color: var(--ap-green);
  }
  .hl-number {
    color: var(--ap-amber);
  }
  .hl-title {
    color: var(--ap-blue);
  }
  .hl-type,
  .hl-meta {
    color: var(--ap-text-muted);
  }
  .hl-deletion {
    color: var(--ap-red);
  }
`.styleSheet!;

/** Looking for blocks and painting them cost frames beside those of a stream: both wait until no more have come for so long, ms. */
const PAUSE_MS = 400;
/** What the worker answers in so short a time is painted together, ms. */
const TOGETHER_MS = 50;
/** More new blocks than these do not wait. */
const MAX_NEW = 5_000;
/** Of one go; then the page has its turn, ms. */
const MAX_PAINT_MS = 4;

const isNear = (code: HTMLElement): boolean => {
  const { top, bottom, height } = code.getBoundingClientRect();
  return height > 0 && bottom > -AHEAD && top < innerHeight + AHEAD;
};

/** When the page has nothing else to do. */
const whenIdle = (run: () => void): void => {
  // Safari has none.
  if ('requestIdleCallback' in globalThis) requestIdleCallback(run, { timeout: 1_000 });
  else setTimeout(run, 50);
};

/** Gives the code of finished blocks its colours: those in sight, told apart by a worker, painted when the page is idle. */
export class Highlighter {
  readonly #seen = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) if (isIntersecting) this.#ask(target);
    },
    { rootMargin: `${AHEAD}px`, scrollMargin: `${AHEAD}px` } as IntersectionObserverInit,
  );
  /** Not looked for yet: each that is costs something in every frame. */
  readonly #new = new Set<HTMLElement>();
  #pause: ReturnType<typeof setTimeout> | undefined;
  /** Asked for and not answered, oldest first. */
  readonly #asked = new Map<number, { code: HTMLElement; order: HighlightOrder }>();
  /** Answered, and not painted. */
  readonly #known = new Map<HTMLElement, Uint32Array>();
  readonly #toPaint: { stretch: Stretch; runs: Uint32Array }[] = [];
  #worker: Worker | undefined;
  #overdue: ReturnType<typeof setTimeout> | undefined;
  #soon: ReturnType<typeof setTimeout> | undefined;
  #last = 0;

  constructor(
    private readonly newWorker: () => Worker = ownWorker,
    private readonly maxMs = MAX_MS,
  ) {}

  watch(code: HTMLElement): void {
    this.#new.add(code);
    clearTimeout(this.#pause);
    if (this.#new.size > MAX_NEW) this.#look();
    else this.#pause = setTimeout(() => this.#look(), PAUSE_MS);
  }

  #look(): void {
    for (const code of this.#new) this.#seen.observe(code);
    this.#new.clear();
    if (this.#known.size > 0) this.#chooseSoon();
  }

  #ask(code: Element): void {
    this.#seen.unobserve(code);
    const text = codeText(code);
    if (!(code instanceof HTMLElement) || text.length > MAX_LENGTH) return;
    const order = { id: ++this.#last, language: code.dataset['language']!, text };
    this.#asked.set(order.id, { code, order });
    this.#start()?.postMessage(order);
    this.#await();
  }

  #start(): Worker | undefined {
    try {
      this.#worker ??= this.#listen();
    } catch {
      // Forbidden here: code has no colours then.
      this.#asked.clear();
    }
    return this.#worker;
  }

  #listen(): Worker {
    const worker = this.newWorker();
    worker.addEventListener('message', ({ data }: MessageEvent<Highlighted>) => this.#hear(data));
    // Its file is not to be had, or it met what it cannot read: what waits stays as it is.
    worker.addEventListener('error', () => this.#asked.clear());
    return worker;
  }

  #await(): void {
    clearTimeout(this.#overdue);
    if (this.#asked.size > 0) this.#overdue = setTimeout(() => this.#giveUp(), this.maxMs);
  }

  /** Of what was asked first; a new worker goes on with the rest. */
  #giveUp(): void {
    const [stuck] = this.#asked.keys();
    this.#asked.delete(stuck!);
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { order } of this.#asked.values()) this.#start()?.postMessage(order);
    this.#await();
  }

  #hear({ id, runs }: Highlighted): void {
    const code = this.#asked.get(id)?.code;
    this.#asked.delete(id);
    this.#await();
    if (!code || runs.length === 0) return;
    this.#known.set(code, runs);
    this.#chooseSoon();
  }

  #chooseSoon(): void {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => whenIdle(() => this.#choose()), TOGETHER_MS);
  }

  /** What has gone from sight meanwhile can wait until it comes back. */
  #choose(): void {
    // When no more come, it is time.
    if (this.#new.size > 0) return;
    if (getSelection()?.type === 'Range') {
      // It would go with the text that it is of.
      document.addEventListener('selectionchange', () => this.#chooseSoon(), { once: true });
      return;
    }
    const idle = this.#toPaint.length === 0;
    for (const [code, runs] of this.#known) {
      if (isNear(code))
        this.#toPaint.push(...stretchesOf(code).map((stretch) => ({ stretch, runs })));
      else if (code.isConnected) this.#seen.observe(code);
    }
    this.#known.clear();
    if (idle) this.#paint();
  }

  #paint = (): void => {
    const until = performance.now() + MAX_PAINT_MS;
    do {
      const next = this.#toPaint.shift();
      if (!next) return;
      this.#paintOne(next);
    } while (performance.now() < until);
    whenIdle(this.#paint);
  };

  #paintOne({ stretch, runs }: { stretch: Stretch; runs: Uint32Array }): void {
    // It may have gone since.
    if (!stretch.parent.isConnected) return;
    const root = stretch.parent.getRootNode() as ShadowRoot;
    if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets.push(sheet);
    paint(stretch, runs);
  }
}

const ownWorker = (): Worker =>
  new Worker(new URL('./highlight-worker.ts', import.meta.url), { type: 'module' });

export const highlighter = new Highlighter();
