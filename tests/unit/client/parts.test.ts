import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIAL_SPACING_MS, DialQueue } from '../../../src/app/client/dial-queue.ts';
import { Heartbeat } from '../../../src/app/client/heartbeat.ts';
import { pickYielding } from '../../../src/app/client/limit.ts';
import { LogReader } from '../../../src/app/client/log-reader.ts';
import { WakeDetector } from '../../../src/app/client/wake.ts';
import { ManualClock, summary, text } from './kit.ts';

function beat(visible: boolean) {
  const clock = new ManualClock();
  const seen = { pings: [] as number[], dead: 0, roundTrips: [] as number[] };
  const heartbeat = new Heartbeat({
    clock,
    visible: () => visible,
    ping: (token) => seen.pings.push(token),
    dead: () => seen.dead++,
    roundTrip: (ms) => seen.roundTrips.push(ms),
  });
  return { clock, seen, heartbeat };
}
const told = (more: object) => ({
  epoch: 'e',
  mode: 'resume' as const,
  low: 1,
  head: 0,
  session: summary('s'),
  ...more,
});
const at = (n: number, from = n) => ({ from, n, at: 0, event: text(`${n}`) });
const numbers = (taken: readonly { n: number }[] | 'again') =>
  taken === 'again' ? taken : taken.map(({ n }) => n);

describe('dial queue', () => {
  it('[R20] no 100 ms hold more than three dials, however many drop together', async () => {
    const clock = new ManualClock();
    const queue = new DialQueue(clock);
    const dials: number[] = [];
    for (let session = 0; session < 10; session++) {
      queue.enter(() => dials.push(clock.now()), new AbortController().signal);
    }
    await clock.advance(1_000);
    expect(dials).toHaveLength(10);
    for (const start of dials) {
      expect(dials.filter((at) => at >= start && at <= start + 100).length).toBeLessThanOrEqual(3);
    }
  });

  it('[R12] an aborted dial gives up its place, and the others move up', async () => {
    const clock = new ManualClock();
    const queue = new DialQueue(clock);
    const dialled: string[] = [];
    const aborted = new AbortController();
    queue.enter(() => dialled.push('a'), new AbortController().signal);
    queue.enter(() => dialled.push('b'), aborted.signal);
    queue.enter(() => dialled.push('c'), new AbortController().signal);
    aborted.abort();
    await clock.advance(DIAL_SPACING_MS + 5);
    expect(dialled).toEqual(['a', 'c']);
  });

  it('the session that is looked at goes first; a clock that was set back holds nobody up', async () => {
    const clock = new ManualClock();
    const queue = new DialQueue(clock);
    const dialled: string[] = [];
    const enter = (name: string, urgent = false): void =>
      queue.enter(() => dialled.push(name), new AbortController().signal, urgent);
    enter('a');
    clock.jump = -86_400_000;
    enter('b');
    enter('viewed', true);
    await clock.advance(100);
    expect(dialled).toEqual(['a', 'viewed', 'b']);
  });
});

describe('limit', () => {
  const idle = { viewed: false, busy: false };

  it('[R4] the one that was idle longest yields, whatever its place', () => {
    const live = [
      { id: 'first', lastActivity: 5, hints: idle },
      { id: 'oldest', lastActivity: 1, hints: idle },
      { id: 'last', lastActivity: 9, hints: idle },
    ];
    expect(pickYielding(live, 3)).toBe('oldest');
  });

  it('[R4] never one that is viewed or busy; a clear error if none can', () => {
    const live = [
      { id: 'viewed', lastActivity: 1, hints: { viewed: true, busy: false } },
      { id: 'busy', lastActivity: 2, hints: { viewed: false, busy: true } },
    ];
    expect(pickYielding([...live, { id: 'idle', lastActivity: 99, hints: idle }], 3)).toBe('idle');
    expect(() => pickYielding(live, 2)).toThrow(
      expect.objectContaining({ code: 'connection_limit', message: expect.stringMatching(/stop/) }),
    );
  });
});

describe('heartbeat', () => {
  it.each([
    [true, 15_000],
    [false, 75_000],
  ])(
    '[R19] a half-open socket is found in time (visible: %s, within %d ms)',
    async (visible, ms) => {
      const { clock, seen } = beat(visible);
      await clock.advance(ms);
      expect(seen.dead).toBe(1);
    },
  );

  it('[R19] any frame counts as life, and only its own pong is a round trip', async () => {
    const { clock, seen, heartbeat } = beat(true);
    await clock.advance(10_000);
    await clock.advance(4_000);
    heartbeat.alive();
    await clock.advance(5_900);
    expect(seen.dead).toBe(0);
    expect(heartbeat.pong(999)).toBe(false);
    await clock.advance(200);
    heartbeat.pong(seen.pings.at(-1)!);
    expect(seen.roundTrips).toEqual([100]);
  });

  it('[R19] negative control: asking again and again does not put the deadline off', async () => {
    const { clock, seen, heartbeat } = beat(true);
    for (let second = 0; second < 6; second++) {
      heartbeat.probe();
      await clock.advance(1_000);
    }
    expect(seen.dead).toBe(1);
  });

  it('leaves no timer behind', () => {
    const { clock, heartbeat } = beat(true);
    heartbeat.probe();
    heartbeat.dispose();
    heartbeat.dispose();
    expect(clock.pending).toBe(0);
  });
});

describe('wake detector', () => {
  it.each([3_600_000, -3_600_000, 86_400_000, -86_400_000, 8 * 3_600_000])(
    '[R19] notices that the clock moved by %d ms beside the timers, once',
    async (jump) => {
      const clock = new ManualClock();
      const woke: number[] = [];
      const detector = new WakeDetector(
        clock,
        () => true,
        (ms) => woke.push(ms),
      );
      await clock.advance(60_000);
      expect(woke).toEqual([]);
      clock.jump = jump;
      await clock.advance(60_000);
      expect(woke).toHaveLength(1);
      detector.dispose();
      expect(clock.pending).toBe(0);
    },
  );

  it('[R19] a hidden page’s slow timers are not sleep', async () => {
    const clock = new ManualClock();
    const woke: number[] = [];
    const detector = new WakeDetector(
      clock,
      () => false,
      (ms) => woke.push(ms),
    );
    clock.jump = 60_000;
    await clock.advance(10_000);
    expect(woke).toEqual([]);
    detector.dispose();
  });
});

describe('log reader', () => {
  it('[R21] whatever is delivered twice or replayed from anywhere is taken once, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 100 }), (starts) => {
        const reader = new LogReader();
        reader.attached({ epoch: undefined, since: 0 }, told({ head: 50 }));
        const taken: number[] = [];
        for (const start of starts) {
          // A replay never begins beyond what was read, so there is no hole.
          const from = Math.min(start, reader.last) + 1;
          for (let n = from; n < from + 10; n++) {
            const result = reader.take(at(n));
            if (result !== 'again') taken.push(...result.map((event) => event.n));
          }
        }
        expect(taken).toEqual(Array.from({ length: taken.length }, (_, index) => index + 1));
      }),
    );
  });

  it('[R21] a hole is read again; if it is there again it is shown as a gap', () => {
    const reader = new LogReader();
    const asked = { epoch: 'e', since: 3 };
    reader.attached(asked, told({ head: 9 }));
    expect(numbers(reader.take(at(4)))).toEqual([4]);
    expect(reader.take(at(7))).toBe('again');
    reader.attached({ epoch: 'e', since: 4 }, told({ head: 9 }));
    const taken = reader.take(at(7));
    expect(taken).toEqual([
      { n: 6, at: 0, event: { type: 'gap', from: 5, to: 6 } },
      expect.objectContaining({ n: 7 }),
    ]);
  });

  it('[R21] entries that stand for several numbers fit, or the log is read from its start', () => {
    const reader = new LogReader();
    reader.attached({ epoch: 'e', since: 3 }, told({ head: 9 }));
    expect(numbers(reader.take(at(6, 4)))).toEqual([6]);
    expect(reader.take(at(8, 5))).toBe('again');
    expect(reader.resume({ epoch: 'e', since: 6 })).toEqual({ epoch: undefined, since: 0 });
    const info = reader.attached({ epoch: undefined, since: 0 }, told({ head: 9 }));
    expect(info).toMatchObject({ mode: 'full' });
    expect(numbers(reader.take(at(8, 1)))).toEqual([8]);
  });

  it('[R21] a log that is shorter than what we have of it is read from its start', () => {
    const reader = new LogReader();
    expect(reader.attached({ epoch: 'e', since: 9 }, told({ head: 4 }))).toBe('again');
    expect(reader.resume({ epoch: 'e', since: 9 }).since).toBe(0);
  });

  it('reading from the start is tried a few times, not for ever', () => {
    const reader = new LogReader();
    const tries = [1, 2, 3].map(() => reader.attached({ epoch: 'e', since: 9 }, told({ head: 4 })));
    expect(tries.map((each) => each === 'again')).toEqual([true, true, false]);
  });
});
