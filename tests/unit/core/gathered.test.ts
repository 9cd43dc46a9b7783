import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { GatheredContent, MAX_GATHERED, textPart } from '../../../src/core/updates/gathered.ts';

/** Its clock is turned by hand. */
function gathered() {
  const told: [id: string, content: JsonObject[]][] = [];
  const timers = new Set<{ run: () => void; ms: number }>();
  const content = new GatheredContent(
    (run, ms) => {
      const timer = { run, ms };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    (id, parts) => void told.push([id, parts]),
  );
  const tick = (): void => {
    for (const timer of timers) {
      timers.delete(timer);
      timer.run();
    }
  };
  return { content, told, timers, tick };
}

const length = (parts: JsonObject[]): number => JSON.stringify(parts).length;

describe('content of tool calls in chunks', () => {
  it('is told whole, texts joined, and once for all chunks of a moment', () => {
    const { content, told, tick, timers } = gathered();
    content.add('t', textPart('a'));
    content.add('t', textPart('b'));
    content.add('t', { type: 'terminal', terminalId: 'x' });
    content.add('t', textPart('c'));
    expect(told).toEqual([]);
    tick();
    const all = [textPart('ab'), { type: 'terminal', terminalId: 'x' }, textPart('c')];
    expect(told).toEqual([['t', all]]);
    tick();
    content.flush();
    expect(told).toHaveLength(1);
    expect(timers.size).toBe(0);
  });

  it('goes on from what the agent told whole, before or between', () => {
    const { content, told } = gathered();
    content.set('t', [textPart('a')]);
    content.add('t', textPart('b'));
    content.flush('t');
    content.set('t', [textPart('new')]);
    content.add('t', textPart('er'));
    content.flush('t');
    expect(told).toEqual([
      ['t', [textPart('ab')]],
      ['t', [textPart('newer')]],
    ]);
  });

  it('[R30] keeps the newest, says how much it dropped, and is told more rarely the more there is', () => {
    const { content, told, timers } = gathered();
    content.add('t', textPart('x'));
    expect([...timers][0]!.ms).toBeLessThan(200);
    content.flush();
    for (let i = 0; i < 200; i++) content.add('t', textPart(`${i}:`.padEnd(4_096, '.')));
    content.flush();
    const [, parts] = told.at(-1)!;
    expect(length(parts)).toBeLessThan(MAX_GATHERED * 1.1);
    expect(JSON.stringify(parts)).toMatch(/the first [\d,]+ characters are not kept.*199:/s);
    content.add('t', textPart('y'));
    expect([...timers][0]!.ms).toBeGreaterThan(1_000);
    content.forget();
    expect(timers.size).toBe(0);
  });

  it('[R30] follows so many calls; the oldest is told and let go', () => {
    const { content, told, timers } = gathered();
    for (let i = 0; i < 70; i++) content.add(`t${i}`, textPart('a'));
    expect(told.map(([id]) => id)).toEqual(['t0', 't1', 't2', 't3', 't4', 't5']);
    expect(timers.size).toBe(64);
  });
});
