import { ChaosPage } from '../lib/chaos-page.ts';
import { KillableBrowser } from '../lib/killable-browser.ts';
import { eventsOf, tagOf, type DiskSession } from '../lib/oracle.ts';
import type { Context, Outcome, Scenario } from '../lib/scenario.ts';
import { failuresOf, figuresOf, onStage, type Stage } from '../lib/stage.ts';
import { differences, strand } from '../lib/strand.ts';
import { sleep, spread, until } from '../lib/wait.ts';
import { readLog, WireClient } from '../lib/wire-client.ts';

const SESSIONS = 4;
/** R27: as much of the stream may be missing on disk when the browser is killed (ms); replay brings it. */
const LOST_MS = 150;
/** Kills between two looks at everything, for which the streams must end. */
const JUDGE_EVERY = 25;

/**
 * kill -9 of all of Chromium while sessions stream. First the database is read as it was left, by a document
 * of the same origin that starts nothing; then the page is opened again, and must have all of it.
 */
export const browserKill: Scenario = {
  name: 'browser-kill',
  title:
    '[R21, R27, R65] kill -9 of the browser loses at most 150 ms of the streams before replay, and nothing after it',
  browser: true,

  async run({ options, random, say }: Context): Promise<Outcome> {
    const failures: string[] = [];
    const lost: number[] = [];
    const back: number[] = [];
    const sessions = Math.min(SESSIONS, options.sessions);
    const browser = await KillableBrowser.make();
    try {
      return await onStage({ sessions }, async (stage) => {
        const open = async (): Promise<void> => {
          const page = new ChaosPage(await browser.newPage());
          stage.adopt(page);
          await page.open(stage.link);
          await stage.connected();
        };
        // Everything as it was written, whatever is coalesced later.
        const witnesses = stage.sessions.map(({ id }) => new WireClient(stage.gateway, id));
        await browser.launch();
        await open();
        for (let kill = 0; kill < options.browserKills; kill++) {
          await stream(stage, kill);
          await sleep(random.between(300, 1_500));
          const killedAt = Date.now();
          await browser.kill();
          await browser.launch();
          const bare = new ChaosPage(await browser.newPage());
          await bare.page.goto(`http://127.0.0.1:${stage.network.port}/icon.svg`);
          const disk = await bare.disk();
          await bare.close();
          for (const [index, witness] of witnesses.entries()) {
            const stored = disk.find(({ id }) => id === stage.sessions[index]!.id);
            const first = witness.frames.find(({ n }) => n > (stored ? reachOf(stored) : 0));
            lost.push(Math.max(0, first ? killedAt - first.at : 0));
            if (stored) await compare(stage, stored, `kill ${kill}, session ${index}`, failures);
          }
          const began = performance.now();
          const heads = new Map((await stage.gateway.sessions()).map(({ id, head }) => [id, head]));
          await open();
          const level = async (): Promise<boolean> =>
            (await stage.page.states()).every(({ id, lastN }) => lastN >= heads.get(id)!);
          await until('the page to be level again', level);
          back.push(performance.now() - began);
          if (kill % JUDGE_EVERY === JUDGE_EVERY - 1 && kill + 1 < options.browserKills) {
            await stage.quiet();
            failures.push(...failuresOf(await stage.judge(true)));
            say(`${kill + 1} kills, at most ${Math.max(...lost)} ms missing`);
          }
        }
        await stage.quiet();
        const verdict = await stage.judge(true);
        for (const witness of witnesses) await witness.close();
        const late = lost.filter((ms) => ms > LOST_MS).length;
        // A time; the short run, which runs on any machine however busy, prints it and judges what replay brought.
        if (late > 0 && !options.short)
          failures.push(`${late} of ${lost.length} streams missed more than ${LOST_MS} ms`);
        const { median, p99, max } = spread(lost);
        return {
          figures: {
            kills: options.browserKills,
            streams: lost.length,
            'missing before replay, ms': `median ${median}, p99 ${p99}, max ${max}`,
            'level again, ms': `median ${spread(back).median}, max ${spread(back).max}`,
            ...figuresOf(verdict),
          },
          failures: [...failures, ...failuresOf(verdict)],
        };
      });
    } finally {
      await browser.dispose();
    }
  },
};

/** Waits until every session streams, and has streamed a little; those that have ended are asked again. */
async function stream(stage: Stage, kill: number): Promise<void> {
  const before = new Map<string, number>();
  let prompts = 0;
  await until('the streams', async () => {
    let flowing = 0;
    for (const { id, turn, lastN, outbox } of await stage.page.states()) {
      if (turn === 'running' && lastN > (before.get(id) ?? Infinity)) flowing++;
      if (!before.has(id)) before.set(id, lastN + 5);
      if (turn !== 'idle' || outbox > 0) continue;
      const index = stage.sessions.findIndex((session) => session.id === id);
      before.set(id, lastN + 5);
      await stage.page.send(id, `STREAM 600 20 ${tagOf(index, `${kill}-${prompts++}`)}`);
    }
    return flowing === stage.sessions.length;
  });
}

/** The number up to which it stands on disk without a hole. */
function reachOf({ chunks }: DiskSession): number {
  let reach = 0;
  for (const { firstSeq, lastSeq } of chunks.toSorted((a, b) => a.firstSeq - b.firstSeq)) {
    if (firstSeq > reach + 1) break;
    reach = Math.max(reach, lastSeq);
  }
  return reach;
}

/** What is on disk must be the beginning of the log, to the letter. */
async function compare(
  stage: Stage,
  stored: DiskSession,
  where: string,
  failures: string[],
): Promise<void> {
  const log = strand(eventsOf(await readLog(stage.gateway, stored.id)));
  const chunks = stored.chunks.toSorted((a, b) => a.firstSeq - b.firstSeq);
  const wanted = strand(chunks.flatMap(({ events }) => events));
  const found = differences(wanted, log, { prefix: true });
  failures.push(...found.slice(0, 2).map((difference) => `${where}: ${difference}`));
}
