import { isObject, type JsonObject } from '../../../core/json.ts';
import { textPart } from '../../../core/updates/gathered.ts';
import { callFrom2 } from './content.ts';

/**
 * A permission request of version 2 in version 1's words: what it is about need not be a tool call there.
 *
 * @param fallback an id for what has none.
 */
export function permissionFrom2(
  params: JsonObject,
  fallback: string,
  terminal: (id: string) => string,
): JsonObject {
  const { title, description, subject, ...rest } = params;
  const about = isObject(subject) ? subject : {};
  const more = typeof description === 'string' ? [textPart(description)] : [];
  if (about['type'] === 'tool_call' && isObject(about['toolCall'])) {
    const call = callFrom2(about['toolCall'], terminal);
    const content = Array.isArray(call['content']) ? call['content'] : [];
    const told = more.length > 0 || content.length > 0;
    return {
      ...rest,
      toolCall: {
        ...call,
        title: call['title'] ?? title,
        ...(told && { content: [...more, ...content] }),
      },
    };
  }
  const { command, cwd, toolCallId } = about;
  const runs = about['type'] === 'command' && typeof command === 'string';
  return {
    ...rest,
    toolCall: {
      toolCallId: typeof toolCallId === 'string' ? toolCallId : fallback,
      title,
      status: 'pending',
      kind: runs ? 'execute' : 'other',
      content: more,
      // Whoever decides sees all of it.
      rawInput: runs ? { command, cwd } : about,
    },
  };
}
