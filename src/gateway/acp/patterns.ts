import { runInNewContext } from 'node:vm';
import type { Matches } from '../../core/elicitation/check.ts';

/** Longest that one pattern may take, ms: it is an agent's, and every session waits meanwhile. */
const MAX_MS = 50;

/** Whether a text has an agent's pattern. One that takes too long is not judged here: the agent has it too. */
export const matchesInTime: Matches = (pattern, value) => {
  try {
    // Two strings go in and a boolean comes out; the code that runs is ours.
    const context = Object.assign(Object.create(null), { pattern, value });
    return runInNewContext("new RegExp(pattern, 'u').test(value)", context, { timeout: MAX_MS });
  } catch {
    return true;
  }
};
