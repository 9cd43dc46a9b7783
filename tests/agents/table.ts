import { writeFileSync } from 'node:fs';
import type { FullResult, Reporter, TestCase, TestResult } from '@playwright/test/reporter';
import { RECIPES, type AgentName } from './real-agents.ts';

/** Prints what each agent can do in the page as a table, ready for the README. */
class Table implements Reporter {
  readonly #cells = new Map<string, Map<string, string>>();
  #passed = 0;
  #failed = 0;

  onTestEnd(test: TestCase, result: TestResult): void {
    const agent = test.parent.title;
    if (result.status === test.expectedStatus) this.#passed++;
    else this.#failed++;
    const row = this.#cells.get(test.title) ?? new Map<string, string>();
    const ok = result.status === test.expectedStatus;
    row.set(agent, ok ? `✓ ${(result.duration / 1000).toFixed(1)} s` : `✗ ${result.status}`);
    this.#cells.set(test.title, row);
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${agent}: ${test.title}`);
    for (const { message } of result.errors) console.log(message);
  }

  onEnd({ status }: FullResult): void {
    const agents = Object.keys(RECIPES) as AgentName[];
    const heads = agents.map((agent) => `${RECIPES[agent].title} ${RECIPES[agent].version}`);
    console.log(`\n| | ${heads.join(' | ')} |\n|---|${agents.map(() => '---|').join('')}`);
    for (const [what, row] of this.#cells)
      console.log(`| ${what} | ${agents.map((agent) => row.get(agent) ?? '–').join(' | ')} |`);
    console.log(`\n${status}`);
    const report = process.env['APERTURE_AGENTS_REPORT'];
    if (report) {
      writeFileSync(report, JSON.stringify({ passed: this.#passed, failed: this.#failed }));
    }
  }
}

export default Table;
