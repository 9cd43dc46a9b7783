import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coalesce } from '../../../src/core/log/coalesce.ts';
import type { NumberedEvent, SessionEvent } from '../../../src/core/session/event.ts';
import { previewIn } from '../../../src/core/session/messages.ts';
import { letGo, regain, surplus } from '../../../src/core/session/past.ts';
import { applyEvent, noChange } from '../../../src/core/session/reduce.ts';
import {
  emptyTranscript,
  type Transcript,
  type TranscriptItem,
} from '../../../src/core/session/transcript.ts';

const id = fc.constantFrom('a', 'b', 'c', 'd');
// Few calls show one terminal: of many, only the newest follow it, and which those are may differ.
const terminalId = fc.nat({ max: 40 }).map((n) => `w${n}`);
const text = fc.constantFrom('x', 'yy', '\n', '# z');

const event = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('chunk' as const),
      role: fc.constantFrom('user' as const, 'assistant' as const, 'thought' as const),
      content: text.map((value) => ({ type: 'text' as const, text: value })),
      messageId: fc.option(id, { nil: undefined }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('tool' as const),
      call: fc.record({
        // Many, so that they end up in the past; few, so that they are patched there.
        toolCallId: fc.oneof(
          id,
          fc.nat({ max: 30 }).map((n) => `t${n}`),
        ),
        title: text,
        status: fc.constantFrom('pending' as const, 'in_progress' as const, 'completed' as const),
        content: fc.option(
          terminalId.map((value) => [{ type: 'terminal' as const, terminalId: value }]),
          { nil: [] },
        ),
      }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('terminal' as const),
      id: terminalId,
      detail: fc.constantFrom(
        { state: 'output', text: 'out' },
        { state: 'exited', exitCode: 0 },
        { state: 'released' },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('permission' as const),
      id: fc.oneof(
        id,
        fc.nat({ max: 30 }).map((n) => `p${n}`),
      ),
      tool: fc.record({ toolCallId: id }),
      options: fc.constant([]),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('resolved' as const),
      id,
      outcome: fc.constant('cancelled' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('turn' as const),
      state: fc.constantFrom('idle' as const, 'running' as const),
    }),
  },
  fc.record({
    type: fc.constant('file' as const),
    path: fc.constantFrom('/a', '/b'),
    detail: fc.constant({ op: 'write' }),
  }),
  fc.record({ type: fc.constant('finished' as const), messageId: id }),
  fc.record({ type: fc.constant('retract' as const), messageId: id }),
  fc.record({ type: fc.constant('plan' as const), entries: fc.constant([]) }),
  fc.record({ type: fc.constant('notice' as const), level: fc.constant('info' as const), text }),
);

const log = fc
  .array(event as fc.Arbitrary<SessionEvent>, { minLength: 60, maxLength: 260, size: 'max' })
  .map((events) =>
    events.map((each, index): NumberedEvent => ({ n: index + 1, at: index, event: each })),
  );

function play(events: readonly NumberedEvent[], state = emptyTranscript()): Transcript {
  for (const each of events) applyEvent(state, structuredClone(each), noChange());
  return state;
}

const ids = (of: Iterable<{ id: string }>): string[] => [...of].map((item) => item.id);

const chat = (count: number): NumberedEvent[] =>
  Array.from({ length: count }, (_, index) => ({
    n: index + 1,
    at: index,
    event: { type: 'notice', level: 'info', text: `${index}` },
  }));

const call = (n: number, status: 'completed' | 'in_progress'): NumberedEvent => ({
  n,
  at: n,
  event: { type: 'tool', call: { toolCallId: 'old', title: 'Build', status } },
});

const drawn = (item: TranscriptItem): object => ({ ...item, rev: 0 });

/** What a reader could see of it; `rev` counts what was drawn, and what is not there is not drawn. */
function seen(state: Transcript): unknown {
  const items = state.items.map(drawn);
  return structuredClone({
    ...state,
    items,
    preview: previewIn(state),
    speaking: undefined,
    past: undefined,
    open: state.open?.id,
    plan: state.plan?.id,
    growing: [...state.growing].map(([key, item]) => [key, item.id]).toSorted(),
    openTools: ids(state.openTools).toSorted(),
    tools: [...state.tools].map(([key, item]) => [key, item.id]).toSorted(),
    approvals: [...state.approvals].map(([key, item]) => [key, item.id]).toSorted(),
    shownBy: [...state.shownBy].map(([key, shown]) => [key, ids(shown).toSorted()]).toSorted(),
    terminals: [...state.terminals].toSorted(([a], [b]) => (a < b ? -1 : 1)),
  });
}

/** The objects in the books are those in the list. */
function expectOneOfEach(state: Transcript): void {
  const all = new Set<unknown>(state.items);
  const named = [
    ...state.tools.values(),
    ...state.approvals.values(),
    ...state.openTools,
    ...state.growing.values(),
    ...[...state.shownBy.values()].flat(),
    ...(state.open ? [state.open] : []),
    ...(state.plan ? [state.plan] : []),
  ];
  for (const item of named) expect(all.has(item)).toBe(true);
  const ids = state.items.map((item) => item.id);
  expect(new Set(ids).size).toBe(ids.length);
}

/** Whole again, as the store does it: from a log on disk that has everything that is needed. */
function bring(
  state: Transcript,
  events: readonly NumberedEvent[],
  stored: number,
  behind: number,
): void {
  const upTo = Math.max(state.past?.needed ?? 0, stored, state.lastN - behind);
  const disk = play(coalesce(events.slice(0, upTo)));
  const needed = state.past?.needed ?? 0;
  const had = [...state.items];
  const done = regain(state, disk, noChange());
  // What is on disk may be behind only as long as what stays shows that it is the same log.
  if (!done) expect(disk.items.length <= state.past!.count && needed <= upTo).toBe(true);
  else expect(had.every((item) => state.items.includes(item))).toBe(true);
}

const steps = fc.array(
  fc.record({
    apply: fc.nat({ max: 60 }),
    keep: fc.nat({ max: 12 }),
    regain: fc.boolean(),
    behind: fc.nat({ max: 20 }),
  }),
  { minLength: 3, maxLength: 12 },
);

describe('history that is let go of', () => {
  it('[R21] comes back as if it had never gone, whatever happened meanwhile', () => {
    let gone = 0;
    let late = 0;
    fc.assert(
      fc.property(log, steps, (events, plan) => {
        const state = emptyTranscript();
        let next = 0;
        let stored = 0;
        for (const step of plan) {
          const to = Math.min(events.length, next + step.apply);
          play(events.slice(next, to), state);
          next = to;
          const count = letGo(state, 32 + step.keep);
          gone += count;
          // The store lets go only of what is on disk as it is.
          if (count > 0) stored = state.lastN;
          late += state.past?.late.length ?? 0;
          if (step.regain) bring(state, events, stored, step.behind);
        }
        play(events.slice(next), state);
        bring(state, events, stored, 0);
        expect(state.past).toBeUndefined();
        expectOneOfEach(state);
        expect(seen(state)).toEqual(seen(play(events)));
      }),
      { numRuns: 150 },
    );
    // The dice did throw what this is about.
    expect(gone).toBeGreaterThan(1_000);
    expect(late).toBeGreaterThan(100);
  });

  it('[R21][R57] while it is gone, what is left is the end of the whole, and nothing is shown twice', () => {
    fc.assert(
      fc.property(log, fc.nat({ max: 12 }), fc.nat(), (events, keep, at) => {
        const half = at % events.length;
        const state = play(events.slice(0, half));
        letGo(state, 32 + keep);
        play(events.slice(half), state);
        const whole = play(events);
        const count = state.past?.count ?? 0;
        expect(count + state.items.length).toBe(whole.items.length);
        if (state.past?.needed) return;
        const tail = whole.items.slice(count).map(drawn);
        expect(state.items.map(drawn)).toEqual(tail);
        const { turn, activity, pending, countable, lastStop } = whole;
        expect(state).toMatchObject({ turn, activity, countable, lastStop });
        expect(previewIn(state)).toBe(previewIn(whole));
        expect(state.pending).toEqual(pending);
      }),
      { numRuns: 150 },
    );
  });

  it('negative control: another log, one that is behind what stays, or ahead of it, changes nothing', () => {
    const events = chat(100);
    const state = play(events);
    expect(letGo(state, 40)).toBe(60);
    const before = structuredClone(state);
    const other = chat(100).map((each) => ({ ...each, n: each.n + 1 }));
    expect(regain(state, play(other), noChange())).toBe(false);
    expect(regain(state, play(events.slice(0, 60)), noChange())).toBe(false);
    expect(regain(state, play(chat(101)), noChange())).toBe(false);
    expect(state).toEqual(before);
    expect(regain(state, play(events.slice(0, 61)), noChange())).toBe(true);
    expect(state.items).toHaveLength(100);
  });

  it('negative control: without what is noted of the past, a late report would make a second call', () => {
    const events = [call(1, 'completed'), ...chat(101).slice(1)];
    const state = play(events);
    letGo(state, 40);
    play([call(102, 'in_progress')], state);
    expect(state.items.some((item) => item.kind === 'tool')).toBe(false);
    state.past!.tools.clear();
    play([call(103, 'in_progress')], state);
    expect(state.items.some((item) => item.kind === 'tool')).toBe(true);
  });

  it('keeps what grows, what is asked for from some place on, and the last few', () => {
    const growing: NumberedEvent[] = [
      { n: 1, at: 0, event: { type: 'turn', state: 'running' } },
      {
        n: 2,
        at: 0,
        event: { type: 'chunk', role: 'assistant', content: { type: 'text', text: 'x' } },
      },
    ];
    expect(surplus(play(growing), 0)).toBe(0);
    const state = play(chat(200));
    expect(surplus(state, 0)).toBe(168);
    expect(surplus(state, 0, 50)).toBe(50);
    letGo(state, 100);
    expect(surplus(state, 0, 120)).toBe(20);
    expect(surplus(state, 0, 70)).toBe(0);
  });

  it('[R30] late reports are bounded: the log has the older ones', () => {
    const events = [...chat(100)];
    events[0] = {
      n: 1,
      at: 0,
      event: { type: 'tool', call: { toolCallId: 'old', status: 'completed' } },
    };
    const state = play(events);
    letGo(state, 40);
    for (let n = 101; n <= 1_500; n++) {
      const late: NumberedEvent = {
        n,
        at: n,
        event: { type: 'tool', call: { toolCallId: 'old', rawOutput: n } },
      };
      events.push(late);
      play([late], state);
    }
    expect(state.past!.late).toHaveLength(1_000);
    expect(regain(state, play(events.slice(0, 900)), noChange())).toBe(true);
    expect(state.tools.get('old')!.call.rawOutput).toBe(1_500);
  });
});
