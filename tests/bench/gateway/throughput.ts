import { GatewayProcess } from '../../support/gateway-process.ts';
import type { Scenario } from '../lib/scenario.ts';
import { figure } from '../lib/stats.ts';
import { cpuSeconds } from './probe.ts';
import { Reader } from './reader.ts';

const SESSIONS = 10;
/** Events per second over all sessions. */
const WANTED = 20_000;

/** Ten agents that flood, ten sockets that read, the durable log between them. */
export const throughput: Scenario = {
  name: 'gateway-throughput',
  title: 'events per second over 10 sessions, real agents, durable log on',
  share: 60,
  async run({ quick, runs, say }) {
    const tokens = quick ? 2_000 : 20_000;
    const [rates, costs, sizes]: number[][] = [[], [], []];
    for (let run = 0; run < runs; run++) {
      const gateway = await GatewayProcess.start();
      try {
        const readers = await openAll(gateway);
        // The first prompt makes everything warm, and the agents ready.
        await floodAll(readers, 'warm', 500);
        const before = cpuSeconds(gateway.pid);
        const heard = readers.map((reader) => reader.entries);
        const start = performance.now();
        await floodAll(readers, 'hot', tokens);
        const seconds = (performance.now() - start) / 1_000;
        const total = readers.reduce((sum, reader, i) => sum + reader.entries - heard[i]!, 0);
        rates!.push(total / seconds);
        costs!.push(((cpuSeconds(gateway.pid) - before) * 1e6) / total);
        sizes!.push(readers[0]!.bytes / readers[0]!.entries);
        for (const reader of readers) reader.close();
        say(`run ${run + 1}: ${Math.round(rates!.at(-1)!)} events/s`);
      } finally {
        await gateway.dispose();
      }
    }
    const rate = figure('events/s', rates!);
    return {
      figures: {
        gateway: {
          throughput: rate,
          'processor time per event': figure('µs', costs!),
          'bytes per event at the socket': figure('bytes', sizes!),
        },
      },
      aims: [
        {
          what: `${WANTED} events/s ÷ what was reached`,
          value: WANTED / rate.median,
          limit: 1,
          unit: '×',
        },
      ],
    };
  },
};

export async function openAll(gateway: GatewayProcess, count = SESSIONS): Promise<Reader[]> {
  const readers: Reader[] = [];
  for (let i = 0; i < count; i++) {
    const { id } = await gateway.createSession(`bench ${i}`);
    readers.push(await Reader.attach(gateway, id));
  }
  return readers;
}

/** Every agent says that many tokens, as fast as it can; resolves when every reader has them all. */
export async function floodAll(
  readers: readonly Reader[],
  key: string,
  tokens: number,
): Promise<void> {
  await Promise.all(readers.map((reader) => turn(reader, key, `STREAM ${tokens}`)));
}

/** One turn, to its end. */
export async function turn(reader: Reader, key: string, text: string): Promise<void> {
  const idle = Buffer.from('"state":"idle"');
  const ours = Buffer.from(`"key":"${key}"`);
  let over = false;
  const before = reader.onFrame;
  reader.onFrame = (frame, at) => {
    before?.(frame, at);
    over ||= frame.byteLength < 1_000 && frame.includes(idle) && frame.includes(ours);
  };
  reader.prompt(key, text);
  await reader.until(() => over);
  reader.onFrame = before;
}
