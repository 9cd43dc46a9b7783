import { tagOf } from '../lib/oracle.ts';
import type { Context, Outcome, Scenario } from '../lib/scenario.ts';
import { failuresOf, figuresOf, isSocket, onStage, type Stage } from '../lib/stage.ts';
import { sleep, spread, until } from '../lib/wait.ts';

const HOUR = 3_600_000;
/** Within this time after the clock jumped or the machine woke, every session is there again and goes on (ms). */
const BACK_MS = 5_000;

interface Jump {
  readonly name: string;
  readonly ms: number;
  /** What sleep did to the sockets: nothing, silence, or a break that shows on waking. */
  readonly sockets: 'live' | 'silent' | 'broken';
  /** In the short run too. */
  readonly short?: true;
}

const JUMPS: readonly Jump[] = [
  { name: '+1 h', ms: HOUR, sockets: 'live' },
  { name: '−1 h', ms: -HOUR, sockets: 'live', short: true },
  { name: '+1 day', ms: 24 * HOUR, sockets: 'live', short: true },
  { name: '−1 day', ms: -24 * HOUR, sockets: 'live' },
  { name: '8 h sleep, sockets silent', ms: 8 * HOUR, sockets: 'silent', short: true },
  { name: '8 h sleep, sockets broken', ms: 8 * HOUR, sockets: 'broken' },
];

/**
 * The page's clock is set while it streams; in sleep its sockets die as well. Timers do not notice either:
 * sleep stops them, and setting a clock does not touch them.
 */
export const clock: Scenario = {
  name: 'clock',
  title: '[R19, R20] a clock that jumps and a machine that slept: back within 5 s, without a storm',
  browser: true,

  async run({ options, random, say }: Context): Promise<Outcome> {
    const failures: string[] = [];
    const figures: Record<string, number | string> = {};
    return onStage({ sessions: options.sessions }, async (stage) => {
      await stage.open();
      let prompt = 0;
      let storm = 0;
      for (const jump of JUMPS.filter(({ short }) => short || !options.short)) {
        const back: number[] = [];
        // It must outlast the wait before the jump, however late the last of them began, and the coming back, of which
        // there is little where nothing breaks.
        const tokens = jump.sockets === 'live' ? 80 : 110;
        let dials = 0;
        for (let time = 0; time < (options.short ? 1 : 5); time++) {
          for (const [index, { id }] of stage.sessions.entries())
            await stage.page.send(id, `STREAM ${tokens} 100 ${tagOf(index, prompt)}`);
          prompt++;
          const streaming = async (): Promise<boolean> =>
            (await stage.page.states()).every(({ turn }) => turn === 'running');
          await until('the streams', streaming);
          // Anywhere between two looks at the clock.
          await sleep(random.between(0, options.short ? 1_000 : 4_000));
          const before = stage.network.wires.length;
          back.push(await leap(stage, jump));
          dials += stage.network.wires.slice(before).filter(isSocket).length;
          storm = Math.max(storm, ...perSession(stage, before));
          await stage.quiet();
        }
        const { max } = spread(back);
        figures[jump.name] = `max ${max} ms, ${dials} dials`;
        say(`${jump.name}: ${figures[jump.name]}`);
        if (max > BACK_MS) failures.push(`${jump.name}: back after ${max} ms`);
        if (jump.sockets === 'live' && dials > 0)
          failures.push(`${jump.name}: ${dials} dials though no socket was broken`);
      }
      if (storm > 2) failures.push(`a session was dialled ${storm} times after one jump`);
      const verdict = await stage.judge(true);
      return {
        figures: { ...figures, 'most dials of a session': storm, ...figuresOf(verdict) },
        failures: [...failures, ...failuresOf(verdict)],
      };
    });
  },
};

/** @returns ms until every session is connected and has something new that was written after the jump. */
async function leap(stage: Stage, jump: Jump): Promise<number> {
  const heads = new Map((await stage.gateway.sessions()).map(({ id, head }) => [id, head]));
  if (jump.sockets === 'silent') stage.network.freeze(isSocket);
  if (jump.sockets === 'broken') stage.network.cut(isSocket);
  const began = performance.now();
  await stage.page.setClock(jump.ms);
  await until(
    `every session after ${jump.name}`,
    async () =>
      (await stage.page.states()).every(
        ({ id, status, lastN }) => status === 'connected' && lastN > (heads.get(id) ?? 0),
      ),
    30_000,
    50,
  );
  return performance.now() - began;
}

function perSession(stage: Stage, since: number): number[] {
  const wires = stage.network.wires.slice(since).filter(isSocket);
  return stage.sessions.map(({ id }) => wires.filter(({ path }) => path.includes(id)).length);
}
