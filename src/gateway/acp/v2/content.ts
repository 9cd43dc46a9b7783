import { isObject, type JsonObject } from '../../../core/json.ts';
import { textPart } from '../../../core/updates/gathered.ts';

const STATUS: ReadonlyMap<unknown, string> = new Map([
  ['paused', 'in_progress'],
  ['cancelled', 'failed'],
]);

/**
 * A tool call of version 2 in version 1's words: a patch, of which `null` clears a field there and says nothing in
 * version 1.
 *
 * @param terminal the gateway's name for a terminal of the agent.
 */
export function callFrom2(call: JsonObject, terminal: (id: string) => string): JsonObject {
  const { content, status, capabilities: _, ...rest } = call;
  const changes = content === undefined ? [] : Array.isArray(content) ? content : [];
  const fields = Object.entries(rest).filter(([, value]) => value !== null);
  const paths = changes.filter(isObject).flatMap(changedPaths);
  return {
    ...Object.fromEntries(fields),
    ...(status !== undefined && status !== null && { status: STATUS.get(status) ?? status }),
    ...(content !== undefined && { content: changes.flatMap((part) => partFrom2(part, terminal)) }),
    ...(paths.length > 0 && rest['locations'] === undefined && { locations: paths }),
    ...(rest['locations'] === null && { locations: [] }),
  };
}

/** One piece of a tool call's content; a diff is a patch there, and two texts in version 1. */
export function partFrom2(part: unknown, terminal: (id: string) => string): JsonObject[] {
  if (!isObject(part)) return [];
  if (part['type'] === 'terminal' && typeof part['terminalId'] === 'string') {
    return [{ ...part, terminalId: terminal(part['terminalId']) }];
  }
  if (part['type'] !== 'diff' || !Array.isArray(part['changes'])) return [part];
  const { patch } = part;
  if (isObject(patch) && typeof patch['text'] === 'string')
    return [textPart(fenced(patch['text']))];
  return [textPart(part['changes'].filter(isObject).map(changeWords).join('\n'))];
}

function changedPaths({ type, changes }: JsonObject): JsonObject[] {
  if (type !== 'diff' || !Array.isArray(changes)) return [];
  return changes
    .filter(isObject)
    .flatMap(({ path }) => (typeof path === 'string' ? [{ path }] : []));
}

const changeWords = ({ operation, oldPath, path }: JsonObject): string =>
  oldPath === undefined
    ? `${String(operation)} ${String(path)}`
    : `${String(operation)} ${String(oldPath)} → ${String(path)}`;

/** A fence that is longer than any in the text. */
function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`{3,}/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}diff\n${text.replace(/\n$/, '')}\n${fence}`;
}
