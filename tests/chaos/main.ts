import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseOptions } from './lib/options.ts';
import { Random } from './lib/random.ts';
import type { Outcome, Scenario } from './lib/scenario.ts';
import { acks } from './scenarios/acks.ts';
import { browserKill } from './scenarios/browser-kill.ts';
import { clock } from './scenarios/clock.ts';
import { closeCodes } from './scenarios/close-codes.ts';
import { controls } from './scenarios/controls.ts';
import { cuts } from './scenarios/cuts.ts';
import { dials } from './scenarios/dials.ts';
import { gatewayKill } from './scenarios/gateway-kill.ts';
import { halfOpen } from './scenarios/half-open.ts';
import { isolation } from './scenarios/isolation.ts';

/** Cheap ones first: what is broken altogether shows at once. */
const SCENARIOS: readonly Scenario[] = [
  closeCodes,
  isolation,
  controls,
  acks,
  dials,
  clock,
  halfOpen,
  gatewayKill,
  browserKill,
  cuts,
];

/** @returns the exit code: 0 when all is as it must be, 2 for a wrong command line. */
export async function main(argv: readonly string[]): Promise<number> {
  let options;
  try {
    options = parseOptions(argv);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 2;
  }
  const unknown = options.names.filter((name) => !SCENARIOS.some((each) => each.name === name));
  if (unknown.length > 0) {
    const known = SCENARIOS.map(({ name, title }) => `  ${name.padEnd(14)}${title}`).join('\n');
    console.error(`No scenario ${unknown.join(', ')}. There are:\n${known}`);
    return 2;
  }
  const chosen = SCENARIOS.filter(
    ({ name }) => options.names.length === 0 || options.names.includes(name),
  );
  await mkdir(options.out, { recursive: true });
  console.log(`chaos: --seed ${options.seed}${options.short ? ' --short' : ''}`);
  let failed = 0;
  let passed = 0;
  for (const scenario of chosen) {
    const { name } = scenario;
    if (scenario.browser && !process.env['APERTURE_CHROMIUM']) {
      const required = process.env['CI'] === 'true';
      console.log(`!!! SKIPPED: ${name}. It needs a Chromium; install one, or set CHROME_BIN.`);
      if (required) failed++;
      continue;
    }
    const began = performance.now();
    let outcome: Outcome;
    try {
      outcome = await scenario.run({
        options,
        // Each has its own dice, so that one alone throws what it throws among the others.
        random: new Random(options.seed),
        say: (line) => console.error(`  ${name}: ${line}`),
      });
    } catch (error) {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      outcome = { figures: {}, failures: [why] };
    }
    const seconds = (performance.now() - began) / 1000;
    const ok = outcome.failures.length === 0;
    if (ok) passed++;
    else failed++;
    const figures = Object.entries(outcome.figures).map(([what, value]) => `${what} ${value}`);
    console.log(
      `${name.padEnd(14)} ${ok ? 'ok    ' : 'FAILED'} ${seconds.toFixed(1).padStart(6)} s  ${figures.join(' · ')}`,
    );
    for (const failure of outcome.failures) console.log(`    ${failure}`);
    await writeFile(
      join(options.out, `aperture-chaos-${name}.json`),
      `${JSON.stringify({ name, title: scenario.title, ok, seconds, seed: options.seed, short: options.short, ...outcome }, undefined, 2)}\n`,
    );
  }
  if (options.report) await writeFile(options.report, JSON.stringify({ passed, failed }));
  return failed > 0 ? 1 : 0;
}
