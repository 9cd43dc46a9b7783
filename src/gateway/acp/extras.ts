import { isObject, type JsonObject } from '../../core/json.ts';

/** What a session was given beside its directory. */
export interface SessionExtras {
  /** As ACP has them; checked. */
  readonly mcpServers: readonly JsonObject[];
  /** Real paths. */
  readonly additionalDirectories: readonly string[];
}

export const NO_EXTRAS: SessionExtras = { mcpServers: [], additionalDirectories: [] };

/**
 * What of it this agent can take, by what it said of itself: ACP forbids to send the rest.
 *
 * @returns `left`, in words for the reader, what it cannot take.
 */
export function fitting(
  extras: SessionExtras,
  hello: JsonObject,
): { params: JsonObject; left: string[] } {
  const capabilities = isObject(hello['agentCapabilities']) ? hello['agentCapabilities'] : {};
  const mcp = isObject(capabilities['mcpCapabilities']) ? capabilities['mcpCapabilities'] : {};
  const session = isObject(capabilities['sessionCapabilities'])
    ? capabilities['sessionCapabilities']
    : {};
  const takes = ({ type }: JsonObject): boolean =>
    type === undefined || mcp[type as string] === true;
  const left = extras.mcpServers
    .filter((server) => !takes(server))
    .map(({ name, type }) => `the MCP server “${String(name)}” (${String(type)})`);
  const directories = extras.additionalDirectories;
  const takesDirectories = isObject(session['additionalDirectories']);
  if (!takesDirectories) left.push(...directories.map((path) => `the directory ${path}`));
  return {
    params: {
      mcpServers: extras.mcpServers.filter(takes),
      ...(takesDirectories && directories.length > 0 && { additionalDirectories: directories }),
    },
    left,
  };
}
