import type { Browser, Page } from '@playwright/test';

export interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** µs; `dur` of the wall clock, `tdur` of the processor. */
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: { readonly name?: string; readonly src_func?: string };
}

/** Kinds of work, by what the browser calls it; the first that fits. What none fits belongs to what it is inside of. */
const KINDS = [
  ['gc', /^(V8\.GC|MinorGC|MajorGC|BlinkGC|CppGC)/],
  [
    'script',
    /^(FunctionCall|EvaluateScript|FireAnimationFrame|RunMicrotasks|TimerFire|EventDispatch|HandlePostMessage|v8\.|V8\.)/,
  ],
  ['style', /^(UpdateLayoutTree|RecalculateStyles|ParseAuthorStyleSheet)/],
  ['layout', /^(Layout|UpdateLayerTree|IntersectionObserver)/],
  ['paint', /^(PrePaint|Paint|Layerize|Commit|CompositeLayers)/],
  ['hit test', /^HitTest/],
  [
    'messages',
    /^(RunTask|ThreadControllerImpl|SimpleWatcher|Receive mojo|Closed mojo|Blink.*Scheduler)/,
  ],
] as const;

/** Where the browser posts the task in which it makes a frame. */
const FRAME = 'ScheduledActionSendBeginMainFrame';
/** The same for a message of another process or thread, such as a socket's. */
const MESSAGE = 'PostDispatchNextMessageFromPipe';

/**
 * `messages` is the moving of tasks and messages (mojo) itself, `frame` what the browser does for a frame beside what
 * has a name of its own.
 */
export type Kind = (typeof KINDS)[number][0] | 'frame' | 'other';

/** From and to, µs. */
export type Window = readonly [from: number, to: number];
const ALWAYS: Window = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

export interface Task {
  /** `frame`, `message`, or where the browser posted it. */
  readonly name: string;
  /** ms by the clock, and of the processor: less where others had that meanwhile. */
  readonly ms: number;
  readonly processor: number;
  readonly window: Window;
}

/** A stretch of time, µs, in which nothing ran inside of what ran. */
interface Piece {
  readonly from: number;
  readonly to: number;
  readonly kind: Kind;
}

/** What the browser wrote down of a page's main thread. Keeping it costs some time itself. */
export class Trace {
  /** All the time that the thread worked, by what ran innermost. */
  readonly #pieces: Piece[] = [];
  /** Of the busiest of the browser's pages, which is the one that is measured. */
  readonly #main: readonly TraceEvent[];

  /** @param wall how long it was kept, ms. */
  constructor(
    private readonly events: readonly TraceEvent[],
    readonly wall: number,
  ) {
    this.#main = busiest(events);
    const open: { end: number; kind: Kind }[] = [];
    let at = 0;
    const piece = (to: number): void => {
      const inner = open.at(-1);
      if (inner && to > at) this.#pieces.push({ from: at, to, kind: inner.kind });
      at = Math.max(at, to);
    };
    const leave = (until: number): void => {
      for (let inner = open.at(-1); inner && inner.end <= until; inner = open.at(-1)) {
        piece(inner.end);
        open.pop();
      }
    };
    for (const event of this.#main) {
      leave(event.ts);
      piece(event.ts);
      open.push({
        end: event.ts + (event.dur ?? 0),
        kind: kindOf(event) ?? open.at(-1)?.kind ?? 'other',
      });
    }
    leave(Number.POSITIVE_INFINITY);
  }

  static async of(browser: Browser, page: Page, act: () => Promise<void>): Promise<Trace> {
    await browser.startTracing(page, {
      categories: [
        'devtools.timeline',
        'disabled-by-default-devtools.timeline',
        'v8',
        'toplevel',
        'blink.user_timing',
      ],
    });
    const began = performance.now();
    await act();
    const wall = performance.now() - began;
    const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
      traceEvents: TraceEvent[];
    };
    return new Trace(traceEvents, wall);
  }

  /** Where the page says, by `performance.measure(name)`, that this was; in their order. */
  windows(name: string): Window[] {
    const of = (phase: string): number[] =>
      this.events
        .filter((event) => event.name === name && event.ph === phase)
        .map(({ ts }) => ts)
        .toSorted((a, b) => a - b);
    const ends = of('e');
    return of('b').map((from, i) => [from, ends[i] ?? from]);
  }

  /** ms of each kind inside these windows, which must not overlap; without any, in all of it. */
  kinds(windows?: readonly Window[]): Record<Kind, number> {
    const found: Record<Kind, number> = {
      script: 0,
      gc: 0,
      style: 0,
      layout: 0,
      paint: 0,
      'hit test': 0,
      frame: 0,
      messages: 0,
      other: 0,
    };
    for (const [start, end] of windows ?? [ALWAYS])
      for (const { from, to, kind } of this.#pieces)
        found[kind] += Math.max(0, Math.min(to, end) - Math.max(from, start)) / 1000;
    return found;
  }

  /** The task that took longest by the clock; undefined if there was none. */
  longest(): Task | undefined {
    const [task] = this.#main
      .filter(({ name }) => name === 'ThreadControllerImpl::RunTask')
      .toSorted((a, b) => (b.dur ?? 0) - (a.dur ?? 0));
    if (!task) return undefined;
    const { ts, dur = 0, tdur = 0, args } = task;
    const posted = args?.src_func ?? 'task';
    return {
      name: posted === FRAME ? 'frame' : posted === MESSAGE ? 'message' : posted,
      ms: dur / 1000,
      processor: tdur / 1000,
      window: [ts, ts + dur],
    };
  }
}

function kindOf({ name, args }: TraceEvent): Kind | undefined {
  if (args?.src_func === FRAME) return 'frame';
  return KINDS.find(([, names]) => names.test(name))?.[0];
}

/** Everything on the renderers' main thread that has most of it, each before what is inside it. */
function busiest(events: readonly TraceEvent[]): TraceEvent[] {
  const threads = new Map<string, TraceEvent[]>();
  const of = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
  for (const event of events)
    if (event.name === 'thread_name' && event.args?.name === 'CrRendererMain')
      threads.set(of(event), []);
  for (const event of events) if (event.ph === 'X') threads.get(of(event))?.push(event);
  const [most = []] = [...threads.values()].toSorted((a, b) => b.length - a.length);
  return most.toSorted((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0));
}
