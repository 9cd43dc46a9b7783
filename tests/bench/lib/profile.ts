import type { Browser, Page } from '@playwright/test';

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** µs. */
  readonly ts: number;
  readonly dur?: number;
  readonly args?: { readonly name?: string };
}

/** What the browser calls its work, in words; everything else is `other`. */
const KINDS: readonly (readonly [what: string, names: RegExp])[] = [
  [
    'script',
    /^(FunctionCall|EvaluateScript|FireAnimationFrame|RunMicrotasks|TimerFire|v8\.|V8\.|MinorGC|MajorGC|EventDispatch)/,
  ],
  ['style', /^(UpdateLayoutTree|RecalculateStyles|ParseAuthorStyleSheet)/],
  ['layout', /^(Layout|UpdateLayerTree|IntersectionObserver)/],
  ['paint', /^(PrePaint|Paint|Layerize|Commit|CompositeLayers|PaintImage)/],
];

/**
 * What the page's main thread did while `act` ran, by kind: shares of the time that passed, %. Taken from the
 * browser's own trace, whose keeping costs some time itself.
 */
export async function profile(
  browser: Browser,
  page: Page,
  act: () => Promise<void>,
): Promise<Record<string, number>> {
  await browser.startTracing(page, {
    categories: ['devtools.timeline', 'v8', 'toplevel', 'disabled-by-default-devtools.timeline'],
  });
  const began = performance.now();
  await act();
  const wall = performance.now() - began;
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[];
  };
  const shares: Record<string, number> = { script: 0, style: 0, layout: 0, paint: 0, other: 0 };
  for (const [name, ms] of selfTimes(traceEvents)) {
    const kind = KINDS.find(([, names]) => names.test(name))?.[0] ?? 'other';
    shares[kind]! += (100 * ms) / wall;
  }
  return shares;
}

/** Of the busiest renderer's main thread: time in each kind of event that is in no other inside it, ms. */
function selfTimes(events: readonly TraceEvent[]): Map<string, number> {
  const mains = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const byThread = new Map<string, TraceEvent[]>();
  for (const event of events) {
    const thread = `${event.pid} ${event.tid}`;
    if (event.ph !== 'X' || !mains.has(thread)) continue;
    const list = byThread.get(thread);
    if (list) list.push(event);
    else byThread.set(thread, [event]);
  }
  const busiest = [...byThread.values()].toSorted((a, b) => b.length - a.length)[0] ?? [];
  const times = new Map<string, number>();
  const open: { end: number; name: string }[] = [];
  const add = (name: string, ms: number): void => void times.set(name, (times.get(name) ?? 0) + ms);
  for (const { name, ts, dur = 0 } of busiest.toSorted(
    (a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0),
  )) {
    while (open.length > 0 && open.at(-1)!.end <= ts) open.pop();
    const around = open.at(-1);
    if (around) add(around.name, -dur / 1000);
    add(name, dur / 1000);
    open.push({ end: ts + dur, name });
  }
  return times;
}
