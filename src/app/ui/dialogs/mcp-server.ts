import type { McpServer } from '../../../core/acp.ts';

export type McpKind = 'stdio' | 'http' | 'sse';

/** An MCP server as it is being written down. */
export interface McpDraft {
  readonly kind: McpKind;
  readonly name: string;
  readonly command: string;
  /** One on a line. */
  readonly args: string;
  readonly url: string;
  /** Variables, or headers. */
  readonly pairs: readonly { readonly name: string; readonly value: string }[];
}

export const EMPTY_SERVER: McpDraft = {
  kind: 'stdio',
  name: '',
  command: '',
  args: '',
  url: '',
  pairs: [],
};

/** What is wrong with it, in words for the reader; undefined when nothing is. */
export function problemOf(draft: McpDraft, others: readonly McpDraft[]): string | undefined {
  const name = draft.name.trim();
  if (name === '') return 'Give the MCP server a name.';
  if (others.some((other) => other.name.trim() === name)) {
    return `There are two MCP servers called “${name}”. Rename one.`;
  }
  if (draft.kind === 'stdio' && draft.command.trim() === '') {
    return `Give the command that starts “${name}”.`;
  }
  if (draft.kind !== 'stdio' && !/^https?:\/\//.test(draft.url.trim())) {
    return `Give the address of “${name}”; it begins with https:// or http://.`;
  }
  if (draft.kind !== 'stdio' && !URL.canParse(draft.url.trim())) {
    return `The address of “${name}” is none. Check it.`;
  }
  const noun = draft.kind === 'stdio' ? 'variable' : 'header';
  for (const pair of draft.pairs) {
    const what = pair.name.trim();
    if (what === '') return `A ${noun} of “${name}” has no name. Name it, or remove it.`;
    if (draft.kind === 'stdio' ? /[=\s]/.test(what) : !/^[\w!#$%&'*+.^`|~-]+$/.test(what)) {
      return `“${what}” of “${name}” is no name of a ${noun}.`;
    }
    // Also what was remembered without it.
    if (pair.value === '') return `The ${noun} “${what}” of “${name}” has no value. Enter it.`;
    if (/[\r\n\0]/.test(pair.value)) return `The value of “${what}” has a line break in it.`;
  }
  return undefined;
}

/** As ACP has it. */
export function mcpServer(draft: McpDraft): McpServer {
  const name = draft.name.trim();
  const pairs = draft.pairs.map((pair) => ({ name: pair.name.trim(), value: pair.value }));
  if (draft.kind !== 'stdio') {
    return { type: draft.kind, name, url: draft.url.trim(), headers: pairs };
  }
  const args = draft.args.split('\n').filter((line) => line !== '');
  return { name, command: draft.command.trim(), args, env: pairs };
}

/** What may be written down: what variables and headers hold is often secret. */
export const withoutValues = (draft: McpDraft): McpDraft => ({
  ...draft,
  pairs: draft.pairs.map(({ name }) => ({ name, value: '' })),
});
