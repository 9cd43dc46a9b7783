import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Filter, Wire } from '../../support/tcp-proxy.ts';
import type { Context, Outcome, Scenario } from '../lib/scenario.ts';
import { failuresOf, figuresOf, isSocket, onStage, type Stage } from '../lib/stage.ts';
import { sleep } from '../lib/wait.ts';

/** R20, and the bound on how often a session that never holds comes back. */
const MAX_IN_100_MS = 3;
const MAX_A_MINUTE = 10;
const UPTIME_MS = 1_000;

export const dials: Scenario = {
  name: 'dials',
  title:
    '[R8, R9, R20] ten that drop together come back staggered, and one that never holds comes back rarely',
  browser: true,

  async run({ options, say }: Context): Promise<Outcome> {
    const failures: string[] = [];
    return onStage({ sessions: options.sessions }, async (stage) => {
      await stage.open();
      const lateness = monitorEventLoopDelay({ resolution: 5 });
      lateness.enable();
      const sockets = (): Wire[] => stage.network.wires.filter(isSocket);

      for (let drop = 0; drop < options.drops; drop++) {
        stage.network.cut(isSocket);
        await stage.connected();
        // Now and then a connection proves itself, so that the back-off begins anew.
        await sleep(drop % 2 === 0 ? 200 : 5_500);
      }
      const together = busiest(sockets(), 100);
      const inPage = busiest(await stage.page.dials(), 100);
      const late = lateness.max / 1e6;
      // The page's own count decides: on a busy machine the proxy may be late in accepting what came apart.
      if (inPage > MAX_IN_100_MS) failures.push(`${inPage} dials in 100 ms`);

      const before = sockets().length;
      let worst = 0;
      if (options.minutes > 0) {
        stage.network.filter = (wire) => (isSocket(wire) ? short(stage, wire) : undefined);
        stage.network.cut(isSocket);
        for (let minute = 0; minute < options.minutes; minute++) {
          await sleep(60_000);
          say(`${minute + 1} minutes of sockets that hold for ${UPTIME_MS} ms`);
        }
        const since = sockets().slice(before);
        for (const { id } of stage.sessions)
          worst = Math.max(
            worst,
            busiest(
              since.filter(({ path }) => path.includes(id)),
              60_000,
            ),
          );
        if (worst > MAX_A_MINUTE) failures.push(`${worst} reconnects of one session in a minute`);
        const again = busiest(await stage.page.dials(), 100);
        if (again > MAX_IN_100_MS) failures.push(`${again} dials in 100 ms`);
        stage.network.filter = undefined;
        stage.network.cut(isSocket);
        await stage.connected(90_000);
      }
      const verdict = await stage.judge(true);
      return {
        figures: {
          drops: options.drops * options.sessions,
          'most dials in 100 ms, in the page': inPage,
          'at the network': together,
          'which was late by up to, ms': Math.round(late),
          'minutes at 1 s uptime': options.minutes,
          'most reconnects of a session in a minute': worst,
          ...figuresOf(verdict),
        },
        failures: [...failures, ...failuresOf(verdict)],
      };
    });
  },
};

/** Breaks the connection a second after it was acknowledged. */
function short(stage: Stage, wire: Wire): Filter {
  let attached = false;
  return (way, bytes) => {
    if (way === 'down' && !attached && bytes.includes('"t":"attached"')) {
      attached = true;
      setTimeout(() => stage.network.cut((other) => other === wire), UPTIME_MS);
    }
    return { forward: [bytes] };
  };
}

/** The most that any stretch of this length holds, ms. */
function busiest(wires: readonly { acceptedAt: number }[], length: number): number {
  const times = wires.map(({ acceptedAt }) => acceptedAt).toSorted((a, b) => a - b);
  let most = 0;
  for (let from = 0, to = 0; to < times.length; to++) {
    while (times[to]! - times[from]! >= length) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}
