import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'vite';
import type { Outcome, Scenario } from './lib/scenario.ts';
import { short, type Figure } from './lib/stats.ts';
import { benches as gateway } from './gateway/index.ts';
import { bursts } from './scenarios/bursts.ts';
import { events } from './scenarios/events.ts';
import { firstLoad } from './scenarios/first-load.ts';
import { latency } from './scenarios/latency.ts';
import { reload } from './scenarios/reload.ts';
import { streaming } from './scenarios/streaming.ts';
import { switching } from './scenarios/switch.ts';

const SCENARIOS: readonly Scenario[] = [
  firstLoad,
  streaming,
  switching,
  latency,
  events,
  bursts,
  reload,
  ...gateway,
];

const USAGE = `npm run bench -- [names] [--quick] [--runs n] [--minutes n] [--keep] [--out file.json]
  --quick  small amounts, one run: whether it works, not how fast it is
  --runs   of each measurement, all others between them (5, or as many as there is time for)
  --minutes for all scenarios together; each makes one run at least (30)
  --keep   of scenarios that are not run now, what the file has of them
  --out    where the figures go (docs/bench.json; with --quick, test-results/bench.json)
${SCENARIOS.map(({ name, title }) => `  ${name.padEnd(12)}${title}`).join('\n')}`;

const root = fileURLToPath(new URL('../..', import.meta.url));

/** @returns the exit code: 0 also when a figure was not reached, which is said; 2 for a wrong command line. */
export async function main(argv: readonly string[]): Promise<number> {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        runs: { type: 'string' },
        minutes: { type: 'string', default: '30' },
        keep: { type: 'boolean', default: false },
        out: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    return 2;
  }
  const { values, positionals } = parsed;
  const unknown = positionals.filter((name) => !SCENARIOS.some((each) => each.name === name));
  if (unknown.length > 0 || values.help) {
    console.error(USAGE);
    return values.help ? 0 : 2;
  }
  const { quick } = values;
  const runs = Number(values.runs ?? (quick ? 1 : 5));
  // What runs this file has set it to development, and packages would come in that form: the product's and the peers'.
  process.env['NODE_ENV'] = 'production';
  const dist = await mkdtemp(join(tmpdir(), 'aperture-bench-'));
  // As a user builds it, from the source as it stands.
  await build({
    root,
    configFile: join(root, 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: dist, emptyOutDir: true },
  });
  const chosen = SCENARIOS.filter(
    ({ name }) => positionals.length === 0 || positionals.includes(name),
  );
  const made: Record<string, Measured> = {};
  const end = performance.now() + Number(values.minutes) * 60_000;
  let shares = chosen.reduce((sum, { share }) => sum + share, 0);
  try {
    for (const scenario of chosen) {
      // What one does not need, the others have.
      const began = performance.now();
      const until = began + Math.max(0, end - began) * (scenario.share / shares);
      shares -= scenario.share;
      console.log(`\n${scenario.name}: ${scenario.title}`);
      const say = (line: string): void => console.error(`  ${scenario.name}: ${line}`);
      const outcome = await scenario.run({ quick, runs, dist, until, say });
      made[scenario.name] = { of: commit(), at: new Date().toISOString(), ...outcome };
      print(outcome);
      say(`${Math.round((performance.now() - began) / 1000)} s`);
    }
  } finally {
    await rm(dist, { recursive: true, force: true });
  }
  const out = resolve(
    values.out ?? join(root, quick ? 'test-results/bench.json' : 'docs/bench.json'),
  );
  await mkdir(dirname(out), { recursive: true });
  const before = values.keep ? await kept(out) : {};
  // In the scenarios' own order, whichever was run when.
  const outcomes = Object.fromEntries(
    SCENARIOS.flatMap(({ name }) => {
      const measured = made[name] ?? before[name];
      return measured ? [[name, measured]] : [];
    }),
  );
  const report = { machine: machine(), quick, outcomes };
  await writeFile(out, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`\n${aimsTable(Object.values(made))}`);
  return 0;
}

/** An outcome, with the commit that was measured and when. */
type Measured = Outcome & { readonly of: string; readonly at: string };

/** What stands in the file; nothing if there is none. */
async function kept(file: string): Promise<Record<string, Measured>> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  const { outcomes = {} } = JSON.parse(text) as { outcomes?: Record<string, Measured> };
  return outcomes;
}

const spread = ({ median, low, high, unit, runs }: Figure): string =>
  runs > 1 ? `${short(median)} ${unit} (${short(low)}–${short(high)})` : `${short(median)} ${unit}`;

/** Figure, target, met or not. */
function aimsTable(outcomes: readonly Outcome[]): string {
  const rows = outcomes.flatMap(({ aims }) =>
    aims.map(({ what, value, limit, unit }) => [
      what,
      `${short(value)} ${unit}`,
      limit === undefined ? '' : `≤ ${limit} ${unit}`,
      limit === undefined ? 'shown' : value <= limit ? 'met' : 'NOT MET',
    ]),
  );
  const head = ['Figure', 'Reached', 'Target', ''];
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  return [head, ...rows].map(line).join('\n');
}

function print({ figures, aims }: Outcome): void {
  for (const [name, of] of Object.entries(figures)) {
    const words = Object.entries(of).map(([what, value]) => `${what} ${spread(value)}`);
    console.log(`  ${name.padEnd(38)} ${words.join(' · ')}`);
  }
  for (const { what, value, limit, unit } of aims) {
    const reached = `${what}: ${short(value)} ${unit}`;
    if (limit === undefined) console.log(`  shown       ${reached}`);
    else
      console.log(
        `  ${value <= limit ? 'reached    ' : 'NOT REACHED'} ${reached}, at most ${limit}`,
      );
  }
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: root,
      encoding: 'utf8',
    }).trim();
  } catch {
    return 'unknown';
  }
}

function machine(): string {
  const [first, ...others] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${others.length + 1} × ${first?.model.trim() || 'CPU'}, ${memory} GB, Node ${process.versions.node}`;
}
