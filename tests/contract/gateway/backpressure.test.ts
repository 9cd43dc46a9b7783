import { describe, expect, test } from 'vitest';
import { memoryJournal } from '../../../src/gateway/journal/memory.ts';
import { silentLogger } from '../../../src/gateway/logger.ts';
import { attach, createSession, eventually, gateway } from './support.ts';

const MEGABYTE = 1_000_000;
const flood = (megabytes: number): string =>
  Array.from({ length: megabytes }, () => `BIG ${MEGABYTE}`).join(' ; ');
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('a page that does not read', () => {
  test('[R16] [R21] holds nobody up, and gets everything once it reads again', async () => {
    const to = await gateway(
      { scripted: [] },
      { openJournal: () => Promise.resolve(memoryJournal({ maxBytes: 1e9 })) },
    );
    const { id } = await createSession(to);
    const quick = await attach(to, id);
    const slow = await attach(to, id);
    slow.socket.pause();
    expect(await quick.turn(flood(40))).toBe('end_turn');
    expect(quick.text.length).toBe(40 * MEGABYTE);
    const before = slow.messages.length;
    expect(before).toBeLessThan(quick.messages.length);

    slow.socket.resume();
    await slow.until(() => slow.messages.length === quick.messages.length);
    expect(slow.numbers).toEqual(range(1, quick.messages.length));
    expect(slow.text === quick.text).toBe(true);
  });

  test('[R30] is closed with 4429 after a while, and goes on where it stood', async () => {
    const events: string[] = [];
    const to = await gateway(
      { scripted: [] },
      {
        openJournal: () => Promise.resolve(memoryJournal({ maxBytes: 1e9 })),
        timings: { stuckMs: 400, sweepEveryMs: 100 },
        logger: { ...silentLogger, info: (event) => events.push(event) },
      },
    );
    const { id } = await createSession(to);
    const quick = await attach(to, id);
    const slow = await attach(to, id);
    const { epoch } = slow.attached!;
    slow.socket.pause();
    await quick.turn(flood(40));
    // The gateway gives up on it while it sleeps; it finds out when it wakes.
    await eventually(() => events.includes('socket.closed'));
    slow.socket.resume();
    await slow.closing();
    const since = slow.numbers.at(-1) ?? 0;
    expect(since).toBeLessThan(quick.numbers.at(-1)!);

    const again = await attach(to, id, { since, epoch });
    expect(again.attached!.mode).toBe('resume');
    await again.until(() => again.numbers.at(-1) === quick.numbers.at(-1));
    expect([...slow.numbers, ...again.numbers]).toEqual(range(1, quick.numbers.at(-1)!));
    expect(quick.closed).toBeUndefined();
  });

  test('[R21] [R30] whose backlog was trimmed meanwhile is told so, and sees the gap', async () => {
    const to = await gateway(
      { scripted: [] },
      {
        openJournal: () => Promise.resolve(memoryJournal({ maxBytes: 5 * MEGABYTE })),
        timings: { closeGraceMs: 60_000 },
      },
    );
    const { id } = await createSession(to);
    const quick = await attach(to, id);
    const slow = await attach(to, id);
    const { epoch } = slow.attached!;
    slow.socket.pause();
    await quick.turn(flood(40).replaceAll(' ; ', ' ; SLEEP 3 ; '));
    slow.socket.resume();
    expect((await slow.closing()).code).toBe(4429);
    expect(slow.frames.at(-1)).toMatchObject({ t: 'error', error: { code: 'too_slow' } });
    const since = slow.numbers.at(-1)!;
    expect(slow.numbers).toEqual(range(1, since));

    const again = await attach(to, id, { since, epoch });
    expect(again.attached!.mode).toBe('gap');
    await again.until(() => again.numbers.at(-1) === quick.numbers.at(-1));
    expect(again.numbers[0]).toBeGreaterThan(since + 1);
  });
});
