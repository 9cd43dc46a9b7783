import { describe, expect, it } from 'vitest';
import { Trace, type TraceEvent } from '../../bench/lib/trace.ts';

const MAIN = { pid: 7, tid: 1 };
const thread = (tid: number, name: string): TraceEvent => ({
  name: 'thread_name',
  ph: 'M',
  pid: 7,
  tid,
  ts: 0,
  args: { name },
});
/** From and to in ms. */
const slice = (
  name: string,
  from: number,
  to: number,
  more: Partial<TraceEvent> = {},
): TraceEvent => ({
  name,
  ph: 'X',
  ...MAIN,
  ts: from * 1000,
  dur: (to - from) * 1000,
  ...more,
});
const posted = (src_func: string, tdur: number): Partial<TraceEvent> => ({
  tdur: tdur * 1000,
  args: { src_func },
});

/** A message that runs a script, in which the collector runs; then a frame, in which somebody asks where the pointer is. */
const EVENTS: readonly TraceEvent[] = [
  thread(1, 'CrRendererMain'),
  thread(2, 'DedicatedWorker thread'),
  slice('ThreadControllerImpl::RunTask', 0, 10, posted('PostDispatchNextMessageFromPipe', 9)),
  slice('Receive mojo message', 1, 9),
  slice('FunctionCall', 2, 8),
  slice('UpdateCounters', 3, 4),
  slice('MinorGC', 5, 7),
  slice('ThreadControllerImpl::RunTask', 20, 34, posted('ScheduledActionSendBeginMainFrame', 5)),
  slice('HitTest', 21, 22),
  slice('UpdateLayoutTree', 22, 24),
  slice('Layout', 24, 27),
  slice('Paint', 27, 33),
  slice('FunctionCall', 0, 100, { tid: 2 }),
  ...(['b', 'e'] as const).map((ph, i) => ({ ...slice('span', 4 + i * 19, 0), ph })),
];

describe('a trace of the main thread', () => {
  const trace = new Trace(EVENTS, 40);

  it('tells what ran innermost, by kind; what has no kind is of what it is inside of', () => {
    expect(trace.kinds()).toEqual({
      script: 4,
      gc: 2,
      style: 2,
      layout: 3,
      paint: 6,
      'hit test': 1,
      frame: 2,
      messages: 4,
      other: 0,
    });
  });

  it('counts in a span only what is inside of it', () => {
    expect(trace.windows('span')).toEqual([[4_000, 23_000]]);
    expect(trace.kinds(trace.windows('span'))).toMatchObject({
      script: 2,
      gc: 2,
      messages: 2,
      frame: 1,
      'hit test': 1,
      style: 1,
      layout: 0,
      paint: 0,
    });
    expect(trace.windows('another')).toEqual([]);
  });

  it('names its longest task, with what it had of the processor', () => {
    expect(trace.longest()).toEqual({
      name: 'frame',
      ms: 14,
      processor: 5,
      window: [20_000, 34_000],
    });
    expect(new Trace([], 1).longest()).toBeUndefined();
  });
});
