import { isObject, type JsonObject } from '../../core/json.ts';
import { oneLine } from '../../core/text/sanitise.ts';
import { asText, read } from './protocol.ts';

/** A question to the reader as ACP's `elicitation/create`, and how its result is told to Codex. */
export interface FormRequest {
  readonly params: JsonObject;
  readonly answer: (result: unknown) => unknown;
}

/** An MCP server's own, passed on: a form, or a link. `undefined`: it cannot be read. */
export function serverForm(params: JsonObject): FormRequest | undefined {
  const asked = read('elicitation', params);
  if (!asked) return undefined;
  const { mode, message, serverName } = asked;
  const { requestedSchema, url, elicitationId } = params;
  return {
    params: {
      mode,
      message: `The MCP server “${oneLine(serverName, 100)}” asks: ${message}`,
      ...(mode === 'url' ? { url, elicitationId } : { requestedSchema }),
    },
    answer: (result) => {
      const { action = 'cancel', content = null } = isObject(result) ? result : {};
      return { action, content, _meta: null };
    },
  };
}

/** What the agent itself wants to know. `undefined`: it cannot be read. */
export function ownForm(params: JsonObject): FormRequest | undefined {
  const asked = read('questions', params)?.questions;
  if (!asked) return undefined;
  const properties = asked.map(({ id, header, question, options, isOther }) => {
    const choices = (options ?? []).map(({ label, description }) => ({
      const: label,
      title: label,
      ...(description && { description }),
    }));
    // Something else can be said, too: the choices are named, and any words are taken.
    const labels = choices.map(({ title }) => title).join(' · ');
    const free = isOther === true && labels !== '' ? `${question} (${labels})` : question;
    const field =
      choices.length > 0 && isOther !== true
        ? { description: question, oneOf: choices }
        : { description: free };
    return [id, { type: 'string', title: header ?? id, ...field }] as const;
  });
  const required = asked.map(({ id }) => id);
  return {
    params: {
      mode: 'form',
      message: 'It wants to know:',
      requestedSchema: { type: 'object', properties: Object.fromEntries(properties), required },
    },
    answer: (result) => {
      const content = isObject(result) && isObject(result['content']) ? result['content'] : {};
      const answers = Object.entries(content).map(([id, value]) => {
        const words = asText(value);
        return [id, { answers: words === undefined ? [] : [words] }] as const;
      });
      return { answers: Object.fromEntries(answers) };
    },
  };
}
