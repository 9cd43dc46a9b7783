// OpenAI's responses API, as much of it as Codex uses.
import { plainText, typed, type Asked, type Reply, type Schema } from './dialect.ts';

export const PATH = '/responses';

interface Item {
  type?: string;
  role?: string;
  content?: unknown;
}

export function read(body: Record<string, unknown>): Asked {
  const input = body['input'];
  const items: Item[] =
    typeof input === 'string' ? [{ role: 'user', content: input }] : ((input ?? []) as Item[]);
  const said = (item: Item): string => (item.role === 'user' ? typed(plainText(item.content)) : '');
  const last = items.findLastIndex((item) => said(item) !== '');
  const tools = (body['tools'] ?? []) as { name?: string; parameters?: Schema }[];
  return {
    prompt: last < 0 ? '' : said(items[last]!),
    toolAnswered: items.slice(last + 1).some(({ type }) => type?.endsWith('_output') === true),
    tools: tools.flatMap(({ name, parameters }) =>
      name === undefined ? [] : [{ name, schema: parameters ?? {} }],
    ),
  };
}

function output({ pieces, call }: Reply): { id: string; [field: string]: unknown }[] {
  const content = [{ type: 'output_text', text: pieces.join(''), annotations: [] }];
  const items: { id: string; [field: string]: unknown }[] = [
    { type: 'message', id: 'message', role: 'assistant', status: 'completed', content },
  ];
  if (call) {
    items.push({
      type: 'function_call',
      id: `item_${call.id}`,
      status: 'completed',
      call_id: call.id,
      name: call.name,
      arguments: JSON.stringify(call.input),
    });
  }
  return items;
}

export const whole = (reply: Reply, status = 'completed'): object => ({
  id: 'response',
  object: 'response',
  status,
  output: status === 'completed' ? output(reply) : [],
  usage: {
    input_tokens: 100,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 20,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 120,
  },
});

export async function* stream(reply: Reply, pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let number = 0;
  const event = (type: string, fields: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number++, ...fields })}\n\n`;
  const [message, ...calls] = output(reply);
  yield event('response.created', { response: whole(reply, 'in_progress') });
  yield event('response.output_item.added', {
    output_index: 0,
    item: { ...message, status: 'in_progress', content: [] },
  });
  for await (const delta of pieces) {
    yield event('response.output_text.delta', {
      item_id: message!.id,
      output_index: 0,
      content_index: 0,
      delta,
    });
  }
  yield event('response.output_item.done', { output_index: 0, item: message });
  for (const [index, item] of calls.entries())
    yield event('response.output_item.done', { output_index: index + 1, item });
  yield event('response.completed', { response: whole(reply) });
}
