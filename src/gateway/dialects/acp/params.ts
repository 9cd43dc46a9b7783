import * as v from 'valibot';
import type { ContentBlock } from '../../../core/acp.ts';
import { isObject, type JsonObject } from '../../../core/json.ts';
import { INVALID_PARAMS, RpcError } from '../../acp/json-rpc.ts';

// ACP's parameters, as far as the gateway acts on them; fields that it does not know are let be.

const meta = v.optional(v.nullable(v.custom<JsonObject>(isObject)));
const sessionId = v.pipe(v.string(), v.minLength(1), v.maxLength(128));
const anyList = v.optional(v.nullable(v.array(v.unknown())));
const contentBlock = v.custom<ContentBlock>(
  (value) =>
    isObject(value) &&
    typeof value['type'] === 'string' &&
    (value['type'] !== 'text' || typeof value['text'] === 'string'),
);
const rpcId = v.nullable(v.union([v.string(), v.number()]));

export const SCHEMAS = {
  initialize: v.object({
    protocolVersion: v.pipe(v.number(), v.integer(), v.minValue(0)),
    clientInfo: v.optional(v.nullable(v.object({ name: v.string() }))),
    clientCapabilities: v.optional(v.nullable(v.custom<JsonObject>(isObject))),
  }),
  authenticate: v.object({ methodId: v.string(), _meta: meta }),
  newSession: v.object({
    cwd: v.string(),
    mcpServers: anyList,
    additionalDirectories: anyList,
    _meta: meta,
  }),
  listSessions: v.object({
    cwd: v.optional(v.nullable(v.string())),
    cursor: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(256)))),
  }),
  takeUp: v.object({
    sessionId,
    cwd: v.optional(v.string()),
    mcpServers: anyList,
    additionalDirectories: anyList,
  }),
  session: v.object({ sessionId }),
  prompt: v.object({
    sessionId,
    prompt: v.pipe(v.array(contentBlock), v.maxLength(1_000)),
    _meta: meta,
  }),
  setMode: v.object({ sessionId, modeId: v.pipe(v.string(), v.minLength(1), v.maxLength(256)) }),
  setOption: v.object({
    sessionId,
    configId: v.pipe(v.string(), v.minLength(1), v.maxLength(256)),
    value: v.union([v.pipe(v.string(), v.maxLength(4_096)), v.boolean()]),
  }),
  cancelRequest: v.object({ requestId: rpcId }),
  permission: v.object({
    outcome: v.variant('outcome', [
      v.object({ outcome: v.literal('selected'), optionId: v.string() }),
      v.object({ outcome: v.literal('cancelled') }),
    ]),
  }),
};

/** @throws RpcError −32602, naming the field that is wrong. */
export function checked<S extends v.GenericSchema>(schema: S, params: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, params, { abortEarly: true });
  if (result.success) return result.output;
  const where = v.getDotPath(result.issues[0]) ?? 'params';
  throw new RpcError(INVALID_PARAMS, `Invalid params: see “${where}”.`);
}
