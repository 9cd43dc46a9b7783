import type { Figure } from './stats.ts';

export interface BenchOptions {
  readonly quick: boolean;
  /** How often each measurement is made, all others between. */
  readonly runs: number;
  /** Directory of the product's built page. */
  readonly dist: string;
  readonly say: (line: string) => void;
}

/** A figure to reach, from the requirements; `met` when `value` is at most `limit`. */
export interface Aim {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
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
  run(options: BenchOptions): Promise<Outcome>;
}

/** Runs of everything, interleaved: what disturbs the machine for a while disturbs all alike. */
export async function interleaved(
  runs: number,
  measurements: Record<string, () => Promise<Record<string, number>>>,
  say: (line: string) => void,
): Promise<Record<string, Record<string, number[]>>> {
  const found: Record<string, Record<string, number[]>> = {};
  for (let run = 0; run < runs; run++) {
    for (const [name, measure] of Object.entries(measurements)) {
      const began = performance.now();
      for (const [what, value] of Object.entries(await measure()))
        ((found[name] ??= {})[what] ??= []).push(value);
      say(`${name}: run ${run + 1}, ${((performance.now() - began) / 1000).toFixed(1)} s`);
    }
  }
  return found;
}
