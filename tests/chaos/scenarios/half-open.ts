import { ApertureClient } from '../../../src/app/client/aperture-client.ts';
import {
  ManualClock,
  ManualEnvironment,
  RecordingHost,
  ScriptedProtocol,
  placeAt,
} from '../../unit/client/kit.ts';
import { tagOf } from '../lib/oracle.ts';
import type { Random } from '../lib/random.ts';
import type { Context, Outcome, Scenario } from '../lib/scenario.ts';
import { failuresOf, figuresOf, isSocket, onStage, type Stage } from '../lib/stage.ts';
import { sleep, spread, until } from '../lib/wait.ts';

/** R19: a socket that says nothing any more is found within this time, ms. */
const VISIBLE_MS = 15_000;
const HIDDEN_MS = 75_000;
/** What a look at the page and its timers may be late by on a busy machine, ms; printed, and not part of the rule. */
const LATE_MS = 500;
const VIRTUAL_STALLS = 100;

/** A socket goes silent at a random moment of a virtual day. @returns ms until it was found, by the client's clock. */
async function virtual(random: Random, visible: boolean): Promise<number> {
  const clock = new ManualClock();
  const host = new RecordingHost();
  const environment = new ManualEnvironment();
  environment.isVisible = visible;
  const protocol = new ScriptedProtocol();
  protocol.onOpen = (link) => link.attach();
  const client = new ApertureClient({
    host,
    clock,
    environment,
    random: random.next,
    place: placeAt('http://127.0.0.1:1', protocol),
    check: () => Promise.resolve({ status: 'there' }),
    client: 'chaos',
  });
  client.connectSession('a').catch(() => {});
  // Some talk before, so that the silence begins anywhere between two pings.
  let n = 0;
  for (let talk = random.between(1, 20); talk > 0; talk--) {
    await clock.advance(random.between(1, 20_000));
    protocol.last.event(++n);
  }
  const link = protocol.last;
  link.answersPings = false;
  const began = clock.now();
  while (!link.closed && clock.now() - began < 10 * HIDDEN_MS) await clock.advance(50);
  const found = clock.now() - began;
  client.dispose();
  return found;
}

/** All sessions of a page go silent, each at its own moment. @returns ms until each was found, by the page. */
async function stallAll(stage: Stage, random: Random, limitMs: number): Promise<number[]> {
  const before = new Map(
    (await stage.page.changes()).map(({ id, changes }) => [id, changes.length]),
  );
  const frozenAt = new Map<string, number>();
  await Promise.all(
    stage.sessions.map(async ({ id }) => {
      await sleep(random.between(0, 10_000));
      frozenAt.set(id, Date.now());
      stage.network.freeze((wire) => isSocket(wire) && wire.path.includes(id));
    }),
  );
  const found = new Map<string, number>();
  await until(
    'every stall to be found',
    async () => {
      for (const { id, changes } of await stage.page.changes()) {
        const lost = changes
          .slice(before.get(id) ?? 0)
          .find(({ status, at }) => status === 'reconnecting' && at >= frozenAt.get(id)!);
        if (lost && !found.has(id)) found.set(id, lost.at - frozenAt.get(id)!);
      }
      return found.size === stage.sessions.length;
    },
    limitMs + 20_000,
    250,
  );
  await stage.connected();
  return [...found.values()];
}

export const halfOpen: Scenario = {
  name: 'half-open',
  title:
    '[R19] sockets that go silent are found: within 15 s while the page is seen, within 75 s while it is hidden',
  browser: true,

  async run({ options, random, say }: Context): Promise<Outcome> {
    const failures: string[] = [];
    const figures: Record<string, number | string> = {};
    const note = (name: string, found: readonly number[], limitMs: number): void => {
      const late = found.filter((ms) => ms > limitMs).length;
      const { median, max } = spread(found);
      figures[name] =
        `${found.length - late} of ${found.length}, median ${median} ms, max ${max} ms`;
      if (late > 0) failures.push(`${name}: ${late} later than ${limitMs} ms`);
    };
    for (const [name, visible, limit] of [
      ['visible, virtual clock', true, VISIBLE_MS],
      ['hidden, virtual clock', false, HIDDEN_MS],
    ] as const) {
      const found: number[] = [];
      for (let i = 0; i < VIRTUAL_STALLS; i++) found.push(await virtual(random, visible));
      // The clock is looked at every 50 ms.
      note(name, found, limit + 50);
    }
    if (options.stalls + options.hidden === 0) return { figures, failures };
    return onStage({ sessions: options.sessions }, async (stage) => {
      await stage.open();
      await stage.page.recordChanges();
      const found: number[] = [];
      for (let prompt = 0; found.length < options.stalls; prompt++) {
        for (const [index, { id }] of stage.sessions.entries())
          if (index % 2 === 0) await stage.page.send(id, `STREAM 40 100 ${tagOf(index, prompt)}`);
        found.push(...(await stallAll(stage, random, VISIBLE_MS)));
        say(`${found.length} stalls while visible`);
        await stage.quiet();
      }
      note('visible, real time', found, VISIBLE_MS + LATE_MS);
      if (options.hidden > 0) {
        const hidden: number[] = [];
        await stage.page.hide();
        // The ping that was planned while the page was visible comes first.
        await sleep(12_000);
        while (hidden.length < options.hidden)
          hidden.push(...(await stallAll(stage, random, HIDDEN_MS)));
        note('hidden, real time', hidden, HIDDEN_MS + LATE_MS);
      }
      const verdict = await stage.judge(true);
      return {
        figures: { ...figures, ...figuresOf(verdict) },
        failures: [...failures, ...failuresOf(verdict)],
      };
    });
  },
};
