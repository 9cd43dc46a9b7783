#!/usr/bin/env node
/**
 * Keeps SPEC.md true: its table says which tests prove which rule, and the tests cite the rules in
 * their names (`[R12]`, `[R12, R13]`).
 *
 *   node tests/support/spec.mjs            fails if a cited test does not exist or does not cite the rule,
 *                                          if a rule has neither tests nor the word "planned", or if a
 *                                          test cites a rule that the table does not have
 *   node tests/support/spec.mjs --write    puts the citing tests into the table
 *   … --root FOLDER                        another project's folder
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const args = process.argv.slice(2);
const root = args.includes('--root')
  ? args[args.indexOf('--root') + 1]
  : fileURLToPath(new URL('../..', import.meta.url));
const specPath = join(root, 'SPEC.md');

const ROW = /^\| (R\d+) +\|(.*)\|([^|]*)\|$/;
const CITATION = /\[(R\d+(?:, ?R\d+)*)\]/g;

/** Rule → the test files that cite it. */
const citing = new Map();
for (const entry of readdirSync(join(root, 'tests'), { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  // Chaos scenarios cite rules in their titles; they are no files of a test runner.
  const isTest =
    /\.(test|spec)\.ts$/.test(entry.name) || /chaos.scenarios.\w[\w-]*\.ts$/.test(path);
  if (!entry.isFile() || !isTest) continue;
  for (const [, rules] of readFileSync(path, 'utf8').matchAll(CITATION)) {
    for (const rule of rules.split(/, ?/)) {
      if (!citing.has(rule)) citing.set(rule, new Set());
      citing.get(rule).add(relative(join(root, 'tests'), path).split(sep).join('/'));
    }
  }
}

const lines = readFileSync(specPath, 'utf8').split('\n');
const problems = [];
const known = new Set();
const written = lines.map((line) => {
  const row = ROW.exec(line);
  if (!row) return line;
  const [, rule, text, cell] = row;
  known.add(rule);
  const actual = [...(citing.get(rule) ?? [])].toSorted();
  const cited = [...cell.matchAll(/`([^`]+)`/g)].map(([, path]) => path);
  for (const path of cited)
    if (!actual.includes(path)) problems.push(`${rule}: tests/${path} does not cite it`);
  if (cited.length === 0 && !cell.includes('planned'))
    problems.push(`${rule}: no test and not marked as planned`);
  const tests = actual.length > 0 ? actual.map((path) => `\`${path}\``).join(' ') : 'planned';
  return `| ${rule} |${text}| ${tests} |`;
});
for (const rule of citing.keys())
  if (!known.has(rule)) problems.push(`${rule}: cited by tests, but not in SPEC.md`);

if (args.includes('--write')) {
  writeFileSync(specPath, written.join('\n'));
} else if (problems.length > 0) {
  console.error(problems.join('\n'));
  console.error('Run `npm run spec` to bring the table up to date, and read what it changed.');
  process.exitCode = 1;
} else {
  console.log(`${known.size} rules, ${citing.size} of them cited by tests`);
}
