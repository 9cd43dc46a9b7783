import type { Outcome } from './scenario.ts';
import { figure, type Figure } from './stats.ts';
import type { Trace } from './trace.ts';

type Row = Record<string, Figure>;

/** To a hundredth: what is less is nothing. */
const row = (unit: string, values: Record<string, number>): Row =>
  Object.fromEntries(
    Object.entries(values).map(([what, value]) => [
      what,
      figure(unit, [Math.round(value * 100) / 100]),
    ]),
  );

const total = (values: Record<string, number>): number =>
  Object.values(values).reduce((sum, value) => sum + value, 0);

const scaled = (values: Record<string, number>, by: number): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([what, value]) => [what, value * by]));

/** What the main thread did, by kind: shares of the time that passed, %. */
export function shares(trace: Trace): Row {
  return row('%', scaled(trace.kinds(), 100 / trace.wall));
}

/** What it did in all, ms. */
export function spent(trace: Trace): Row {
  const kinds = trace.kinds();
  return row('ms', { ...kinds, all: total(kinds) });
}

/** What it did in each of the windows that the page has measured under this name, and how long it did nothing: means, ms. */
export function each(trace: Trace, name: string): Row {
  const windows = trace.windows(name);
  if (windows.length === 0) throw new Error(`bench: the trace has no “${name}”`);
  const kinds = trace.kinds(windows);
  const all = windows.reduce((sum, [from, to]) => sum + (to - from) / 1000, 0);
  return row('ms', scaled({ ...kinds, idle: all - total(kinds), all }, 1 / windows.length));
}

/** The longest task: what it was, what most of it was, and its parts, ms. */
export function longestTask(trace: Trace): Outcome['figures'] {
  const task = trace.longest();
  if (!task) return {};
  const kinds = trace.kinds([task.window]);
  const [most] = Object.entries(kinds).toSorted(([, a], [, b]) => b - a);
  const name = `Longest task, traced: a ${task.name}, most of it ${most![0]}`;
  return { [name]: row('ms', { ...kinds, all: task.ms, 'of the processor': task.processor }) };
}
