import type { ChaosOptions } from './options.ts';
import type { Random } from './random.ts';

export interface Context {
  readonly options: ChaosOptions;
  /** Seeded; a scenario draws everything that is left to chance from it. */
  readonly random: Random;
  /** A line of progress, for whoever waits. */
  readonly say: (line: string) => void;
}

export interface Outcome {
  /** Printed in one line, in this order, and written as JSON. */
  readonly figures: Readonly<Record<string, number | string>>;
  /** What is not as it must be; none when all is well. */
  readonly failures: readonly string[];
}

export interface Scenario {
  readonly name: string;
  /** One sentence, with the rules that it proves. */
  readonly title: string;
  /** Whether it needs a browser. */
  readonly browser: boolean;
  run(context: Context): Promise<Outcome>;
}
