import { figure, median, type Figure } from './stats.ts';

export interface BenchOptions {
  readonly quick: boolean;
  /** How often each measurement is made, all others between. */
  readonly runs: number;
  /** Directory of the product's built page. */
  readonly dist: string;
  /** No further run is begun that would end after this, by `performance.now()`; one is always made. */
  readonly until: number;
  readonly say: (line: string) => void;
}

/** A figure to reach, from the requirements: met when `value` is at most `limit`. Without one it is only shown beside. */
export interface Aim {
  readonly what: string;
  readonly value: number;
  readonly limit?: number;
  readonly unit: string;
}

export interface Outcome {
  /** By who or what was measured, then by what of it. */
  readonly figures: Record<string, Record<string, Figure>>;
  readonly aims: readonly Aim[];
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** Its part of the bench's time, beside the others'. */
  readonly share: number;
  run(options: BenchOptions): Promise<Outcome>;
}

/** By who or what was measured, then by what of it: a value of each run. */
export type Found = Record<string, Record<string, number[]>>;

/**
 * Runs of everything, interleaved: what disturbs the machine for a while disturbs all alike.
 *
 * @param once measurements that take so long that one run must do.
 */
export async function interleaved(
  { runs, say, until }: Pick<BenchOptions, 'runs' | 'say' | 'until'>,
  measurements: Record<string, () => Promise<Record<string, number>>>,
  once: ReadonlySet<string> = new Set(),
): Promise<Found> {
  const found: Found = {};
  let longest = 0;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    if (run > 0 && start + longest > until) {
      say(`time is up after ${run} of ${runs} runs`);
      break;
    }
    for (const [name, measure] of Object.entries(measurements)) {
      if (run > 0 && once.has(name)) continue;
      const began = performance.now();
      for (const [what, value] of Object.entries(await measure()))
        ((found[name] ??= {})[what] ??= []).push(value);
      const took = performance.now() - began;
      if (!once.has(name)) longest += run === 0 ? took : 0;
      say(`${name}: run ${run + 1}, ${(took / 1000).toFixed(1)} s`);
    }
  }
  return found;
}

/** @param units of what is not in milliseconds. */
export function figures(
  found: Found,
  units: Readonly<Record<string, string>> = {},
): Outcome['figures'] {
  return Object.fromEntries(
    Object.entries(found).map(([name, of]) => [
      name,
      Object.fromEntries(
        Object.entries(of).map(([what, values]) => [what, figure(units[what] ?? 'ms', values)]),
      ),
    ]),
  );
}

/** The median of one measurement's runs. @throws TypeError if it was not made. */
export const middle = (found: Found, name: string, what: string): number =>
  median(found[name]![what]!);
