import { describe, expect, it } from 'vitest';
import { ApertureClient } from '../../../src/app/client/aperture-client.ts';
import { RetryBudget } from '../../../src/app/client/retry-budget.ts';
import { fullJitter } from '../../../src/core/retry/policy.ts';
import { ManualClock, ManualEnvironment, placeAt, RecordingHost, ScriptedProtocol } from './kit.ts';

describe('retry budget', () => {
  it.each([0, 0.01, 0.5])(
    '[R8] a connection that holds for a second is dialled at most ten times in any minute (random %d)',
    async (random) => {
      const clock = new ManualClock();
      const protocol = new ScriptedProtocol();
      const dials: number[] = [];
      protocol.onOpen = (link) => {
        dials.push(clock.now());
        link.attach();
        clock.after(1_000, () => link.drop());
      };
      const client = new ApertureClient({
        host: new RecordingHost(),
        place: placeAt('http://127.0.0.1:1', protocol),
        check: () => Promise.resolve({ status: 'there' }),
        environment: new ManualEnvironment(),
        client: 'tab-test',
        clock,
        random: () => random,
      });
      client.connectSession('a').catch(() => {});
      await clock.advance(300_000);
      client.dispose();
      // The first was no retry.
      const retries = dials.slice(1);
      expect(retries.length).toBeGreaterThan(10);
      for (const at of retries)
        expect(retries.filter((other) => other >= at && other < at + 60_000).length).toBeLessThan(
          11,
        );
    },
  );

  it('negative control: full jitter alone allows more', () => {
    const policy = fullJitter();
    let elapsed = 0;
    let dials = 0;
    while (elapsed < 60_000) elapsed += 1_000 + policy.delay(++dials, 0.01)!;
    expect(dials).toBeGreaterThan(10);
  });

  it('does not wait for hours because a clock was set back', () => {
    const budget = new RetryBudget();
    for (let i = 0; i < 10; i++) budget.spend(100_000_000 + i);
    expect(budget.wait(100_000_020)).toBeGreaterThan(59_000);
    expect(budget.wait(1_000_000)).toBe(0);
  });
});
