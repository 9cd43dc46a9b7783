import * as v from 'valibot';
import { isObject, type JsonObject } from '../../core/json.ts';

// What of Codex's app-server protocol (`codex app-server generate-ts`, written down from 0.169) is used here. Only
// the fields that are read are checked; objects keep what else they have, and kinds that are not here are kept raw.

const text = v.string();
/** Absent, null or not what it should be: then it is as if it were not there. */
const perhaps = <T extends v.GenericSchema>(schema: T) =>
  v.fallback(v.nullish(schema), undefined as never);

const userAgent = v.looseObject({ userAgent: perhaps(text) });

const account = v.looseObject({
  account: v.optional(v.unknown()),
  requiresOpenaiAuth: perhaps(v.boolean()),
});

const effort = v.looseObject({ reasoningEffort: text, description: perhaps(text) });

const model = v.looseObject({
  model: text,
  displayName: perhaps(text),
  description: perhaps(text),
  hidden: perhaps(v.boolean()),
  supportedReasoningEfforts: perhaps(v.array(effort)),
  defaultReasoningEffort: perhaps(text),
});

const models = v.looseObject({ data: v.array(v.unknown()) });

const sandbox = v.looseObject({ type: text });

/** What both `thread/start` and `thread/resume` answer, and `thread/settings/updated` says in part. */
const settings = v.looseObject({
  model: perhaps(text),
  approvalPolicy: perhaps(v.union([text, v.looseObject({})])),
  sandbox: perhaps(sandbox),
  sandboxPolicy: perhaps(sandbox),
  reasoningEffort: perhaps(text),
  effort: perhaps(text),
});

const opened = v.looseObject({
  ...settings.entries,
  thread: v.looseObject({ id: text, name: perhaps(text) }),
});

const startedThread = v.looseObject({
  thread: v.looseObject({ id: text, parentThreadId: perhaps(text) }),
});

const turnError = v.looseObject({
  message: text,
  codexErrorInfo: v.optional(v.unknown()),
  additionalDetails: perhaps(text),
});

const turn = v.looseObject({
  turn: v.looseObject({ id: text, status: perhaps(text), error: perhaps(turnError) }),
});

const failure = v.looseObject({ error: turnError, willRetry: perhaps(v.boolean()) });

const item = v.looseObject({ item: v.looseObject({ type: text, id: text }) });

const delta = v.looseObject({ itemId: text, delta: text });

const plan = v.looseObject({
  plan: v.array(v.looseObject({ step: text, status: perhaps(text) })),
});

const usage = v.looseObject({
  tokenUsage: v.looseObject({
    last: v.looseObject({ totalTokens: v.number() }),
    modelContextWindow: perhaps(v.number()),
  }),
});

/** Of one file: the whole text of a new or deleted one, else a unified diff. */
const change = v.looseObject({
  path: text,
  kind: perhaps(v.looseObject({ type: text, move_path: perhaps(text) })),
  diff: perhaps(text),
});

const commandApproval = v.looseObject({
  turnId: text,
  itemId: text,
  reason: perhaps(text),
  command: perhaps(text),
  cwd: perhaps(text),
  networkApprovalContext: perhaps(v.looseObject({ host: text })),
  availableDecisions: perhaps(v.array(v.unknown())),
});

const fileApproval = v.looseObject({ turnId: text, itemId: text, reason: perhaps(text) });

const permissionsApproval = v.looseObject({
  turnId: text,
  itemId: text,
  reason: perhaps(text),
  permissions: v.looseObject({ network: perhaps(v.unknown()), fileSystem: perhaps(v.unknown()) }),
});

const question = v.looseObject({
  id: text,
  header: perhaps(text),
  question: text,
  isOther: perhaps(v.boolean()),
  options: perhaps(v.array(v.looseObject({ label: text, description: perhaps(text) }))),
});

const questions = v.looseObject({
  questions: v.pipe(v.array(question), v.minLength(1), v.maxLength(20)),
});

const elicitation = v.looseObject({ serverName: text, message: text, mode: text });

export const shapes = {
  userAgent,
  account,
  model,
  models,
  settings,
  opened,
  startedThread,
  turn,
  failure,
  item,
  delta,
  plan,
  usage,
  change,
  commandApproval,
  fileApproval,
  permissionsApproval,
  questions,
  elicitation,
};

export type Shape<Name extends keyof typeof shapes> = v.InferOutput<(typeof shapes)[Name]>;
export type Model = Shape<'model'>;
export type TurnFailure = v.InferOutput<typeof turnError>;

/** @returns undefined for what is not of this shape. */
export function read<Name extends keyof typeof shapes>(
  name: Name,
  value: unknown,
): Shape<Name> | undefined {
  const result = v.safeParse(shapes[name], value);
  return result.success ? (result.output as Shape<Name>) : undefined;
}

export const asText = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

export const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

export const asObject = (value: unknown): JsonObject => (isObject(value) ? value : {});
