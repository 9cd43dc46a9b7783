#!/usr/bin/env node
/**
 * A page of tables (`bench.md`), README's table and two plots from the bench's figures, as SVG that reads on light and
 * dark pages: `node tests/bench/plots.mjs [docs/bench.json] [docs]`. Nothing in it depends on when it runs.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [from = join(root, 'docs/bench.json'), into = join(root, 'docs')] = process.argv.slice(2);
const { outcomes, machine } = JSON.parse(await readFile(from, 'utf8'));

const WIDTH = 720;
const HEIGHT = 380;
const LEFT = 64;
const RIGHT = 160;
const TOP = 46;
const BOTTOM = 46;
const COLOURS = ['#5b45c9', '#c2571a', '#1a7f6b', '#b3261e', '#6b6b6b'];

/** Where a value stands on a logarithmic axis. */
const place = (value, low, high, from, to) =>
  from + (Math.log(value / low) / Math.log(high / low || 2)) * (to - from);

/**
 * @typedef {{ name: string, points: { x: number, median: number, low: number, high: number }[] }} Line
 * @param {{ title: string, x: string, y: string, lines: Line[], limit?: number, from?: number }} plot both axes logarithmic
 */
function draw({ title, x, y, lines, limit, from }) {
  const points = lines.flatMap((line) => line.points);
  const [left, right] = bounds(points.map((point) => point.x));
  const [bottom, top] = bounds([
    ...points.flatMap(({ low, high }) => [low, high]),
    ...(limit === undefined ? [] : [limit]),
    ...(from === undefined ? [] : [from]),
  ]);
  const px = (value) => place(value, left, right, LEFT, WIDTH - RIGHT).toFixed(1);
  const py = (value) => place(value, bottom, top, HEIGHT - BOTTOM, TOP).toFixed(1);
  const ends = spread(lines.map(({ points: of }) => Number(py(of.at(-1).median))));
  const marks = [
    `<text class="title" x="${LEFT}" y="24">${escape(title)}</text>`,
    ...ticks(bottom, top).map(
      (value) =>
        `<path class="grid" d="M${LEFT} ${py(value)}H${WIDTH - RIGHT}"/><text class="y" x="${LEFT - 8}" y="${py(value)}">${label(value)}</text>`,
    ),
    ...[...new Set(points.map((point) => point.x))].map(
      (value) =>
        `<text class="x" x="${px(value)}" y="${HEIGHT - BOTTOM + 20}">${value.toLocaleString('en')}</text>`,
    ),
    `<text class="x" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}">${escape(x)}</text>`,
    `<text class="unit" x="${LEFT - 8}" y="${TOP - 8}">${escape(y)}</text>`,
    ...(limit === undefined
      ? []
      : [
          `<path class="limit" d="M${LEFT} ${py(limit)}H${WIDTH - RIGHT}"/><text x="${WIDTH - RIGHT + 8}" y="${py(limit)}">aim: ${label(limit)}</text>`,
        ]),
    ...lines.map(({ name, points: of }, i) => {
      const colour = COLOURS[i % COLOURS.length];
      const path = of.map((point) => `${px(point.x)} ${py(point.median)}`).join('L');
      const bars = of.map((p) => `M${px(p.x)} ${py(p.low)}V${py(p.high)}`).join('');
      const dots = of.map((p) => `<circle cx="${px(p.x)}" cy="${py(p.median)}" r="3.5"/>`).join('');
      return `<g stroke="${colour}" fill="${colour}"><path class="line" d="M${path}"/><path class="bar" d="${bars}"/>${dots}<text class="name" stroke="none" x="${WIDTH - RIGHT + 8}" y="${ends[i].toFixed(1)}">${escape(name)}</text></g>`;
    }),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(title)}">
<style>text{font:12px system-ui,sans-serif;fill:#666;dominant-baseline:middle}.title{font-size:14px;font-weight:600}.name{font-weight:600;fill:inherit}.x{text-anchor:middle}.y,.unit{text-anchor:end}.unit{text-anchor:start}.grid{stroke:#8884;fill:none}.limit{stroke:#888;stroke-dasharray:5 4;fill:none}.line{fill:none;stroke-width:2}.bar{stroke-width:1;opacity:.6}g text.name{fill:inherit}@media(prefers-color-scheme:dark){text{fill:#aaa}}</style>
${marks.join('\n')}
</svg>
`;
}

const bounds = (values) => {
  const known = values.filter((value) => Number.isFinite(value) && value > 0);
  return [Math.min(...known) / 1.15, Math.max(...known) * 1.15];
};

/** 1, 2, 5 of every power of ten between the bounds; fewer when there are many. */
function ticks(low, high) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++)
    for (const step of [1, 2, 5]) found.push(Number((step * 10 ** power).toPrecision(1)));
  const inside = found.filter((value) => value >= low && value <= high);
  return inside.length > 9 ? inside.filter((value) => /^[^1-9]*1/.test(String(value))) : inside;
}

/** Keeps the names at the lines' ends from lying on each other. */
function spread(places) {
  const order = places.map((_, i) => i).toSorted((a, b) => places[a] - places[b]);
  const moved = [...places];
  for (let i = 1; i < order.length; i++)
    moved[order[i]] = Math.max(moved[order[i]], moved[order[i - 1]] + 16);
  return moved;
}

const label = (value) => Number(value.toPrecision(3)).toLocaleString('en');
const escape = (text) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

/** Lines of one scenario: `match` gives who, and where on the x axis. */
function lines(figures, match, what) {
  /** @type {Map<string, Line>} */
  const found = new Map();
  for (const [name, of] of Object.entries(figures)) {
    const [, who, x] = match.exec(name) ?? [];
    if (who === undefined || !of[what]) continue;
    const line = found.get(who) ?? { name: who, points: [] };
    found.set(who, line);
    const { median, low, high } = of[what];
    line.points.push({ x: Number(x), median, low, high });
  }
  for (const line of found.values()) line.points.sort((a, b) => a.x - b.x);
  return [...found.values()];
}

const dayOf = ({ at }) => at.slice(0, 10);
if (outcomes.streaming) {
  const plot = draw({
    title: `Main-thread time of a streamed answer (median and spread, ${dayOf(outcomes.streaming)})`,
    x: 'length of the answer, KB',
    y: 'ms',
    lines: lines(outcomes.streaming.figures, /^(.+): mixed, (\d+) KB$/, 'task'),
  });
  await writeFile(join(into, 'bench-streaming.svg'), plot);
}
if (outcomes.switch) {
  const found = lines(outcomes.switch.figures, /^(Aperture): (\d+) messages$/, 'p95');
  const medians = lines(outcomes.switch.figures, /^(Aperture): (\d+) messages$/, 'median');
  const plot = draw({
    title: `Switching sessions, click to painted, while ten stream (${dayOf(outcomes.switch)})`,
    x: 'messages in the session',
    y: 'ms',
    limit: 10,
    from: 1,
    lines: [
      ...found.map((line) => ({ ...line, name: 'p95' })),
      ...medians.map((line) => ({ ...line, name: 'median' })),
    ],
  });
  await writeFile(join(into, 'bench-switch.svg'), plot);
}

/** A number with three digits that mean something. */
const short = (value) =>
  value === null || !Number.isFinite(value)
    ? '–'
    : Math.abs(value) >= 100
      ? Math.round(value).toLocaleString('en')
      : String(Number(value.toPrecision(3)));

/** Columns as wide as their widest cell, as the formatter wants them. */
function table(head, rows) {
  const widths = head.map((cell, i) =>
    Math.max(3, cell.length, ...rows.map((row) => row[i].length)),
  );
  const line = (cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

const PROFILE = [
  'From the browser’s trace of the main thread, whose keeping costs some time itself, of one run; by what ran innermost.',
  '`messages` is the moving of tasks and messages, `frame` what a frame costs beside what has a name, `gc` the collector.',
];

const words = [
  '# Bench',
  '',
  `Made by \`tests/bench/plots.mjs\` from the figures of \`npm run bench\`: ${machine}; medians of interleaved runs, with the lowest and the highest.`,
  '',
];
const aims = Object.values(outcomes).flatMap((outcome) => outcome.aims ?? []);
const reached = [
  ...table(
    ['What', 'Reached', 'Aim', ''],
    aims.map(({ what, value, limit, unit }) => [
      what,
      `${short(value)} ${unit}`,
      limit === undefined ? '' : `≤ ${short(limit)} ${unit}`,
      limit === undefined ? 'shown beside' : value <= limit ? 'yes' : 'no',
    ]),
  ),
];
words.push('## Figures to reach', '', ...reached, '');
for (const [name, outcome] of Object.entries(outcomes)) {
  const { figures, of: commit } = outcome;
  words.push(`## ${name}`, '', `Commit ${commit}, ${dayOf(outcome)}.`, '');
  const cell = (figure) =>
    `${short(figure.median)} ${figure.unit}`.trim() +
    (figure.runs > 1 ? ` (${short(figure.low)}–${short(figure.high)})` : '');
  // What has the same columns is one table: a profile has others than the figures that it explains.
  const tables = new Map();
  for (const [who, of] of Object.entries(figures)) {
    const columns = Object.keys(of);
    const rows = tables.get(columns.join()) ?? { head: ['', ...columns], body: [] };
    tables.set(columns.join(), rows);
    rows.body.push([who, ...Object.values(of).map(cell)]);
  }
  for (const { head, body } of tables.values()) {
    if (head.includes('messages')) words.push(...PROFILE, '');
    words.push(...table(head, body), '');
  }
}
await writeFile(join(into, 'bench.md'), words.join('\n'));

const readme = join(root, 'README.md');
if (into === join(root, 'docs')) {
  const text = await readFile(readme, 'utf8');
  const between = /(<!-- bench -->\n)[^]*?(\n<!-- \/bench -->)/;
  await writeFile(
    readme,
    text.replace(between, (_, open, close) => `${open}\n${reached.join('\n')}\n${close}`),
  );
}
