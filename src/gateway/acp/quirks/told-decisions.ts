import { isObject, type JsonObject } from '../../../core/json.ts';

/**
 * codex-acp writes the raw form of its options into the text of a permission request: a rule that it proposes, one
 * word a line, and the names of its decisions in its own code. The options say both in words. What stands there as
 * it stands in the request's own input is left out, and nothing else: the reason stays.
 *
 * Seen: codex-acp 0.16.0; the exchange is recorded.
 */
export function withoutToldDecisions(params: JsonObject): JsonObject {
  const { toolCall } = params;
  if (!isObject(toolCall) || !Array.isArray(toolCall['content'])) return params;
  const { rawInput } = toolCall;
  if (!isObject(rawInput) || !Array.isArray(rawInput['available_decisions'])) return params;
  const rule = rawInput['proposed_execpolicy_amendment'];
  const proposed = Array.isArray(rule) ? `Proposed Amendment: ${rule.join('\n')}` : undefined;
  const content = toolCall['content'].flatMap((part: unknown) => {
    const block = isObject(part) ? part['content'] : undefined;
    if (!isObject(part) || !isObject(block)) return [part];
    const { type, text } = block;
    if (type !== 'text' || typeof text !== 'string') return [part];
    let rest = text.replace(/(?:^|\n)Available Decisions: (?:\w+(?:\n|$))+$/, '');
    if (proposed !== undefined && rest.endsWith(proposed)) rest = rest.slice(0, -proposed.length);
    rest = rest.trimEnd();
    return rest === '' ? [] : [{ ...part, content: { ...block, text: rest } }];
  });
  return { ...params, toolCall: { ...toolCall, content } };
}
