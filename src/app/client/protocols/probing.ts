import type { ProbeAnswer } from '../../../core/endpoint/probe.ts';

/** A server that has said nothing by then does not speak this; ms. */
const PROBE_MS = 5_000;

/**
 * One probe's life: asks until there is an answer, the time is up or somebody stops it, and closes what it opened.
 * @param silent what it means when nothing came.
 * @param ask opens something and answers through `done`, never before it has returned; returns how to close it.
 */
export function probing(
  signal: AbortSignal,
  silent: string,
  ask: (done: (answer: ProbeAnswer) => void) => () => void,
): Promise<ProbeAnswer> {
  if (signal.aborted) return Promise.resolve({ verdict: 'no', how: 'Stopped.' });
  return new Promise((resolve) => {
    const over = new AbortController();
    const done = (answer: ProbeAnswer): void => {
      if (over.signal.aborted) return;
      over.abort();
      clearTimeout(timer);
      close();
      resolve(answer);
    };
    const timer = setTimeout(() => done({ verdict: 'no', how: silent }), PROBE_MS);
    const close = ask(done);
    signal.addEventListener('abort', () => done({ verdict: 'no', how: 'Stopped.' }), {
      signal: over.signal,
    });
  });
}

/** What a socket that closed before it answered says of its server. */
export function closedInstead(code: number, reason: string): ProbeAnswer {
  const forbidden = code === 3003 || code === 4403;
  if (forbidden || code === 3000 || code === 4401) {
    return {
      verdict: 'refused',
      how: reason || (forbidden ? 'It does not admit this page.' : 'It refuses the token.'),
    };
  }
  return { verdict: 'no', how: `The socket closed (${code}).` };
}
