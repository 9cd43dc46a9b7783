import { GatewayProcess } from '../../support/gateway-process.ts';
import type { Scenario } from '../lib/scenario.ts';
import { figure, median } from '../lib/stats.ts';
import { HeapProbe, rssMegabytes } from './probe.ts';
import { slope } from './slope.ts';
import { floodAll, openAll } from './throughput.ts';

type Sample = readonly [second: number, megabytes: number];

/** Ten agents that flood for a minute and more: what the gateway holds must not grow with what has passed through. */
export const memory: Scenario = {
  name: 'gateway-memory',
  title: 'memory of the gateway while 10 sessions flood',
  share: 60,
  async run({ quick, say }) {
    const seconds = quick ? 5 : 90;
    const gateway = await GatewayProcess.start({ env: { NODE_OPTIONS: '--inspect=127.0.0.1:0' } });
    try {
      const heap = await HeapProbe.open(gateway.output);
      const readers = await openAll(gateway);
      await floodAll(readers, 'warm', quick ? 500 : 5_000);
      const start = performance.now();
      const elapsed = (): number => (performance.now() - start) / 1_000;
      const rss: Sample[] = [];
      const held: Sample[] = [];
      const heard = readers.map((reader) => reader.entries);
      const flooding = (async () => {
        for (let round = 0; elapsed() < seconds; round++) {
          await floodAll(readers, `round-${round}`, 2_000);
        }
      })();
      while (elapsed() < seconds) {
        await new Promise((resolve) => setTimeout(resolve, quick ? 500 : 2_000));
        rss.push([elapsed(), rssMegabytes(gateway.pid)]);
        held.push([elapsed(), await heap.heldMegabytes()]);
      }
      await flooding;
      const took = elapsed();
      const events = readers.reduce((sum, reader, i) => sum + reader.entries - heard[i]!, 0);
      const passed = (readers[0]!.bytes / readers[0]!.entries) * (events / 1_048_576);
      heap.close();
      for (const reader of readers) reader.close();
      say(`${Math.round(events / 1_000)} thousand events in ${Math.round(took)} s`);
      // The first third is warming up: caches fill, and the collector finds its measure.
      const settled = (samples: readonly Sample[]): Sample[] =>
        samples.filter(([second]) => second > seconds / 3);
      const level = (samples: readonly Sample[]): number => median(samples.map(([, mb]) => mb));
      const growth = (samples: readonly Sample[]): number =>
        slope(settled(samples)) / (events / took / 1e6);
      return {
        figures: {
          gateway: {
            'passed through': figure('MB', [passed]),
            'rate meanwhile': figure('events/s', [events / took]),
            resident: figure('MB', [level(settled(rss))]),
            'resident, growth': figure('MB per million events', [growth(rss)]),
            'heap after collection': figure('MB', [level(settled(held))]),
            'heap, growth': figure('MB per million events', [growth(held)]),
          },
        },
        aims: [
          {
            what: 'heap that a million events leave behind',
            value: growth(held),
            limit: 5,
            unit: 'MB',
          },
          // A twentieth of what passes through: the allocator gives back what it likes, when it likes.
          {
            what: 'resident memory that a million events leave behind',
            value: growth(rss),
            limit: 13,
            unit: 'MB',
          },
        ],
      };
    } finally {
      await gateway.dispose();
    }
  },
};
