import { checkField } from '../../../../core/elicitation/check.ts';
import type { Form } from '../../../../core/elicitation/form.ts';
import type { JsonObject } from '../../../../core/json.ts';
import type { PatternOrder } from './pattern-worker.ts';

/** A pattern is the agent's and may be made to run for ever: one that takes longer is left to the gateway, ms. */
const MAX_MS = 3_000;

/** By name, what is wrong with the fields that have a pattern. Never rejects. */
export async function fittingPatterns(
  form: Form,
  content: JsonObject,
): Promise<[string, string][]> {
  const wrong: [string, string][] = [];
  for (const field of form.fields) {
    const value = content[field.name];
    if (field.type !== 'text' || field.pattern === undefined || typeof value !== 'string') continue;
    const { pattern } = field;
    const fits = await matches({ pattern, value });
    const problem = checkField(field, value, () => fits);
    if (problem !== undefined) wrong.push([field.name, problem]);
  }
  return wrong;
}

function matches(order: PatternOrder): Promise<boolean> {
  return new Promise((resolve) => {
    let worker: Worker;
    try {
      worker = new Worker(new URL('./pattern-worker.ts', import.meta.url), { type: 'module' });
    } catch {
      return resolve(true);
    }
    const done = (fits: boolean): void => {
      clearTimeout(timer);
      worker.terminate();
      resolve(fits);
    };
    const timer = setTimeout(() => done(true), MAX_MS);
    worker.addEventListener('message', ({ data }: MessageEvent<boolean>) => done(data));
    worker.addEventListener('error', () => done(true));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin to name
    worker.postMessage(order);
  });
}
