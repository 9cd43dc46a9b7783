import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LogEntry, LoggedMessage } from '../../../src/core/log/entry.ts';
import { applyEvent, noChange } from '../../../src/core/session/reduce.ts';
import { emptyTranscript, type Transcript } from '../../../src/core/session/transcript.ts';
import { translate } from '../../../src/core/session/translate.ts';
import { compact, cut } from '../../../src/gateway/journal/compact.ts';
import type { StoredEntry } from '../../../src/gateway/journal/port.ts';
import { packed } from '../../../src/gateway/journal/blocks.ts';
import {
  entriesOfStored,
  frameOf,
  parseStored,
  storedForm,
} from '../../../src/gateway/journal/stored.ts';

const update = (body: object): LoggedMessage => ({
  method: 'session/update',
  params: { sessionId: 's', update: body },
});

const text = fc.string({ unit: 'grapheme', minLength: 0, maxLength: 8 });
const id = fc.constantFrom(undefined, 'm1', 'm2');

const message = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.constantFrom('agent_message_chunk', 'agent_thought_chunk'), text, id)
      .map(([sessionUpdate, value, messageId]) =>
        update({
          sessionUpdate,
          content: { type: 'text', text: value },
          ...(messageId && { messageId }),
        }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      update({ sessionUpdate: 'tool_call', toolCallId: 't1', title: 'A tool' }),
      update({ sessionUpdate: 'state_update', state: 'running' }),
      update({ sessionUpdate: 'state_update', state: 'idle', stopReason: 'end_turn' }),
      update({
        sessionUpdate: 'agent_message_chunk',
        content: { type: 'text', text: 'a', annotations: {} },
      }),
      update({ sessionUpdate: 'agent_message_chunk', content: { type: 'image', data: '' } }),
    ),
  },
);

const log = fc
  .array(message, { maxLength: 60 })
  .map((messages) => messages.map((m, i): LogEntry => ({ n: i + 1, at: 1_000 + i, m })));

function read(entries: readonly LogEntry[], state: Transcript = emptyTranscript()): Transcript {
  for (const { n, at, m } of entries) {
    applyEvent(state, { n, at, event: translate(m) }, noChange());
  }
  return state;
}

/** All that a reader sees; `rev` only counts. */
const seen = ({ items, preview, activity, turn, countable }: Transcript): unknown => ({
  items: items.map((item) => ({ ...item, rev: 0 })),
  preview,
  activity,
  turn,
  countable,
});

test('[R21] a compacted log reads the same, from the beginning and from every number in it', () => {
  fc.assert(
    fc.property(log, fc.nat(), (entries, place) => {
      const since = entries.length === 0 ? 0 : place % (entries.length + 1);
      const expected = seen(read(entries));
      const rest = compact(entries)
        .filter(({ entry }) => entry.n > since)
        .map((compacted) => cut(compacted, since + 1));
      const state = read(entries.slice(0, since));
      expect(seen(read(rest, state))).toEqual(expected);
      // Numbers have no holes for whoever goes on from `since`.
      let next = since + 1;
      for (const entry of rest) {
        expect(entry.from ?? entry.n).toBe(next);
        next = entry.n + 1;
      }
      expect(next).toBe(entries.length + 1);
    }),
    { numRuns: 500 },
  );
});

test('[R21] what is stored can be read, cut and compacted again', () => {
  fc.assert(
    fc.property(log, (entries) => {
      const once = compact(entries);
      for (const compacted of once) {
        const value = storedForm(compacted);
        expect(parseStored(value)).toEqual([compacted.entry]);
        const { from, n } = { from: compacted.entry.n, ...compacted.entry };
        for (const wanted of [from, Math.floor((from + n) / 2), n]) {
          const [{ frame, ...place }] = entriesOfStored(n, value, wanted) as [StoredEntry];
          const { t, ...entry } = JSON.parse(frame.toString()) as LogEntry & { t: string };
          expect(t).toBe('m');
          expect(entry).toEqual(cut(compacted, wanted));
          expect({ from: entry.from, n: entry.n }).toEqual({ from: undefined, ...place });
        }
      }
      expect(compact(once.map(({ entry }) => entry)).every(({ lengths }) => !lengths)).toBe(true);
    }),
  );
});

test('a long answer becomes few entries, none of them huge', () => {
  const chunk = update({
    sessionUpdate: 'agent_message_chunk',
    content: { type: 'text', text: 'x'.repeat(100) },
  });
  const entries = Array.from({ length: 2_000 }, (_, i) => ({ n: i + 1, at: i, m: chunk }));
  const compacted = compact(entries);
  expect(compacted.length).toBeLessThan(10);
  // The first piece names the message, and stays.
  expect(compacted[0]!.entry).toEqual(entries[0]);
});

test('[R21] entries that are written together can be read from any of their numbers, and none joins a hole', () => {
  fc.assert(
    fc.property(log, fc.array(fc.nat(40), { maxLength: 4 }), fc.nat(40), (entries, holes, from) => {
      const framed = entries
        .filter(({ n }) => !holes.includes(n))
        .map((entry) => ({ n: entry.n, frame: frameOf(entry) }));
      const blocks = packed(framed);
      const read = blocks
        // A store looks for the first record that is not below the number.
        .filter(({ n }) => n >= from)
        .flatMap(({ n, value }) => entriesOfStored(n, value, from));
      expect(read).toEqual(framed.filter(({ n }) => n >= from));
      expect(blocks.flatMap(({ value }) => parseStored(value))).toEqual(
        entries.filter(({ n }) => !holes.includes(n)),
      );
    }),
  );
});
