import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';

/** How often each scenario does its worst: in the full run, and in the short one of `npm test`. */
const AMOUNTS = {
  sessions: [10, 10],
  /** Connections that are cut, for each session. */
  cuts: [1_000, 5],
  /** Tool calls in each session before the first cut: more than a page keeps in memory. */
  history: [800, 0],
  /** Events through decoding, sequence and reducer. */
  events: [1_000_000, 50_000],
  /** Half-open sockets in a real page, visible; and hidden. */
  stalls: [100, 0],
  hidden: [10, 0],
  /** kill -9 of the gateway, and of the browser. */
  kills: [200, 2],
  browserKills: [100, 1],
  /** Prompts whose way there or back is cut. */
  prompts: [1_000, 20],
  /** Ten sockets dropped together, and minutes of connections that hold for one second. */
  drops: [20, 1],
  minutes: [3, 0],
} as const satisfies Record<string, readonly [full: number, short: number]>;

export type Amount = keyof typeof AMOUNTS;

export interface ChaosOptions extends Record<Amount, number> {
  /** Scenarios by name; all when empty. */
  readonly names: readonly string[];
  readonly seed: number;
  readonly short: boolean;
  /** Directory for one JSON file of figures for each scenario. */
  readonly out: string;
  /** One JSON file with the counts of the whole run. */
  readonly report: string | undefined;
}

/** @throws TypeError for a flag that is not known, Error for a value that is no whole number. */
export function parseOptions(argv: readonly string[]): ChaosOptions {
  const amounts = Object.keys(AMOUNTS) as Amount[];
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      short: { type: 'boolean' },
      seed: text,
      out: text,
      report: text,
      ...Object.fromEntries(amounts.map((name) => [kebab(name), text])),
    },
  });
  const given = values as Record<string, string | boolean | undefined>;
  const short = given['short'] === true;
  const whole = (flag: string, otherwise: number): number => {
    const value = given[flag];
    if (value === undefined) return otherwise;
    const number = Number(value);
    if (!Number.isInteger(number) || number < 0) throw new Error(`--${flag} wants a whole number`);
    return number;
  };
  return {
    ...(Object.fromEntries(
      amounts.map((name) => [name, whole(kebab(name), AMOUNTS[name][short ? 1 : 0])]),
    ) as Record<Amount, number>),
    names: positionals,
    seed: whole('seed', Math.floor(Math.random() * 2 ** 31)),
    short,
    out: typeof given['out'] === 'string' ? given['out'] : tmpdir(),
    report: typeof given['report'] === 'string' ? given['report'] : undefined,
  };
}

const kebab = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
