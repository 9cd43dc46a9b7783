import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { GatewayProcess } from '../../support/gateway-process.ts';
import type { Outcome, Scenario } from '../lib/scenario.ts';
import { figure, quantile } from '../lib/stats.ts';
import { Reader } from './reader.ts';
import { turn } from './throughput.ts';

const ATTACHER = fileURLToPath(new URL('attacher.mjs', import.meta.url));
const FEW = 20;

/** A page that comes late to a long turn, while another session goes on. */
export const attach: Scenario = {
  name: 'gateway-attach',
  title: 'attach with 100,000 events behind, and another session’s events meanwhile',
  share: 60,
  async run({ quick, runs, say }) {
    const behind = quick ? 5_000 : 100_000;
    const gateway = await GatewayProcess.start();
    const late = new LatePage(gateway);
    try {
      const [long, short, live] = [
        await gateway.createSession('long'),
        await gateway.createSession('short'),
        await gateway.createSession('live'),
      ];
      const writer = await Reader.attach(gateway, long.id);
      // A turn that has not ended is not compacted: every event is read on its own.
      writer.prompt('behind', `STREAM ${behind} ; HANG`);
      await writer.until(() => writer.entries > behind);
      const few = await Reader.attach(gateway, short.id);
      await turn(few, 'few', `STREAM ${FEW}`);

      const talker = await Reader.attach(gateway, live.id);
      const latencies: number[] = [];
      talker.onFrame = (frame) => {
        const at = /"at":(\d+)/.exec(frame.toString('latin1', 0, 64))?.[1];
        if (at) latencies.push(Date.now() - Number(at));
      };
      talker.prompt('live', 'STREAM 1000000 2');
      await late.attach(short.id, FEW);

      const [first, firstOfFew, all, quiet, during]: number[][] = [[], [], [], [], []];
      for (let run = 0; run < runs * 3; run++) {
        latencies.length = 0;
        const heard = talker.entries;
        await talker.until(() => talker.entries > heard + 200);
        quiet!.push(quantile(latencies.splice(0), 0.99));
        firstOfFew!.push((await late.attach(short.id, FEW)).first);
        latencies.length = 0;
        const times = await late.attach(long.id, behind);
        during!.push(quantile(latencies.splice(0), 0.99));
        first!.push(times.first);
        all!.push(times.all);
      }
      for (const reader of [writer, few, talker]) reader.close();
      say(`${runs * 3} attaches`);
      const [long0, short0] = [figure('ms', first!), figure('ms', firstOfFew!)];
      const figures: Outcome['figures'] = {
        [`${behind} behind`]: {
          'first entry': long0,
          'all of it': figure('ms', all!),
          'other session, p99': figure('ms', during!),
        },
        [`${FEW} behind`]: { 'first entry': short0 },
        'nobody attaches': { 'other session, p99': figure('ms', quiet!) },
      };
      return {
        figures,
        aims: [
          { what: 'first entry with 100,000 behind', value: long0.median, limit: 50, unit: 'ms' },
        ],
      };
    } finally {
      await late.close();
      await gateway.dispose();
    }
  },
};

/** Attaches from a thread of its own. */
class LatePage {
  readonly #worker = new Worker(ATTACHER);

  constructor(private readonly gateway: GatewayProcess) {}

  /** Times in ms from the dial on. */
  attach(id: string, entries: number): Promise<{ first: number; all: number }> {
    const { origin, token } = this.gateway;
    const url = `${origin.replace('http', 'ws')}/v1/sessions/${id}/ws`;
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker.postMessage({ url, token, entries });
    return new Promise((resolve, reject) =>
      this.#worker.once('message', (answer: { first: number; all: number; error?: string }) =>
        answer.error === undefined ? resolve(answer) : reject(new Error(answer.error)),
      ),
    );
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
