import { ApertureError } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import type { SessionExtras } from '../acp/extras.ts';
import { resolveDirectory } from './directory.ts';

const MAX_SERVERS = 32;
const MAX_DIRECTORIES = 32;
/** Arguments, variables or headers of one server. */
const MAX_PARTS = 200;

/** What a client asked for, not yet checked. */
export interface WantedExtras {
  readonly mcpServers?: unknown;
  readonly additionalDirectories?: unknown;
}

/**
 * MCP servers and more directories, as a client asked for them.
 *
 * @param roots as for the session's own directory (R70).
 * @returns undefined when there are none.
 * @throws ApertureError `bad_mcp_servers`, `bad_directory`, or as `resolveDirectory`.
 */
export async function checkExtras(
  { mcpServers = [], additionalDirectories = [] }: WantedExtras,
  roots: readonly string[],
): Promise<SessionExtras | undefined> {
  if (!Array.isArray(mcpServers) || mcpServers.length > MAX_SERVERS) {
    throw bad(`“mcpServers” must be a list of at most ${MAX_SERVERS}.`);
  }
  const strings = Array.isArray(additionalDirectories) ? additionalDirectories : [undefined];
  if (strings.length > MAX_DIRECTORIES || strings.some((path) => typeof path !== 'string')) {
    throw new ApertureError(
      'bad_directory',
      `“additionalDirectories” must be a list of at most ${MAX_DIRECTORIES} absolute paths.`,
    );
  }
  const servers = mcpServers.map(checkServer);
  const directories: string[] = [];
  for (const path of strings as string[]) directories.push(await resolveDirectory(path, roots));
  if (servers.length + directories.length === 0) return undefined;
  return { mcpServers: servers, additionalDirectories: [...new Set(directories)] };
}

/** Only the fields that ACP has: the agent gets nothing that was not looked at. */
function checkServer(server: unknown): JsonObject {
  const { type, name, command, args = [], env = [], url, headers = [] } = asObject(server);
  if (!line(name)) throw bad('Each MCP server needs a “name”.');
  if (type === undefined || type === 'stdio') {
    if (!line(command)) throw bad(`The MCP server “${name}” needs a “command”.`);
    if (!list(args).every((arg) => typeof arg === 'string')) {
      throw bad(`“args” of the MCP server “${name}” must be strings.`);
    }
    return { name, command, args, env: pairs(env, name) };
  }
  if (type !== 'http' && type !== 'sse') {
    throw bad(`The MCP server “${name}” has a type that is not known; use stdio, http or sse.`);
  }
  if (!line(url) || !/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw bad(`The MCP server “${name}” needs a “url” that begins with http:// or https://.`);
  }
  return { type, name, url, headers: pairs(headers, name) };
}

function pairs(value: unknown, server: string): JsonObject[] {
  return list(value).map((entry) => {
    const { name, value: text } = asObject(entry);
    if (line(name) && typeof text === 'string') return { name, value: text };
    throw bad(`The MCP server “${server}” must have its variables or headers as {name, value}.`);
  });
}

const line = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= 4_096 && !/[\0\r\n]/.test(value);

const list = (value: unknown): unknown[] =>
  Array.isArray(value) && value.length <= MAX_PARTS ? value : [undefined];

const asObject = (value: unknown): JsonObject => (isObject(value) ? value : {});

const bad = (message: string): ApertureError => new ApertureError('bad_mcp_servers', message);
