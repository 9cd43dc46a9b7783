import { ApertureError } from '../../../core/errors.ts';
import { isObject, type JsonObject } from '../../../core/json.ts';
import type { AgentSpec } from '../../agents/types.ts';
import { RpcError } from '../json-rpc.ts';

export type AcpVersion = 1 | 2;

/** ACP 2's code for a version that an agent does not speak. */
const UNSUPPORTED_VERSION = -32022;

/** `initialize` as version 2 has it. @param params as version 1 does. */
export function helloOf2(params: JsonObject): JsonObject {
  const { clientCapabilities, clientInfo } = params;
  const { elicitation, auth } = object(clientCapabilities);
  return {
    protocolVersion: 2,
    info: clientInfo,
    // Files, terminals, notices and compactions need no word there, or have none.
    capabilities: {
      ...(isObject(elicitation) && { elicitation }),
      ...(object(auth)['terminal'] === true && { auth: { terminal: {} } }),
    },
  };
}

/** What an agent of version 2 answers to it, in version 1's words. */
export function helloFrom2(hello: JsonObject): JsonObject {
  const { info, capabilities, authMethods } = hello;
  const { session, auth } = object(capabilities);
  const { prompt, mcp, additionalDirectories, delete: deletes } = object(session);
  const takes = object(prompt);
  return {
    protocolVersion: hello['protocolVersion'],
    agentInfo: info,
    agentCapabilities: {
      loadSession: false,
      promptCapabilities: {
        image: isObject(takes['image']),
        audio: isObject(takes['audio']),
        embeddedContext: isObject(takes['embeddedContext']),
      },
      mcpCapabilities: { http: isObject(object(mcp)['http']), sse: false },
      // These three are not optional there.
      sessionCapabilities: {
        list: {},
        resume: {},
        close: {},
        ...(isObject(additionalDirectories) && { additionalDirectories }),
        ...(isObject(deletes) && { delete: deletes }),
      },
      ...(isObject(auth) && { auth }),
    },
    authMethods: (Array.isArray(authMethods) ? authMethods : [])
      .filter(isObject)
      .map(({ methodId, env, ...rest }) => ({ ...rest, id: methodId, ...namedValues(env) })),
  };
}

/** Variables are pairs in version 2, and an object in version 1. */
const namedValues = (env: unknown): { env?: JsonObject } =>
  Array.isArray(env)
    ? { env: Object.fromEntries(env.filter(isObject).map(({ name, value }) => [name, value])) }
    : {};

/**
 * Which version an agent is spoken to in.
 *
 * @param hello what it answered to `initialize`.
 * @throws ApertureError `agent_protocol`, in words for the reader.
 */
export function agreedVersion(spec: AgentSpec, offered: AcpVersion, hello: JsonObject): AcpVersion {
  const version = hello['protocolVersion'];
  if (version === 1 || version === offered) return version as AcpVersion;
  const speaks = version === undefined ? 'did not say which version of ACP it speaks' : undefined;
  const hint =
    version === 2
      ? ' This gateway speaks the draft of version 2 with agents whose entry in the config file has "protocolVersion": 2.'
      : ' Install a version of the agent that fits.';
  throw new ApertureError(
    'agent_protocol',
    `${spec.title} ${speaks ?? `speaks ACP version ${shown(version)}`}; this gateway offered version ${offered}.${hint}`,
  );
}

/**
 * What becomes of an agent that refuses the version that it was offered and says which it speaks.
 *
 * @param error what `initialize` failed with.
 * @returns 1 if that is one of them and it was offered 2.
 * @throws ApertureError `agent_protocol` if there is none for both; any other error as it is.
 */
export function otherVersion(spec: AgentSpec, offered: AcpVersion, error: unknown): 1 {
  const data = error instanceof RpcError && error.rpcCode === UNSUPPORTED_VERSION && error.data;
  const supported = isObject(data) ? data['supported'] : undefined;
  if (!Array.isArray(supported)) throw error;
  if (offered === 2 && supported.includes(1)) return 1;
  const newest = supported.includes(2) ? 2 : supported[0];
  agreedVersion(spec, offered, { protocolVersion: newest });
  throw error;
}

const shown = (version: unknown): string => JSON.stringify(version).slice(0, 40);

const object = (value: unknown): JsonObject => (isObject(value) ? value : {});
