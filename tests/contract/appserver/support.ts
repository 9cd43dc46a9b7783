import { fileURLToPath } from 'node:url';
import type { AgentRegistry, AgentSpec } from '../../../src/gateway/agents/types.ts';
import type { Gateway, GatewayOptions } from '../../../src/gateway/gateway.ts';
import { attach, createSession, gateway, type Page } from '../gateway/support.ts';

const SCRIPTED = fileURLToPath(
  new URL('../../support/agents/app-server/scripted.mjs', import.meta.url),
);

/** One agent, `codex`: the scripted app-server with these flags. */
export function registry(flags: string[], more: Partial<AgentSpec> = {}): AgentRegistry {
  const spec: AgentSpec = {
    name: 'codex',
    title: 'Codex',
    kind: 'codex-app-server',
    command: process.execPath,
    args: [SCRIPTED, 'app-server', ...flags],
    env: {},
    passEnv: [],
    ...more,
  };
  return {
    list: () => [{ name: 'codex', title: 'Codex', available: true, source: 'config' }],
    get: (name) => (name === 'codex' ? spec : undefined),
  };
}

export interface Scene {
  to: Gateway;
  id: string;
  page: Page;
}

/** A gateway with a session of that agent, and a page that looks at it. */
export async function scene(
  flags: string[] = [],
  options: Partial<GatewayOptions> & { cwd?: string; spec?: Partial<AgentSpec> } = {},
): Promise<Scene> {
  const { cwd, spec, ...rest } = options;
  const to = await gateway({}, { registry: registry(flags, spec), ...rest });
  const { id } = await createSession(to, 'codex', cwd === undefined ? {} : { cwd });
  return { to, id, page: await attach(to, id) };
}

/** Calls of tools as they stand at the end, in order. */
// oxlint-disable-next-line typescript/no-explicit-any -- agents' payloads have every shape
export function calls(page: Page): any[] {
  const all = new Map<string, object>();
  for (const update of [...page.messages].flatMap(({ m }) => m.params['update'] ?? [])) {
    const { sessionUpdate, toolCallId, ...fields } = update as Record<string, string>;
    if (!sessionUpdate?.startsWith('tool_call') || toolCallId === undefined) continue;
    all.set(toolCallId, { toolCallId, ...all.get(toolCallId), ...fields });
  }
  return [...all.values()];
}

/** Each message's text, as it is shown: by message id, in order. */
export function said(page: Page, kind = 'agent_message_chunk'): string[] {
  const all = new Map<string, string>();
  for (const { messageId, content } of page.updates(kind)) {
    all.set(messageId, (all.get(messageId) ?? '') + content.text);
  }
  return [...all.values()];
}

export const options = (
  page: Page,
  index = -1,
): { optionId: string; name: string; kind: string }[] =>
  page.logged('session/request_permission').at(index).options;
