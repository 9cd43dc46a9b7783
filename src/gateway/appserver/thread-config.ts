import type { JsonObject } from '../../core/json.ts';
import type { SessionExtras } from '../acp/extras.ts';
import { asList, asObject, asText } from './protocol.ts';

/** Names that need no quotes in a key of Codex's configuration. */
const PLAIN = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * What a session was given beside its directory, as overrides of Codex's configuration.
 *
 * @returns `left`, in words for the reader, what it cannot take.
 */
export function threadConfig(extras: SessionExtras): {
  config: JsonObject | undefined;
  left: string[];
} {
  const left: string[] = [];
  const config: JsonObject = {};
  for (const server of extras.mcpServers) {
    const name = asText(server['name']) ?? '';
    const settings = serverSettings(server);
    if (settings && PLAIN.test(name)) config[`mcp_servers.${name}`] = settings;
    else left.push(`the MCP server “${name}”${settings ? ' (its name)' : ' (sse)'}`);
  }
  if (extras.additionalDirectories.length > 0) {
    config['sandbox_workspace_write.writable_roots'] = [...extras.additionalDirectories];
  }
  return { config: Object.keys(config).length > 0 ? config : undefined, left };
}

function serverSettings(server: JsonObject): JsonObject | undefined {
  const { type, command, args, env, url, headers } = server;
  if (type === 'http') return { url, http_headers: pairs(headers) };
  if (type !== undefined && type !== 'stdio') return undefined;
  return { command, args: asList(args), env: pairs(env) };
}

const pairs = (list: unknown): JsonObject =>
  Object.fromEntries(
    asList(list).map((entry) => {
      const { name, value } = asObject(entry);
      return [String(name), String(value)];
    }),
  );
