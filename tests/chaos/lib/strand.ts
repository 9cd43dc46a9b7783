import type { SessionEvent } from '../../../src/core/session/event.ts';

/** An event with the log numbers that it stands for; `from` is what follows the one before, if it is absent. */
export interface Piece {
  readonly from?: number;
  readonly n: number;
  readonly event: SessionEvent;
}

/** Neighbouring pieces of one message's text, or one event of another kind. */
export interface Run {
  n: number;
  /** All of it but the text. */
  readonly shape: string;
  text: string;
  /** How long the text was at each number that we know of. */
  readonly marks: Map<number, number>;
}

/**
 * A log in a form that does not depend on how far it was coalesced: gateway and page both join pieces of
 * text of what is finished, each by its own rules, and any two of these must still say the same.
 */
export function strand(pieces: readonly Piece[]): Run[] {
  const runs: Run[] = [];
  for (const { n, event } of pieces) {
    const plain = event.type === 'chunk' && event.content.type === 'text';
    const text = plain ? (event.content as { text: string }).text : '';
    const shape = stable(plain ? { ...event, content: { ...event.content, text: '' } } : event);
    const last = runs.at(-1);
    if (plain && last?.shape === shape) {
      last.n = n;
      last.text += text;
      last.marks.set(n, last.text.length);
    } else runs.push({ n, shape, text, marks: new Map([[n, text.length]]) });
  }
  return runs;
}

/**
 * What is different between what should be there and what is, in words, one for each run. With `prefix`,
 * what should be there may go on after what is wanted ends.
 */
export function differences(
  wanted: readonly Run[],
  got: readonly Run[],
  { prefix = false } = {},
): string[] {
  const found: string[] = [];
  const length = prefix ? wanted.length : Math.max(wanted.length, got.length);
  for (let i = 0; i < length; i++) {
    const a = wanted[i];
    const b = got[i];
    const mayGoOn = prefix && i === wanted.length - 1;
    const same =
      a !== undefined &&
      b !== undefined &&
      a.shape === b.shape &&
      (mayGoOn ? b.text.startsWith(a.text) && b.n >= a.n : a.text === b.text && a.n === b.n) &&
      [...a.marks].every(([n, at]) => (b.marks.get(n) ?? at) === at);
    if (!same) found.push(`${told(b)} instead of ${told(a)}`);
  }
  return found;
}

/** Equal values print equally, whatever the order of their keys; what is undefined counts as absent. */
export const stable = (value: unknown): string => JSON.stringify(value, sortKeys);

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const told = (run: Run | undefined): string =>
  run ? `… ${run.n}: ${run.shape.slice(0, 120)} “${run.text.slice(-60)}”` : 'nothing';
