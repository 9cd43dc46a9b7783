import { randomUUID } from 'node:crypto';
import type { Browser } from '@playwright/test';
import type { ClientFrame } from '../../../src/core/wire/frames.ts';
import type { Filter, Passage, Wire } from '../../support/tcp-proxy.ts';
import { Ledger } from '../lib/ledger.ts';
import { tagOf, type Verdict } from '../lib/oracle.ts';
import type { Context, Outcome, Scenario } from '../lib/scenario.ts';
import { WireShim } from '../lib/shim.ts';
import { failuresOf, figuresOf, isSocket, onStage, type Stage } from '../lib/stage.ts';
import { sleep, until } from '../lib/wait.ts';
import { WireClient } from '../lib/wire-client.ts';

/**
 * - `ack`: the gateway has the prompt, its acknowledgement and everything before it is lost.
 * - `ack-late`: the page has seen the prompt in the log, only the acknowledgement is lost.
 * - `prompt`: the prompt itself is lost. `torn`: half of it arrives.
 */
const TROUBLES = ['ack', 'ack-late', 'prompt', 'torn'] as const;
type Trouble = (typeof TROUBLES)[number];

/** A prompt's frame is longer; pings, `persisted` and pongs are shorter. */
const PROMPT_BYTES = 90;

export interface AckRun {
  verdict: Verdict;
  prompts: number;
  /** Prompts that an agent was given more than once, or never. */
  ranTwice: number;
  neverRan: number;
  /** Resent ones that the gateway knew by their keys. */
  duplicates: number;
  troubles: Record<Trouble, number>;
}

/** Prompts whose way there or back is broken, on every session at once. */
export async function runAcks(
  { random, say }: Context,
  amounts: { prompts: number; sessions: number; withoutKeys?: boolean; browser?: Browser },
): Promise<AckRun> {
  const ledger = new Ledger();
  const troubles: Record<Trouble, number> = { ack: 0, 'ack-late': 0, prompt: 0, torn: 0 };
  let duplicates = 0;
  const armed = new Map<string, Trouble>();

  const filter = (wire: Wire): Filter | undefined => {
    if (!isSocket(wire)) return undefined;
    const id = decodeURIComponent(wire.path.split('/')[3] ?? '');
    let upward = 0;
    let asked: Trouble | undefined;
    return (way, bytes): Passage => {
      if (way === 'up') {
        // The upgrade and the attach frame come first.
        if (upward++ < 2 || bytes.length < PROMPT_BYTES || asked) return { forward: [bytes] };
        asked = armed.get(id);
        if (!asked) return { forward: [bytes] };
        armed.delete(id);
        troubles[asked]++;
        if (asked === 'prompt') return { forward: [], end: 'reset' };
        if (asked === 'torn') {
          return { forward: [bytes.subarray(0, bytes.length >> 1)], end: 'reset' };
        }
        return { forward: [bytes] };
      }
      if (!asked) return { forward: [bytes] };
      const ack = bytes.indexOf('"t":"ack"');
      if (asked === 'ack-late') {
        // The frame's own head goes with the rest: a torn frame is no frame.
        return ack < 0 ? { forward: [bytes] } : { forward: [bytes.subarray(0, ack)], end: 'reset' };
      }
      return ack < 0 ? { forward: [] } : { forward: [], end: 'reset' };
    };
  };

  try {
    return await onStage(
      {
        sessions: amounts.sessions,
        browser: amounts.browser,
        agents: { ledger: ledger.agent() },
        agent: 'ledger',
        ...(amounts.withoutKeys && { between: (gateway) => WireShim.start(gateway, freshKeys()) }),
      },
      async (stage) => {
        stage.network.filter = filter;
        await stage.open();
        await stage.page.hurry();
        const sent: string[] = [];
        const perSession = Math.ceil(amounts.prompts / amounts.sessions);
        const done = new Map(stage.sessions.map(({ id }) => [id, 0]));
        let told = Date.now();
        await until(
          'all prompts',
          async () => {
            const states = await stage.page.states();
            for (const [index, { id }] of stage.sessions.entries()) {
              const state = states.find((each) => each.id === id);
              const number = done.get(id)!;
              const ready = state?.status === 'connected' && state.turn === 'idle';
              if (number >= perSession || !ready || state.outbox > 0) continue;
              done.set(id, number + 1);
              armed.set(id, random.pick(amounts.withoutKeys ? (['ack'] as const) : TROUBLES));
              const text = `STREAM 1 0 ${tagOf(index, number)}`;
              sent.push(text);
              await stage.page.send(id, text);
            }
            if (Date.now() - told > 15_000) {
              told = Date.now();
              say(`${sent.length} prompts`);
            }
            return sent.length >= perSession * stage.sessions.length;
          },
          60_000 + amounts.prompts * 2_000,
          20,
        );
        if (amounts.withoutKeys) {
          // Nothing tells the page that its prompt arrived; time enough to send it again.
          await until('a prompt that ran twice', () => repeated(ledger) > 0, 15_000).catch(
            () => {},
          );
          await sleep(500);
        } else {
          await stage.quiet();
          duplicates = await resendBlindly(stage, sent, perSession);
          await stage.quiet();
        }
        const verdict = await stage.judge(true, amounts.withoutKeys ? 1_000 : undefined);
        const runs = counts(ledger.prompts());
        return {
          verdict,
          prompts: sent.length,
          ranTwice: repeated(ledger),
          neverRan: sent.filter((text) => !runs.has(text)).length,
          duplicates,
          troubles,
        };
      },
    );
  } finally {
    await ledger.remove();
  }
}

/**
 * As many again from a client that never looks into the log: every prompt goes out, its socket is dropped
 * before it can hear anything, and on the next one it goes out twice more, by the same key.
 * @returns how often the gateway said that it knew the key.
 */
async function resendBlindly(stage: Stage, sent: string[], perSession: number): Promise<number> {
  let known = 0;
  const one = async (id: string, index: number, number: number): Promise<void> => {
    const k = randomUUID();
    const text = `STREAM 1 0 ${tagOf(index, `b${number}`)}`;
    sent.push(text);
    const prompt: ClientFrame = { t: 'prompt', k, prompt: [{ type: 'text', text }] };
    const first = new WireClient(stage.gateway, id);
    await until('attach', () => first.attached, 20_000, 5);
    first.send(prompt);
    await first.close();
    const { epoch, head } = first.attached!;
    const second = new WireClient(stage.gateway, id, { epoch, since: head });
    let acks = 0;
    second.heard = (frame) => {
      if (frame.t === 'ack' && frame.k === k) {
        acks++;
        if (frame.dup) known++;
      }
    };
    await until('attach', () => second.attached, 20_000, 5);
    second.send(prompt);
    second.send(prompt);
    await until('two acknowledgements', () => acks > 1, 20_000, 5);
    await until('the end of its turn', () => isIdle(second, k), 20_000, 5);
    await second.close();
  };
  await Promise.all(
    stage.sessions.map(async ({ id }, index) => {
      for (let number = 0; number < perSession; number++) await one(id, index, number);
    }),
  );
  return known;
}

/** The log shows the end of the turn that this key began. */
const isIdle = ({ frames }: WireClient, k: string): boolean =>
  frames.some(({ m }) => {
    const text = JSON.stringify(m);
    return text.includes('"state":"idle"') && text.includes(k);
  });

function counts(texts: readonly string[]): Map<string, number> {
  const result = new Map<string, number>();
  for (const text of texts) result.set(text, (result.get(text) ?? 0) + 1);
  return result;
}

const repeated = (ledger: Ledger): number =>
  [...counts(ledger.prompts()).values()].filter((count) => count > 1).length;

/** A wire on which no two frames have the same key, as if there were none. */
const freshKeys = () => {
  const own = new Map<string, string>();
  return {
    up: (frame: Record<string, unknown>) => {
      if (frame['t'] !== 'prompt') return [frame];
      const k = randomUUID();
      own.set(k, String(frame['k']));
      return [{ ...frame, k }];
    },
    down: (frame: Record<string, unknown>) => {
      const k = own.get(String(frame['k']));
      return [k === undefined ? frame : { ...frame, k }];
    },
  };
};

export const failuresOfAcks = ({ verdict, ranTwice, neverRan }: AckRun): string[] => [
  ...failuresOf(verdict),
  ...(ranTwice > 0 ? [`${ranTwice} prompts ran more than once`] : []),
  ...(neverRan > 0 ? [`${neverRan} prompts never ran`] : []),
];

export const acks: Scenario = {
  name: 'acks',
  title: '[R38, R43] prompts whose acknowledgement or self is lost on the way run once each',
  browser: true,

  async run(context: Context): Promise<Outcome> {
    const { prompts, sessions } = context.options;
    const run = await runAcks(context, { prompts, sessions });
    return {
      figures: {
        prompts: run.prompts,
        ...run.troubles,
        'answered as known': run.duplicates,
        'ran twice': run.ranTwice,
        'never ran': run.neverRan,
        ...figuresOf(run.verdict),
      },
      failures: failuresOfAcks(run),
    };
  },
};
