// OpenAI's chat completions, as much of them as agents use.
import { MODEL_NAME, plainText, typed, type Asked, type Reply, type Schema } from './dialect.ts';

export const PATH = '/chat/completions';

interface Message {
  role: string;
  content?: unknown;
}

interface Tool {
  function: { name: string; parameters?: Schema };
}

export function read(body: Record<string, unknown>): Asked {
  const messages = (body['messages'] ?? []) as Message[];
  const said = (message: Message): string =>
    message.role === 'user' ? typed(plainText(message.content)) : '';
  const last = messages.findLastIndex((message) => said(message) !== '');
  return {
    prompt: last < 0 ? '' : said(messages[last]!),
    toolAnswered: messages.slice(last + 1).some(({ role }) => role === 'tool'),
    tools: ((body['tools'] ?? []) as Tool[]).map((tool) => ({
      name: tool.function.name,
      schema: tool.function.parameters ?? {},
    })),
  };
}

const USAGE = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };

const toolCalls = ({ call }: Reply): object[] | undefined =>
  call && [
    {
      index: 0,
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: JSON.stringify(call.input) },
    },
  ];

export const whole = (reply: Reply): object => ({
  id: 'completion',
  object: 'chat.completion',
  created: 0,
  model: MODEL_NAME,
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: reply.pieces.join(''), tool_calls: toolCalls(reply) },
      finish_reason: reply.call ? 'tool_calls' : 'stop',
    },
  ],
  usage: USAGE,
});

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({
    id: 'completion',
    object: 'chat.completion.chunk',
    created: 0,
    model: MODEL_NAME,
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...(finish && { usage: USAGE }),
  })}\n\n`;

export async function* stream(reply: Reply, pieces: AsyncIterable<string>): AsyncGenerator<string> {
  yield chunk({ role: 'assistant', content: '' });
  for await (const content of pieces) yield chunk({ content });
  if (reply.call) yield chunk({ tool_calls: toolCalls(reply) });
  yield chunk({}, reply.call ? 'tool_calls' : 'stop');
  yield 'data: [DONE]\n\n';
}
