#!/usr/bin/env node
/**
 * `npm test`: builds, checks and tests everything, one stage after the other, and ends with a
 * summary whose last line is `N passed, N failed`. A stage that fails without naming a failed test
 * (a build, the linter) counts as one failure.
 *
 * `node tests/support/run-all.mjs unit|browser|e2e|agents|screenshots` runs one part; what stands after it goes to
 * the runner, as in `npm run test:e2e -- -g unread`. A part that needs a browser is
 * skipped, loudly, when there is none; with CI=true that is a failure.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBrowser } from './find-browser.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const reports = await mkdtemp(join(tmpdir(), 'aperture-tests-'));
const bin = (name) => join(root, 'node_modules', name);

const vitest = (name, ...projects) => ({
  name,
  limitMinutes: 10,
  report: vitestCounts,
  args: [
    bin('vitest/vitest.mjs'),
    'run',
    ...projects.flatMap((project) => ['--project', project]),
    '--passWithNoTests',
    '--reporter=dot',
    '--reporter=json',
    `--outputFile.json=${join(reports, `${name}.json`)}`,
  ],
});

/** The scenarios whose verdict is no time: a busy machine cannot fail them. */
const CHAOS_WITHOUT_CLOCKS = [
  'close-codes',
  'isolation',
  'controls',
  'acks',
  'gateway-kill',
  'browser-kill',
  'cuts',
];

const STAGES = {
  page: { args: [bin('vite/bin/vite.js'), 'build', '--logLevel', 'warn'] },
  gateway: { args: [bin('vite/bin/vite.js'), 'build', '--ssr', '--logLevel', 'warn'] },
  typecheck: { args: [bin('typescript/bin/tsc'), '-b'] },
  lint: { args: [bin('oxlint/bin/oxlint'), '--deny-warnings'] },
  format: { args: [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'] },
  unit: vitest('unit', 'unit', 'contract'),
  browser: { ...vitest('browser', 'browser'), browser: true },
  e2e: {
    browser: true,
    limitMinutes: 15,
    report: playwrightCounts,
    args: [bin('@playwright/test/cli.js'), 'test', '--config', 'tests/e2e/playwright.config.ts'],
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: join(reports, 'e2e.json') },
  },
  // The short run; the full one takes up to an hour: npm run test:chaos.
  chaos: {
    browser: true,
    limitMinutes: 10,
    report: (counts) => counts,
    args: [
      'tests/chaos/run.mjs',
      ...CHAOS_WITHOUT_CLOCKS,
      '--short',
      '--report',
      join(reports, 'chaos.json'),
    ],
  },
};

STAGES.agents = {
  ...STAGES.e2e,
  args: [bin('@playwright/test/cli.js'), 'test', '--config', 'tests/agents/playwright.config.ts'],
  env: { APERTURE_AGENTS_REPORT: join(reports, 'agents.json') },
  report: (counts) => counts,
  limitMinutes: 30,
};
STAGES.screenshots = {
  ...STAGES.e2e,
  args: [
    bin('@playwright/test/cli.js'),
    'test',
    '--config',
    'tests/support/screenshots/playwright.config.ts',
  ],
  env: { PLAYWRIGHT_JSON_OUTPUT_FILE: join(reports, 'screenshots.json') },
};

const PARTS = {
  // Those that download agents, or make pictures, are asked for by name.
  all: Object.keys(STAGES).filter((name) => name !== 'screenshots' && name !== 'agents'),
  unit: ['page', 'gateway', 'unit'],
  browser: ['browser'],
  e2e: ['page', 'gateway', 'e2e'],
  chaos: ['page', 'gateway', 'chaos'],
  agents: ['page', 'gateway', 'agents'],
  screenshots: ['page', 'gateway', 'screenshots'],
};

const [part = 'all', ...extra] = process.argv.slice(2);
const names = PARTS[part];
if (!names) {
  console.error(`No part "${part}". There are: ${Object.keys(PARTS).join(', ')}.`);
  process.exit(2);
}

const results = [];
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
let browser;
try {
  for (const name of names) {
    // One after the other: two cores, and a broken build explains the rest.
    results.push(await runStage(name, { limitMinutes: 5, ...STAGES[name] }));
    if (results.at(-1).failed && (name === 'page' || name === 'gateway')) break;
  }
} finally {
  await rm(reports, { recursive: true, force: true });
}
summarise();

async function runStage(name, stage) {
  console.log(`\n── ${name} ${'─'.repeat(Math.max(0, 60 - name.length))}`);
  if (stage.browser) {
    browser ??= (await findBrowser()) ?? null;
    if (!browser) return skipped(name);
  }
  const began = performance.now();
  const code = await run(stage);
  const counts = await countsOf(name, stage);
  // The exit code has the last word: a crash after the last test is a failure too.
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return { name, code, seconds: (performance.now() - began) / 1000, ...counts };
}

function skipped(name) {
  const failed = process.env['CI'] === 'true' ? 1 : 0;
  console.log(
    `!!! SKIPPED: ${name}. No Chromium was found and none could be installed.\n` +
      '!!! Install Chrome or Chromium, or set CHROME_BIN, and run again.',
  );
  return { name, skipped: true, seconds: 0, passed: 0, failed };
}

function run(stage) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...stage.args, ...(stage.report ? extra : [])], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        ...(!process.stdout.isTTY && { NO_COLOR: '1', FORCE_COLOR: undefined }),
        ...stage.env,
        ...(stage.browser && {
          ...browser.env,
          APERTURE_CHROMIUM: browser.executablePath,
          APERTURE_CHROMIUM_ARGS: browser.args.join(' '),
        }),
      },
      detached: process.platform !== 'win32',
    });
    const stop = () => {
      try {
        process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
    };
    const timer = setTimeout(() => {
      console.log(`!!! Stopped: it took longer than ${stage.limitMinutes} minutes.`);
      stop();
    }, stage.limitMinutes * 60_000);
    // The stages have process groups of their own, so Ctrl+C does not reach them by itself.
    const interrupted = () => (stop(), process.exit(130));
    process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
    const settle = (code) => {
      clearTimeout(timer);
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
      resolve(code);
    };
    child.on('error', () => settle(1));
    child.on('exit', (code) => settle(code ?? 1));
  });
}

async function countsOf(name, { report }) {
  if (!report) return { passed: 0, failed: 0 };
  try {
    return report(JSON.parse(await readFile(join(reports, `${name}.json`), 'utf8')));
  } catch {
    return { passed: 0, failed: 0 };
  }
}

function vitestCounts(report) {
  // A file that cannot be loaded fails as a suite and has no failed test in it.
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((t) => t.status !== 'failed'),
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
}

function playwrightCounts({ stats, errors = [] }) {
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky + errors.length };
}

function summarise() {
  const failed = sum('failed');
  console.log(`\n── summary ${'─'.repeat(53)}`);
  for (const result of results) {
    const verdict = result.skipped ? 'SKIPPED' : result.failed ? 'FAILED' : 'ok';
    const counts =
      result.passed + result.failed > 0 ? `${result.passed} passed, ${result.failed} failed` : '';
    console.log(
      `${result.name.padEnd(10)} ${verdict.padEnd(8)} ${result.seconds.toFixed(1).padStart(6)} s  ${counts}`,
    );
  }
  for (const name of names.slice(results.length)) console.log(`${name.padEnd(10)} not run`);
  process.exitCode = failed > 0 ? 1 : 0;
  console.log(`${sum('passed')} passed, ${failed} failed`);
}
