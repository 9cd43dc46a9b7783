import { effect } from '@preact/signals-core';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../../src/core/session/event.ts';
import { previewIn } from '../../../src/core/session/messages.ts';
import { applyEvent, noChange } from '../../../src/core/session/reduce.ts';
import { emptyTranscript } from '../../../src/core/session/transcript.ts';
import { text, turn } from '../client/kit.ts';
import { makeParts, permission, type Parts } from './kit.ts';

let parts: Parts;
beforeEach(() => (parts = makeParts()));
afterEach(() => parts.dispose());

const many = (count: number): SessionEvent[] => Array.from({ length: count }, () => text('x'));

describe('from events to signals', () => {
  it('wakes a reader at most once a frame, however many events came', () => {
    parts.live('a');
    parts.frames.drawAll();
    let structure = 0;
    const touched: string[][] = [];
    const stop = [
      effect(() => {
        void parts.state.record('a')!.structure.value;
        structure++;
      }),
      effect(() => void touched.push([...parts.state.record('a')!.touched.value])),
    ];
    parts.say('a', turn('running'), ...many(50));
    parts.frames.draw();
    parts.say('a', ...many(50));
    parts.frames.draw();
    for (const each of stop) each();
    expect(structure).toBe(2);
    expect(touched.slice(1)).toEqual([['m:2'], ['m:2']]);
  });

  it('a row’s last line is shown now and then while a session speaks, and its last state always', () => {
    parts.live('a');
    parts.frames.drawAll();
    parts.say('a', turn('running'), text('one '));
    parts.frames.draw();
    const shown: string[] = [];
    const stop = effect(() => void shown.push(parts.state.record('a')!.preview.value));
    for (let n = 0; n < 100; n++) {
      parts.say('a', text(`word${n} `));
      parts.frames.draw();
    }
    // A hundred frames of 16 ms, one line in 333 ms.
    expect(shown.length).toBeGreaterThan(3);
    expect(shown.length).toBeLessThan(8);
    parts.frames.drawAll();
    expect(shown.at(-1)).toMatch(/word99$/);
    expect(parts.frames.waiting).toBe(false);
    stop();
  });

  it('a fast agent never freezes the page: a frame ends when its time is up', () => {
    parts.live('a');
    parts.frames.drawAll();
    parts.frames.costOfLooking = 1;
    parts.say('a', ...many(10_000));
    parts.frames.draw();
    const after = parts.state.record('a')!.transcript().lastN;
    expect(after).toBeGreaterThan(0);
    expect(after).toBeLessThan(2_000);
    parts.frames.drawAll();
    expect(parts.state.record('a')!.transcript().lastN).toBe(10_000);
  });

  it('the viewed session comes first, and starves nobody', () => {
    for (const id of ['a', 'b', 'viewed']) parts.live(id);
    parts.sessions.view('viewed');
    parts.frames.drawAll();
    parts.frames.costOfLooking = 1;
    for (const id of ['a', 'b', 'viewed']) parts.say(id, ...many(5_000));
    // It has just grown, so the first of these frames passes.
    parts.frames.draw();
    parts.frames.draw();
    const [a, b, viewed] = ['a', 'b', 'viewed'].map(
      (id) => parts.state.record(id)!.transcript().lastN,
    ) as [number, number, number];
    expect(viewed).toBeGreaterThan(a);
    expect(Math.min(a, b)).toBeGreaterThan(0);
  });

  it.each([
    ['where frames are cheap', 1, 5, 100, 100],
    // 16 ms each, and 6 more with a drawing: one in 54 ms.
    ['where frames are dear', 6, 5, 30, 40],
    // Never more than half of the time, whatever else it would be.
    ['where frames are very dear', 60, 20, 20, 50],
    ['slowly, however dear frames are', 6, 1, 100, 100],
  ])('the viewed conversation grows %s as often as it should', (_, cost, tokens, least, most) => {
    parts.live('viewed');
    parts.sessions.view('viewed');
    parts.frames.drawAll();
    parts.frames.costOfDrawing = cost;
    let grown = 0;
    const stop = effect(() => {
      void parts.state.record('viewed')!.touched.value;
      grown++;
    });
    const stream = (frames: number): number => {
      const before = grown;
      for (let n = 0; n < frames; n++) {
        parts.say('viewed', ...Array.from({ length: tokens }, () => text('more ')));
        parts.frames.draw();
      }
      return grown - before;
    };
    parts.say('viewed', turn('running'));
    stream(100);
    const often = stream(100);
    expect(often).toBeGreaterThanOrEqual(least);
    expect(often).toBeLessThanOrEqual(most);
    // After a pause it is drawn at once, whatever came before.
    parts.frames.drawAll();
    for (let n = 0; n < 4; n++) parts.frames.draw();
    const before = grown;
    parts.say('viewed', text('late'));
    parts.frames.draw();
    expect(grown).toBe(before + 1);
    stop();
  });

  it('[R30] an inbox is bounded: beyond that it is emptied whatever it costs', () => {
    parts.live('a');
    parts.frames.drawAll();
    parts.frames.costOfLooking = 100;
    parts.host.events(
      'a',
      many(60_000).map((event, index) => ({ n: index + 1, at: 0, event })),
    );
    parts.frames.draw();
    expect(parts.state.entry('a')!.waiting).toBeLessThanOrEqual(50_000);
  });
});

/** Events whose ids collide between sessions on purpose; only the text says whose they are. */
function script(session: string, picks: readonly number[]): SessionEvent[] {
  return picks.map((pick, index): SessionEvent => {
    switch (pick % 8) {
      case 0:
        return turn('running');
      case 1:
        return turn('idle');
      case 2:
        return { type: 'tool', call: { toolCallId: 't1', title: `${session}:${index}` } };
      case 3:
        return permission('r0');
      case 4:
        return { type: 'resolved', id: 'r0', outcome: 'selected', optionId: session };
      case 5:
        return text(`${session};`, { role: 'user', key: 'k1' });
      default:
        return text(`${session};`, { messageId: `m${pick % 2}` });
    }
  });
}

describe('isolation', () => {
  const IDS = Array.from({ length: 10 }, (_, index) => `s${index}`);
  const scripts = fc.array(fc.array(fc.nat(15), { maxLength: 25 }), {
    minLength: 10,
    maxLength: 10,
  });
  /** Which session speaks next, and what the reader does in between. */
  const steps = fc.array(
    fc.record({ who: fc.nat(9), does: fc.constantFrom('say', 'say', 'say', 'view', 'draw') }),
    { maxLength: 300 },
  );

  it('[R50][R52][R53] ten sessions, colliding ids, any interleaving and switching: zero leaks', () => {
    fc.assert(
      fc.property(scripts, steps, fc.integer({ min: 0, max: 3 }), (picks, order, cost) => {
        const run = makeParts();
        run.frames.costOfLooking = cost;
        for (const id of IDS) run.live(id);
        const logs = IDS.map((id, index) => script(id, picks[index]!));
        const said = IDS.map(() => 0);
        const sayNext = (who: number): void => {
          const event = logs[who]![said[who]!];
          if (!event) return;
          said[who]!++;
          run.say(IDS[who]!, event);
        };
        for (const { who, does } of order) {
          if (does === 'say') sayNext(who);
          else if (does === 'view') run.sessions.view(IDS[who]);
          else run.frames.draw();
        }
        IDS.forEach((_, who) => logs[who]!.forEach(() => sayNext(who)));
        run.frames.drawAll();

        IDS.forEach((id, who) => {
          // Alone, each session must look exactly as it does among the others.
          const alone = emptyTranscript();
          logs[who]!.forEach((event, index) =>
            applyEvent(alone, { n: index + 1, at: 1_000_000, event }, noChange()),
          );
          const record = run.state.record(id)!;
          for (const each of [record.transcript(), alone]) previewIn(each);
          expect(record.transcript()).toEqual(alone);
          expect(record.turn.value.state).toBe(alone.turn);
          const foreign = IDS.filter((other) => other !== id).map((other) => `${other};`);
          const texts = record
            .transcript()
            .items.map((item) => (item.kind === 'message' ? item.text : ''))
            .join('');
          expect(foreign.filter((other) => texts.includes(other))).toEqual([]);
        });
        run.dispose();
      }),
      { numRuns: 60 },
    );
  });

  it('[R53] negative control: an event that goes to the viewed session instead is found', () => {
    parts.live('a');
    parts.live('b');
    parts.sessions.view('b');
    parts.say(parts.state.activeSessionId.peek()!, text('a;'));
    parts.frames.drawAll();
    expect(parts.state.record('b')!.transcript().items).toMatchObject([{ text: 'a;' }]);
  });
});
