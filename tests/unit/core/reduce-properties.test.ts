import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PermissionOption, PlanEntry } from '../../../src/core/acp.ts';
import { coalesce } from '../../../src/core/log/coalesce.ts';
import type { NumberedEvent, SessionEvent } from '../../../src/core/session/event.ts';
import { applyEvent, noChange } from '../../../src/core/session/reduce.ts';
import {
  emptyTranscript,
  unreadAfter,
  type Transcript,
} from '../../../src/core/session/transcript.ts';

// Few ids on purpose: they collide within a session and between sessions.
const id = fc.constantFrom('a', 'b', 'c');
const text = fc.constantFrom('x', 'yy', '\n', '# z');

const event = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('chunk' as const),
      role: fc.constantFrom('user' as const, 'assistant' as const, 'thought' as const),
      content: text.map((value) => ({ type: 'text' as const, text: value })),
      messageId: fc.option(id, { nil: undefined }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('tool' as const),
      call: fc.record({
        toolCallId: id,
        title: text,
        status: fc.constantFrom('pending' as const, 'in_progress' as const, 'completed' as const),
      }),
    }),
  },
  fc.record({
    type: fc.constant('permission' as const),
    id,
    tool: fc.record({ toolCallId: id }),
    options: fc.constant<PermissionOption[]>([]),
  }),
  fc.record({
    type: fc.constant('resolved' as const),
    id,
    outcome: fc.constant('cancelled' as const),
  }),
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('turn' as const),
      state: fc.constantFrom('idle' as const, 'running' as const, 'requires_action' as const),
    }),
  },
  fc.record({ type: fc.constant('finished' as const), messageId: id }),
  fc.record({ type: fc.constant('retract' as const), messageId: id }),
  fc.record({ type: fc.constant('plan' as const), entries: fc.constant<PlanEntry[]>([]) }),
  fc.record({ type: fc.constant('notice' as const), level: fc.constant('info' as const), text }),
);

const log = fc
  .array(event, { maxLength: 60 })
  .map((events) =>
    events.map((each, index): NumberedEvent => ({ n: index + 1, at: index, event: each })),
  );

function play(events: readonly NumberedEvent[], state = emptyTranscript()): Transcript {
  for (const each of events) applyEvent(state, structuredClone(each), noChange());
  return state;
}

const chunk = (n: number): NumberedEvent => ({
  n,
  at: 0,
  event: { type: 'chunk', role: 'assistant', content: { type: 'text', text: 'x' } },
});

const answer = (name: string, text: string): SessionEvent => ({
  type: 'chunk',
  role: 'assistant',
  content: { type: 'text', text },
  messageId: name,
});

describe('reducer, as properties', () => {
  it('[R52] the same log gives the same state', () => {
    fc.assert(
      fc.property(log, (events) => {
        expect(play(events)).toEqual(play(events));
      }),
    );
  });

  it('[R21] replaying any part of what was applied changes nothing', () => {
    fc.assert(
      fc.property(log, fc.nat(), fc.nat(), (events, from, length) => {
        const state = play(events);
        const start = events.length === 0 ? 0 : from % events.length;
        play(events.slice(start, start + length), state);
        expect(state).toEqual(play(events));
      }),
    );
  });

  it('[R21] stopping anywhere and resuming with an overlap gives the same as in one piece', () => {
    fc.assert(
      fc.property(log, fc.nat({ max: 60 }), fc.nat({ max: 10 }), (events, cut, overlap) => {
        const state = play(events.slice(0, cut));
        play(events.slice(Math.max(0, cut - overlap)), state);
        expect(state).toEqual(play(events));
      }),
    );
  });

  it('negative control: without numbers, an overlap shows twice', () => {
    const once = play([chunk(1)]);
    const twice = play([chunk(1), chunk(2)]);
    expect(twice).not.toEqual(once);
  });

  it('[R53] ten sessions with colliding ids, interleaved at random, end as each would alone', () => {
    fc.assert(
      fc.property(
        fc.array(log, { minLength: 10, maxLength: 10 }),
        fc.infiniteStream(fc.nat()),
        (logs, dice) => {
          const states = logs.map(() => emptyTranscript());
          const next = logs.map(() => 0);
          for (;;) {
            const open = logs.flatMap((each, index) => (next[index]! < each.length ? [index] : []));
            if (open.length === 0) break;
            const chosen = open[(dice.next().value as number) % open.length]!;
            play([logs[chosen]![next[chosen]!++]!], states[chosen]);
          }
          states.forEach((state, index) => expect(state).toEqual(play(logs[index]!)));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('[R25] unreadAfter counts what a naive count counts', () => {
    fc.assert(
      fc.property(log, fc.integer({ min: -1, max: 70 }), (events, readN) => {
        const state = play(events);
        const naive = state.items.filter(
          (item) =>
            item.n > readN &&
            (item.kind === 'approval' ||
              (item.kind === 'message' && item.role === 'assistant' && !item.retracted)),
        ).length;
        expect(unreadAfter(state, readN)).toBe(naive);
      }),
    );
  });

  it('[R25] counts messages and not chunks', () => {
    const state = play(Array.from({ length: 500 }, (_, index) => chunk(index + 1)));
    expect(unreadAfter(state, 0)).toBe(1);
    expect(unreadAfter(state, 1)).toBe(0);
  });

  it('[R25][R30] of a long history the newest are counted, and no more than a few hundred are kept', () => {
    const log = Array.from({ length: 20_000 }, (_, index) =>
      index % 2 === 0
        ? chunk(index + 1)
        : { n: index + 1, at: 0, event: { type: 'turn' as const, state: 'idle' as const } },
    );
    const state = play(log);
    expect(state.items.filter(({ kind }) => kind === 'message')).toHaveLength(10_000);
    expect(state.countable.length).toBeLessThan(500);
    expect(unreadAfter(state, 0)).toBeGreaterThanOrEqual(250);
    expect(unreadAfter(state, 20_000 - 2 * 250)).toBe(250);
    expect(unreadAfter(state, 20_000 - 2 * 7)).toBe(7);
    expect(unreadAfter(state, 20_000)).toBe(0);
  });

  it('[R38][R52] answers that stream side by side end as each would alone', () => {
    const texts = fc.array(text, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        fc.array(texts, { minLength: 2, maxLength: 5 }),
        fc.infiniteStream(fc.nat()),
        (answers, dice) => {
          const left = answers.map((pieces) => [...pieces]);
          const events: SessionEvent[] = [{ type: 'turn', state: 'running' }];
          for (;;) {
            const open = left.flatMap((pieces, index) => (pieces.length > 0 ? [index] : []));
            if (open.length === 0) break;
            const chosen = open[(dice.next().value as number) % open.length]!;
            events.push(answer(`r${chosen}`, left[chosen]!.shift()!));
          }
          const numbered = events.map((each, n): NumberedEvent => ({
            n: n + 1,
            at: n,
            event: each,
          }));
          for (const state of [play(numbered), play(coalesce(numbered))]) {
            const messages = state.items.filter((item) => item.kind === 'message');
            expect(Object.fromEntries(messages.map((item) => [item.messageId, item.text]))).toEqual(
              Object.fromEntries(answers.map((pieces, index) => [`r${index}`, pieces.join('')])),
            );
            expect(messages).toHaveLength(answers.length);
          }
        },
      ),
    );
  });

  it('keeps its books: unique ids, open calls are those without an end, pending are those unresolved', () => {
    fc.assert(
      fc.property(log, (events) => {
        const state = play(events);
        const ids = state.items.map((item) => item.id);
        expect(new Set(ids).size).toBe(ids.length);
        const open = [...state.tools.values()].filter((tool) => tool.endedAt === undefined);
        expect(new Set(state.openTools)).toEqual(new Set(open));
        const unresolved = [...state.approvals.values()].filter((each) => !each.resolution);
        expect([...state.pending].toSorted()).toEqual(
          unresolved.map((each) => each.requestId).toSorted(),
        );
        const live = state.items.filter((item) => item.kind === 'message' && item.live);
        for (const item of live) {
          expect(item === state.open || [...state.growing.values()].includes(item as never)).toBe(
            true,
          );
        }
        if (!state.interleaved) expect(live.length).toBeLessThanOrEqual(1);
        if (state.turn === 'idle') expect([live.length, state.interleaved]).toEqual([0, false]);
        if (state.turn === 'idle' && state.pending.size === 0) expect(state.activity).toBe('');
      }),
      { numRuns: 500 },
    );
  });
});
