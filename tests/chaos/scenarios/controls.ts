import { randomUUID } from 'node:crypto';
import type { Browser } from '@playwright/test';
import { launchBrowser } from '../lib/chaos-page.ts';
import { isClean, tagOf, type Verdict } from '../lib/oracle.ts';
import type { Context, Outcome, Scenario } from '../lib/scenario.ts';
import { WireShim, type Frame, type Spoiler } from '../lib/shim.ts';
import { onStage, type Stage } from '../lib/stage.ts';
import { WireClient, type Where } from '../lib/wire-client.ts';
import { until } from '../lib/wait.ts';
import { noTally, round } from './isolation.ts';
import { failuresOfAcks, runAcks } from './acks.ts';

interface Control {
  readonly name: string;
  /** The figure that must not be zero. */
  readonly shows: 'lost' | 'doubled' | 'misrouted' | 'outOfOrder';
  readonly cut: boolean;
  readonly spoiler: (gateway: Where) => Spoiler;
}

const CONTROLS: readonly Control[] = [
  {
    // Whoever comes back gets what is new, and the page is left to see the hole in the numbers.
    name: 'no replay',
    shows: 'lost',
    cut: true,
    spoiler: (gateway) => ({ up: atTheHead(gateway) }),
  },
  {
    // The same, and with numbers that do not betray it.
    name: 'no replay, no numbers',
    shows: 'lost',
    cut: true,
    spoiler: (gateway) => renumbered(gateway),
  },
  { name: 'every entry twice', shows: 'doubled', cut: false, spoiler: () => twice() },
  { name: 'neighbours swapped', shows: 'outOfOrder', cut: false, spoiler: () => swapped() },
];

/** Of a stream that is not cut. */
const TOKENS = 120;

/** Two sessions with a stream each, through a gateway that does wrong. */
async function runControl(control: Control, browser: Browser): Promise<Verdict> {
  return onStage(
    {
      sessions: 2,
      browser,
      between: (gateway) => WireShim.start(gateway, control.spoiler(gateway)),
    },
    async (stage) => {
      await stage.open();
      await stage.page.hurry();
      for (const [index, { id }] of stage.sessions.entries())
        await stage.page.send(id, `STREAM ${control.cut ? 100_000 : TOKENS} 10 ${tagOf(index, 0)}`);
      if (control.cut) {
        const streaming = async (): Promise<boolean> =>
          (await stage.page.states()).every(({ lastN }) => lastN > 20);
        await until('the streams', streaming);
        // Enough is said while the page is away, however busy this machine is.
        const heads = new Map((await stage.gateway.sessions()).map(({ id, head }) => [id, head]));
        stage.network.takeDown();
        await until('what the page misses', async () =>
          (await stage.gateway.sessions()).every(({ id, head }) => head > heads.get(id)! + 20),
        );
        stage.network.restore();
        await stage.connected();
        for (const { id } of stage.sessions) await cancel(stage, id);
      }
      // Idle they are before they have begun, too: a busy machine may not have told the gateway of the prompts yet.
      const least = control.cut ? 0 : TOKENS;
      await until('the end of the turns', async () =>
        (await stage.gateway.sessions()).every(({ turn, head }) => turn === 'idle' && head > least),
      );
      return stage.judge(!control.cut, 2_000);
    },
  );
}

/** Past the page, whose gateway does wrong. */
async function cancel(stage: Stage, id: string): Promise<void> {
  const client = new WireClient(stage.gateway, id);
  await until('attach', () => client.attached);
  const k = randomUUID();
  let taken = false;
  client.heard = (frame) => void (taken ||= frame.t === 'ack' && frame.k === k);
  client.send({ t: 'cancel', k });
  // A socket that is dropped with something unread in it takes along what it has sent.
  await until('the cancel to be taken', () => taken);
  await client.close();
}

/** A page is given the log of its neighbour. */
async function runMisrouted(browser: Browser): Promise<Verdict> {
  const ids: string[] = [];
  const spoiler: Spoiler = { route: (id) => (id === ids[1] ? ids[0]! : id) };
  return onStage(
    { sessions: 2, browser, between: (gateway) => WireShim.start(gateway, spoiler) },
    async (stage) => {
      ids.push(...stage.sessions.map(({ id }) => id));
      await stage.open();
      await stage.page.send(ids[0]!, `STREAM 50 2 ${tagOf(0, 0)}`);
      await until('the end of the turn', async () => {
        const [first] = await stage.gateway.sessions();
        return first!.head > 50 && first!.turn === 'idle';
      });
      return stage.judge(true, 2_000);
    },
  );
}

/**
 * Attaches a page that was there before as if it had everything, even if it asks for all of it again: a number in the
 * middle of what the log has joined meanwhile would make it do so, and nothing would be lost.
 */
function atTheHead(gateway: Where): (frame: Frame, id: string) => Promise<Frame[]> {
  const known = new Set<string>();
  return async (frame, id) => {
    if (frame['t'] !== 'attach') return [frame];
    if (!known.has(id)) {
      known.add(id);
      return [frame];
    }
    const answer = await fetch(`http://127.0.0.1:${gateway.port}/v1/sessions/${id}`, {
      headers: { authorization: `Bearer ${gateway.token}` },
    });
    const { head, epoch } = (await answer.json()) as { head: number; epoch: string };
    return [{ ...frame, since: head, epoch }];
  };
}

function renumbered(gateway: Where): Spoiler {
  const next = new Map<string, number>();
  const attach = atTheHead(gateway);
  return {
    async up(frame, id) {
      if (frame['t'] === 'attach') next.set(id, Number(frame['since']));
      return attach(frame, id);
    },
    down(frame, id) {
      const last = next.get(id) ?? 0;
      if (frame['t'] === 'attached' && last > 0) return [{ ...frame, head: last }];
      if (frame['t'] !== 'm') return [frame];
      next.set(id, last + 1);
      return [{ ...frame, n: last + 1 }];
    },
  };
}

function twice(): Spoiler {
  return {
    down: (frame) =>
      frame['t'] === 'm'
        ? [1, 0].map((less) => ({ ...frame, n: 2 * Number(frame['n']) - less }))
        : [frame],
  };
}

function swapped(): Spoiler {
  const held = new Map<string, Frame>();
  return {
    down(frame, id) {
      const before = held.get(id);
      held.delete(id);
      const token = JSON.stringify(frame).includes(':tok');
      if (frame['t'] !== 'm') return before ? [before, frame] : [frame];
      if (before && token)
        return [
          { ...before, m: frame['m'] },
          { ...frame, m: before['m'] },
        ];
      if (token && Number(frame['n']) % 10 === 0) {
        held.set(id, frame);
        return [];
      }
      return before ? [before, frame] : [frame];
    },
  };
}

export const controls: Scenario = {
  name: 'controls',
  title: 'negative controls: a gateway that does wrong is found out, each time',
  browser: true,

  async run(context: Context): Promise<Outcome> {
    const figures: Record<string, number | string> = {};
    const failures: string[] = [];
    const note = (name: string, shows: Control['shows'], verdict: Verdict): void => {
      figures[name] = `${shows} ${verdict[shows]}`;
      if (verdict[shows] === 0 || isClean(verdict))
        failures.push(`${name}: the oracle did not see it: ${verdict.differences.join(' | ')}`);
    };
    const noKeys = async (browser: Browser): Promise<void> => {
      const run = await runAcks(context, { prompts: 2, sessions: 2, withoutKeys: true, browser });
      figures['no keys'] = `ran twice ${run.ranTwice}`;
      if (run.ranTwice === 0 || failuresOfAcks(run).length === 0)
        failures.push('no keys: every prompt ran once all the same');
    };
    const tally = noTally();
    await round(context.random, 10, tally, 0.001);
    figures['one event of 1,000 on a wrong socket'] = `leaks ${tally.leaks}`;
    if (tally.leaks === 0) failures.push('isolation: events on a wrong socket were not found');
    const browser = await launchBrowser();
    try {
      // Two at a time: two cores.
      for (let i = 0; i < CONTROLS.length; i += 2) {
        await Promise.all(
          CONTROLS.slice(i, i + 2).map(async (control) =>
            note(control.name, control.shows, await runControl(control, browser)),
          ),
        );
      }
      note('another’s log', 'misrouted', await runMisrouted(browser));
      await noKeys(browser);
    } finally {
      await browser.close();
    }
    return { figures, failures };
  },
};
