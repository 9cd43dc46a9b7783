import type { Direction, Filter, Wire } from '../../support/tcp-proxy.ts';
import type { Context, Outcome, Scenario } from '../lib/scenario.ts';
import { tagOf } from '../lib/oracle.ts';
import { failuresOf, figuresOf, isSocket, onStage } from '../lib/stage.ts';
import { MANY_ITEMS } from '../../../src/app/store/housekeeper.ts';
import { until } from '../lib/wait.ts';

/** Tokens of one prompt, and the pause between them (ms). */
const TOKENS = 150;
const PAUSE_MS = 15;

/**
 * The built page in a real browser, every byte through the proxy. Each session's connection is broken at a
 * random byte: in the handshake, in a frame's middle, in what the page sends; by a reset or a plain close;
 * pieces are sliced on the way. As soon as it is attached again, it is broken again.
 */
export const cuts: Scenario = {
  name: 'cuts',
  title:
    '[R8, R12, R21, R50, R53] connections cut at random bytes lose, double, mix and misplace nothing',
  browser: true,

  async run({ options, random, say }: Context): Promise<Outcome> {
    return onStage({ sessions: options.sessions }, async (stage) => {
      const left = new Map(stage.sessions.map(({ id }) => [id, options.cuts]));
      const where = { handshake: 0, attached: 0, stream: 0, upward: 0 };
      await stage.open();
      await stage.page.hurry();
      if (options.history > 0) {
        const calls = Array.from({ length: options.history }, () => 'TOOL').join(' ; ');
        for (const { id } of stage.sessions) await stage.page.send(id, calls);
        await stage.quiet();
      }

      stage.network.filter = (wire: Wire): Filter | undefined => {
        if (!isSocket(wire)) return undefined;
        const id = decodeURIComponent(wire.path.split('/')[3] ?? '');
        if ((left.get(id) ?? 0) <= 0) return undefined;
        const place = random.next();
        const direction: Direction = place < 0.15 ? 'up' : 'down';
        const after =
          place < 0.15
            ? random.between(1, 900)
            : place < 0.25
              ? random.between(0, 250)
              : place < 0.35
                ? random.between(250, 1_200)
                : random.between(1_200, 9_000);
        const how = random.pick(['reset', 'close'] as const);
        const slices = random.next() < 0.3;
        let passed = 0;
        const pieces = (all: Buffer): Buffer[] => (slices ? sliced(all, random.next) : [all]);
        return (way, bytes) => {
          if (way !== direction) return { forward: pieces(bytes) };
          const rest = after - passed;
          passed += bytes.length;
          if (bytes.length < rest) return { forward: pieces(bytes) };
          left.set(id, left.get(id)! - 1);
          where[
            direction === 'up'
              ? 'upward'
              : after < 250
                ? 'handshake'
                : after < 1_200
                  ? 'attached'
                  : 'stream'
          ]++;
          return { forward: pieces(bytes.subarray(0, rest)), end: how };
        };
      };
      // The connections from before are not counted: they had no filter.
      stage.network.cut(isSocket);

      const prompts = new Map(stage.sessions.map(({ id }) => [id, 0]));
      const began = Date.now();
      let told = began;
      const limitMs = 120_000 + options.cuts * options.sessions * 300;
      await until(
        'all cuts',
        async () => {
          const states = await stage.page.states();
          const open = stage.sessions.filter(({ id }) => left.get(id)! > 0);
          for (const { id } of open) {
            const state = states.find((each) => each.id === id);
            if (state?.turn !== 'idle' || state.outbox > 0) continue;
            const prompt = prompts.get(id)!;
            prompts.set(id, prompt + 1);
            const tag = tagOf(
              stage.sessions.findIndex((each) => each.id === id),
              prompt,
            );
            const extra = prompt % 3 === 0 ? ['THINK about it', 'TOOL', 'PLAN'] : [];
            const text = [...extra, `STREAM ${TOKENS} ${PAUSE_MS} ${tag}`].join(' ; ');
            await stage.page.send(id, text);
          }
          if (Date.now() - told > 15_000) {
            told = Date.now();
            const remaining = [...left.values()].reduce((sum, each) => sum + Math.max(0, each), 0);
            say(`${options.cuts * options.sessions - remaining} cuts`);
          }
          return open.length === 0;
        },
        limitMs,
        100,
      );
      const seconds = (Date.now() - began) / 1000;
      await stage.quiet();
      const verdict = await stage.judge(true);
      const made = Object.values(where).reduce((sum, each) => sum + each, 0);
      return {
        figures: {
          sessions: options.sessions,
          cuts: made,
          ...where,
          prompts: [...prompts.values()].reduce((sum, each) => sum + each, 0),
          'items read again': stage.page.recalled,
          'cuts/s': Math.round((made / seconds) * 10) / 10,
          ...figuresOf(verdict),
        },
        failures: [
          ...failuresOf(verdict),
          ...(options.history > MANY_ITEMS && stage.page.recalled === 0
            ? ['nothing had left the memory of the page']
            : []),
        ],
      };
    });
  },
};

function sliced(bytes: Buffer, random: () => number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const size = 1 + Math.floor(random() * 64);
    pieces.push(bytes.subarray(start, start + size));
    start += size;
  }
  return pieces;
}
