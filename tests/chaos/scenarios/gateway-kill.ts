import type { MessageFrame } from '../../../src/core/wire/frames.ts';
import { Ledger } from '../lib/ledger.ts';
import { eventsOf, tagOf, tokensIn } from '../lib/oracle.ts';
import type { Context, Outcome, Scenario } from '../lib/scenario.ts';
import { failuresOf, figuresOf, onStage } from '../lib/stage.ts';
import { differences, strand } from '../lib/strand.ts';
import { sleep, spread, until } from '../lib/wait.ts';
import { WireClient, type LogCopy } from '../lib/wire-client.ts';

/** Sessions with a running turn at each kill; every one starts its agent anew. */
const SESSIONS = 4;

/**
 * kill -9 of the gateway in the middle of streams, and a new one on the same directory. Whatever any page
 * had been sent must be there with the same number and the same content, under the same epoch. What the
 * agents had said and no log has, by their own account, is reported.
 */
export const gatewayKill: Scenario = {
  name: 'gateway-kill',
  title:
    '[R21, R45] kill -9 of the gateway loses nothing that was logged, and says which turns were cut',
  browser: true,

  async run({ options, random, say }: Context): Promise<Outcome> {
    const ledger = new Ledger();
    const sessions = Math.min(SESSIONS, options.sessions);
    try {
      return await onStage(
        { sessions, agents: { ledger: ledger.agent() }, agent: 'ledger' },
        async (stage) => {
          const failures: string[] = [];
          /** Every entry that was ever sent to us, in the form in which it came first. */
          const witnessed = stage.sessions.map((): MessageFrame[] => []);
          const epochs = stage.sessions.map(({ epoch }) => epoch);
          const restarts: number[] = [];
          await stage.open();
          await stage.page.hurry();

          for (let kill = 0; kill < options.kills; kill++) {
            const witnesses = stage.sessions.map(({ id }, index) => {
              const since = witnessed[index]!.at(-1)?.n ?? 0;
              return new WireClient(stage.gateway, id, { epoch: epochs[index], since });
            });
            for (const [index, { id }] of stage.sessions.entries())
              await stage.page.send(id, `STREAM 100000 2 ${tagOf(index, kill)}`);
            const streaming = (): boolean =>
              witnesses.every(({ frames }, index) =>
                frames.some(({ m }) => JSON.stringify(m).includes(`${tagOf(index, kill)}:tok`)),
              );
            await until('streams of every session', streaming, 60_000, 5);
            await sleep(random.between(0, 300));
            await stage.gateway.stop('SIGKILL');
            for (const [index, witness] of witnesses.entries()) {
              await witness.close();
              if (witness.attached?.epoch !== epochs[index])
                failures.push(`kill ${kill}: session ${index} has another epoch`);
              const known = witnessed[index]!;
              for (const frame of witness.frames) {
                const next = (known.at(-1)?.n ?? 0) + 1;
                if ((frame.from ?? frame.n) !== next)
                  failures.push(
                    `kill ${kill}: ${frame.n} of session ${index} came after ${next - 1}`,
                  );
                known.push(frame);
              }
            }
            const began = performance.now();
            await stage.gateway.launch();
            await stage.connected();
            restarts.push(performance.now() - began);
            if (kill % 20 === 19) say(`${kill + 1} kills`);
          }

          const logs = await stage.logs();
          let lost = 0;
          let seen = 0;
          for (const [index, log] of logs.entries()) {
            const frames = witnessed[index]!;
            seen += frames.at(-1)?.n ?? 0;
            const wanted = strand(eventsOf({ ...log, frames }));
            const found = differences(wanted, strand(eventsOf(log)), { prefix: true });
            lost += found.length;
            failures.push(...found.slice(0, 3).map((what) => `session ${index}: ${what}`));
          }
          if (lost > 0)
            failures.push(`${lost} stretches that were sent are not in the log any more`);
          const cut = turnsOf(logs, failures);
          const tail = tailOf(logs, ledger.said(), options.kills, failures);
          const verdict = await stage.judge(false);
          return {
            figures: {
              kills: options.kills,
              sessions,
              'entries sent before a kill': seen,
              'of them lost': lost,
              'turns told as cut': cut,
              'unlogged tail, tokens': `median ${tail.median}, p99 ${tail.p99}, max ${tail.max}`,
              'back after, ms': `median ${spread(restarts).median}, max ${spread(restarts).max}`,
              ...figuresOf(verdict),
            },
            failures: [...failures, ...failuresOf(verdict)],
          };
        },
      );
    } finally {
      await ledger.remove();
    }
  },
};

/** Every prompt that was accepted has one end. @returns how many of them are told as cut. */
function turnsOf(logs: readonly LogCopy[], failures: string[]): number {
  let cut = 0;
  for (const [index, log] of logs.entries()) {
    const ends = new Map<string, number>();
    for (const { event } of eventsOf(log)) {
      if (event.type === 'chunk' && event.role === 'user' && event.key) ends.set(event.key, 0);
      if (event.type !== 'turn' || event.state !== 'idle' || !event.key) continue;
      ends.set(event.key, (ends.get(event.key) ?? 0) + 1);
      if (event.stopReason === 'interrupted') cut++;
    }
    for (const [key, count] of ends)
      if (count !== 1) failures.push(`session ${index}: the turn of ${key} has ${count} ends`);
  }
  return cut;
}

/** What the agents said and no log has: never from the middle, only from the end. */
function tailOf(
  logs: readonly LogCopy[],
  said: readonly string[],
  kills: number,
  failures: string[],
): ReturnType<typeof spread> {
  const spoken = byTag(said);
  const missing: number[] = [];
  for (const [index, log] of logs.entries()) {
    const logged = byTag(
      eventsOf(log).flatMap(({ event }) =>
        event.type === 'chunk' && event.role === 'assistant' && event.content.type === 'text'
          ? [event.content.text]
          : [],
      ),
    );
    for (let kill = 0; kill < kills; kill++) {
      const tag = tagOf(index, kill);
      const inLog = logged.get(tag) ?? [];
      const byAgent = spoken.get(tag) ?? [];
      if (inLog.some((token, place) => token !== byAgent[place]))
        failures.push(`session ${index}: the log of ${tag} is not the beginning of what was said`);
      missing.push(byAgent.length - inLog.length);
    }
  }
  return spread(missing);
}

function byTag(texts: readonly string[]): Map<string, string[]> {
  const result = new Map<string, string[]>();
  for (const token of texts.flatMap(tokensIn)) {
    const tag = token.slice(0, token.indexOf(':'));
    const list = result.get(tag);
    if (list) list.push(token);
    else result.set(tag, [token]);
  }
  return result;
}
