import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coalesce } from '../../../src/core/log/coalesce.ts';
import type { NumberedEvent, SessionEvent } from '../../../src/core/session/event.ts';
import { applyEvent, noChange } from '../../../src/core/session/reduce.ts';
import { emptyTranscript } from '../../../src/core/session/transcript.ts';

const id = fc.option(fc.constantFrom('m1', 'm2'), { nil: undefined });
const role = fc.constantFrom('user' as const, 'assistant' as const, 'thought' as const);
const piece = fc.constantFrom('a', 'bc ', '\n', '| x |', '😀');

const chunk: fc.Arbitrary<SessionEvent> = fc.record({
  type: fc.constant('chunk' as const),
  role,
  content: fc.oneof(
    { weight: 9, arbitrary: piece.map((text) => ({ type: 'text' as const, text })) },
    fc.constant({ type: 'image' as const, data: 'AA==', mimeType: 'image/png' }),
    fc.constant({ type: 'text' as const, text: 'noted', annotations: { priority: 1 } }),
  ),
  messageId: id,
  key: fc.option(fc.constantFrom('k1', 'k2'), { nil: undefined, freq: 9 }),
});

const other: fc.Arbitrary<SessionEvent> = fc.constantFrom<SessionEvent[]>(
  { type: 'turn', state: 'running' },
  { type: 'turn', state: 'idle', stopReason: 'end_turn' },
  { type: 'tool', call: { toolCallId: 't', title: 'Read', status: 'in_progress' } },
  { type: 'finished', messageId: 'm1' },
  { type: 'retract', messageId: 'm2' },
  { type: 'usage', used: 1, size: 2 },
  { type: 'commands', commands: [] },
  { type: 'permission', id: 'r0', tool: { toolCallId: 't' }, options: [] },
  { type: 'error', error: { code: 'x', message: 'y', retryable: false } },
);

/** Answers to several requests of one turn, side by side. */
const interleaved: fc.Arbitrary<SessionEvent[]> = fc
  .array(fc.tuple(fc.constantFrom('m1', 'm2', 'm3'), fc.array(piece, { maxLength: 4 })), {
    maxLength: 8,
  })
  .map((runs) => [
    { type: 'turn', state: 'running' },
    ...runs.flatMap(([messageId, pieces]) =>
      pieces.map((text): SessionEvent => ({
        type: 'chunk',
        role: 'assistant',
        content: { type: 'text', text },
        messageId,
      })),
    ),
  ]);

/** Runs of pieces with something in between now and then, and numbers that may already stand for several. */
const log = fc
  .array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: chunk.chain((each) => fc.array(fc.constant(each), { maxLength: 6 })),
      },
      { weight: 3, arbitrary: fc.array(chunk, { maxLength: 4 }) },
      { weight: 3, arbitrary: interleaved },
      other.map((each) => [each]),
    ),
    { maxLength: 20 },
  )
  .chain((runs) => {
    const events = runs.flat();
    return fc
      .array(fc.integer({ min: 1, max: 3 }), {
        minLength: events.length,
        maxLength: events.length,
      })
      .map((steps) => {
        let n = 0;
        return events.map((event, index): NumberedEvent => {
          n += steps[index]!;
          return { n, at: 1_000 + n, event };
        });
      });
  });

/** What a reader sees: everything but the counters of changes. */
function read(events: readonly NumberedEvent[]): unknown {
  const transcript = emptyTranscript();
  for (const each of events) applyEvent(transcript, structuredClone(each), noChange());
  return JSON.parse(
    JSON.stringify(
      {
        ...transcript,
        tools: [...transcript.tools.values()],
        growing: [...transcript.growing],
        approvals: [],
        openTools: [],
      },
      (key, value: unknown) =>
        key === 'rev' ? undefined : value instanceof Set ? [...value] : value,
    ),
  );
}

const of = (n: number, messageId: string): NumberedEvent => ({
  n,
  at: n,
  event: { type: 'chunk', role: 'assistant', content: { type: 'text', text: 'x' }, messageId },
});

describe('coalescing', () => {
  it('[R21][R30] changes nothing that a reader sees', () => {
    fc.assert(
      fc.property(log, (events) => {
        expect(read(coalesce(events))).toEqual(read(events));
      }),
      { numRuns: 300 },
    );
  });

  it('[R21] may be done to any part of a log, and again', () => {
    fc.assert(
      fc.property(log, fc.nat(), (events, at) => {
        const cut = events.length === 0 ? 0 : at % events.length;
        const parts = [...coalesce(events.slice(0, cut)), ...coalesce(events.slice(cut))];
        expect(read(coalesce(parts))).toEqual(read(events));
        const once = coalesce(events);
        expect(coalesce(once)).toEqual(once);
      }),
    );
  });

  it('a stream becomes two pieces: the first, which names the message, and the rest', () => {
    const events = Array.from({ length: 1_000 }, (_, index): NumberedEvent => ({
      n: index + 1,
      at: index,
      event: { type: 'chunk', role: 'assistant', content: { type: 'text', text: 'token ' } },
    }));
    const result = coalesce(events);
    expect(result.map(({ n }) => n)).toEqual([1, 1_000]);
    expect(events).toHaveLength(1_000);
  });

  it('pieces stay small enough to be applied one by one', () => {
    const events = Array.from({ length: 100 }, (_, index): NumberedEvent => ({
      n: index + 1,
      at: index,
      event: {
        type: 'chunk',
        role: 'assistant',
        content: { type: 'text', text: 'x'.repeat(1_000) },
      },
    }));
    const sizes = coalesce(events).map(({ event }) =>
      event.type === 'chunk' && event.content.type === 'text' ? event.content.text.length : 0,
    );
    expect(Math.max(...sizes)).toBeLessThanOrEqual(32 * 1024);
    expect(sizes.length).toBeLessThan(10);
  });

  it('negative control: joining what belongs to different messages would be seen', () => {
    const wrong = [of(1, 'm1'), { ...of(3, 'm1') }];
    expect(read(wrong)).not.toEqual(read([of(1, 'm1'), of(2, 'm2'), of(3, 'm1')]));
    expect(coalesce([of(1, 'm1'), of(2, 'm2'), of(3, 'm1')])).toHaveLength(3);
  });
});
