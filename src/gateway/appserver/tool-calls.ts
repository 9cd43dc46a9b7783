import type { JsonObject } from '../../core/json.ts';
import { oneLine } from '../../core/text/sanitise.ts';
import { changedPlaces, changeTitle, diffContent, readChanges } from './diffs.ts';
import { asList, asObject, asText } from './protocol.ts';

const MAX_TITLE = 300;

/** An item that is a piece of work, as ACP's tool call without its id. `undefined`: it is something else. */
export function toolCallOf(item: JsonObject, over: boolean): JsonObject | undefined {
  const describe = BY_TYPE.get(asText(item['type']) ?? '');
  if (!describe) return undefined;
  const { content = [], ...call } = describe(item, over);
  return { ...call, status: statusOf(item, over), ...(asList(content).length > 0 && { content }) };
}

export const textPart = (words: string): JsonObject => ({
  type: 'content',
  content: { type: 'text', text: words },
});

/** What a command is shown as: what its shell was given, where that is known. */
export function commandTitle(item: JsonObject): string {
  const actions = asList(item['commandActions']).map(asObject);
  const parts = actions.flatMap(({ command }) => asText(command) ?? []);
  const line = parts.length === 0 ? asText(item['command']) : parts.join(' && ');
  return oneLine(line ?? 'Run a command', MAX_TITLE);
}

type Describe = (item: JsonObject, over: boolean) => JsonObject;

const BY_TYPE: ReadonlyMap<string, Describe> = new Map<string, Describe>([
  ['commandExecution', command],
  ['fileChange', fileChange],
  ['mcpToolCall', mcpToolCall],
  ['dynamicToolCall', dynamicToolCall],
  ['webSearch', webSearch],
  ['imageView', imageView],
  ['imageGeneration', imageGeneration],
  ['collabAgentToolCall', collaboration],
  [
    'sleep',
    ({ durationMs }) => ({
      title: typeof durationMs === 'number' ? `Wait ${Math.round(durationMs / 1_000)} s` : 'Wait',
      kind: 'other',
    }),
  ],
]);

function command(item: JsonObject): JsonObject {
  const kinds = asList(item['commandActions']).map((action) => asObject(action)['type']);
  const all = (...wanted: unknown[]): boolean =>
    kinds.length > 0 && kinds.every((kind) => wanted.includes(kind));
  return {
    title: commandTitle(item),
    kind: all('read') ? 'read' : all('read', 'search', 'listFiles') ? 'search' : 'execute',
    rawInput: { command: item['command'], cwd: item['cwd'] },
    ...(item['status'] === 'declined' && { content: [textPart('It was not allowed.')] }),
  };
}

function fileChange({ changes }: JsonObject): JsonObject {
  const read = readChanges(changes);
  return {
    title: changeTitle(read),
    kind: 'edit',
    locations: changedPlaces(read),
    content: diffContent(read),
  };
}

function mcpToolCall(item: JsonObject): JsonObject {
  const { server, tool, error, result } = item;
  const { content, structuredContent } = asObject(result);
  const failed = asText(asObject(error)['message']);
  return {
    title: oneLine(`${asText(server) ?? ''}: ${asText(tool) ?? ''}`, MAX_TITLE),
    kind: 'other',
    rawInput: item['arguments'],
    content: failed === undefined ? asList(content).map(block) : [textPart(failed)],
    // Most servers say the same in words.
    ...(structuredContent != null &&
      asList(content).length === 0 && { rawOutput: structuredContent }),
  };
}

/** MCP's content blocks are ACP's. */
const block = (content: unknown): JsonObject => ({ type: 'content', content });

function dynamicToolCall(item: JsonObject): JsonObject {
  return {
    title: oneLine(asText(item['tool']) ?? 'Use a tool', MAX_TITLE),
    kind: 'other',
    rawInput: item['arguments'],
    content: asList(item['contentItems']).flatMap((entry) => {
      const text = asText(asObject(entry)['text']);
      return text === undefined ? [] : [textPart(text)];
    }),
  };
}

function webSearch({ query, action }: JsonObject): JsonObject {
  const { type, url, pattern } = asObject(action);
  const words =
    type === 'openPage'
      ? `Open ${asText(url) ?? 'a page'}`
      : type === 'findInPage'
        ? `Find “${asText(pattern) ?? ''}” in ${asText(url) ?? 'a page'}`
        : `Search the web${asText(query) ? `: ${asText(query)}` : ''}`;
  return { title: oneLine(words, MAX_TITLE), kind: type === 'openPage' ? 'fetch' : 'search' };
}

function imageView(item: JsonObject): JsonObject {
  const path = asText(item['path']) ?? '';
  const name = path.split(/[/\\]/).at(-1) ?? path;
  return { title: `Look at ${oneLine(name, MAX_TITLE)}`, kind: 'read', locations: [{ path }] };
}

function imageGeneration(item: JsonObject): JsonObject {
  const path = asText(item['savedPath']);
  const data = asText(item['result']);
  const failed = asText(asObject(item['failure'])['message']);
  return {
    title: 'Draw an image',
    kind: 'other',
    ...(path !== undefined && { locations: [{ path }] }),
    content: [
      ...(failed === undefined ? [] : [textPart(failed)]),
      ...(data ? [block({ type: 'image', mimeType: 'image/png', data })] : []),
    ],
  };
}

function collaboration(item: JsonObject): JsonObject {
  const tool = asText(item['tool']) ?? '';
  const prompt = asText(item['prompt']);
  const said = Object.values(asObject(item['agentsStates'])).flatMap(
    (state) => asText(asObject(state)['message']) ?? [],
  );
  return {
    title: COLLABORATION.get(tool) ?? `Other agents: ${oneLine(tool, MAX_TITLE)}`,
    kind: 'other',
    content: [...(prompt ? [prompt] : []), ...said].map(textPart),
  };
}

const COLLABORATION: ReadonlyMap<string, string> = new Map([
  ['spawnAgent', 'Start another agent'],
  ['sendInput', 'Write to another agent'],
  ['sendMessage', 'Write to another agent'],
  ['followupTask', 'Give another agent more to do'],
  ['resumeAgent', 'Take up another agent again'],
  ['wait', 'Wait for other agents'],
  ['closeAgent', 'End another agent'],
  ['interruptAgent', 'Interrupt another agent'],
  ['listAgents', 'Look which agents there are'],
]);

function statusOf({ status, success }: JsonObject, over: boolean): string {
  if (success === false) return 'failed';
  switch (status) {
    case 'failed':
    case 'declined':
    case 'interrupted':
      return 'failed';
    case 'completed':
      return 'completed';
    default:
      // Some kinds have none.
      return over ? 'completed' : 'in_progress';
  }
}
