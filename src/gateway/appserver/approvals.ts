import type { JsonObject } from '../../core/json.ts';
import { oneLine } from '../../core/text/sanitise.ts';
import type { TurnItems } from './items.ts';
import { asList, asObject, asText, read } from './protocol.ts';
import { commandTitle, textPart } from './tool-calls.ts';

/** One question to the reader: a permission request in ACP's words, and what each answer means to Codex. */
export interface Question {
  readonly toolCall: JsonObject;
  readonly choices: readonly Choice[];
  /** The answer when nobody gives one. */
  readonly cancelled: unknown;
}

interface Choice {
  readonly id: string;
  readonly name: string;
  readonly kind: 'allow_once' | 'allow_always' | 'reject_once' | 'reject_always';
  readonly result: unknown;
}

/** Of a rule that would be kept, this much can be shown on a button; a longer one is not offered (UTF-16 units). */
const MAX_RULE = 120;

const EVERY_DECISION = ['accept', 'acceptForSession', 'decline', 'cancel'];

type Calls = Pick<TurnItems, 'callOf'>;
type Ask = (params: JsonObject, calls: Calls) => Question | undefined;

/** What of the server's requests is a question to the reader, by method. `undefined`: it cannot be read. */
export const APPROVALS: ReadonlyMap<string, Ask> = new Map<string, Ask>([
  ['item/commandExecution/requestApproval', commandQuestion],
  ['item/fileChange/requestApproval', fileQuestion],
  ['item/permissions/requestApproval', permissionsQuestion],
  ['mcpServer/elicitation/request', toolQuestion],
]);

function commandQuestion(params: JsonObject, calls: Calls): Question | undefined {
  const asked = read('commandApproval', params);
  if (!asked) return undefined;
  const { toolCallId, call } = calls.callOf(asked.turnId, asked.itemId);
  const host = asked.networkApprovalContext?.host;
  const title =
    host !== undefined
      ? `Connect to ${oneLine(host, 200)}`
      : params['kind'] === 'writeStdin'
        ? 'Type into a running command'
        : (asText(call['title']) ?? commandTitle(params));
  const given = asked.availableDecisions ?? EVERY_DECISION;
  // It may be declined whatever it offers, and the turn goes on; `cancel` stops it.
  const decisions = given.includes('decline')
    ? given
    : [...given.filter((each) => each !== 'cancel'), 'decline', 'cancel'];
  return {
    toolCall: {
      toolCallId,
      title,
      kind: call['kind'] ?? 'execute',
      status: 'pending',
      ...(asked.command != null && { rawInput: { command: asked.command, cwd: asked.cwd } }),
      content: reasonPart(asked.reason),
    },
    choices: decisions.flatMap((decision, index) => decisionChoice(decision, index) ?? []),
    cancelled: { decision: 'cancel' },
  };
}

function fileQuestion(params: JsonObject, calls: Calls): Question | undefined {
  const asked = read('fileApproval', params);
  if (!asked) return undefined;
  const { toolCallId, call } = calls.callOf(asked.turnId, asked.itemId);
  const root = asText(params['grantRoot']);
  const told = asList(call['content']);
  return {
    toolCall: {
      title: 'Change files',
      kind: 'edit',
      ...call,
      toolCallId,
      status: 'pending',
      content: [
        ...reasonPart(asked.reason),
        ...(root === undefined
          ? []
          : [textPart(`It asks to write below ${root} for the rest of the session.`)]),
        ...(told.length > 0 ? told : [textPart('It did not say what it is going to change.')]),
      ],
    },
    choices: EVERY_DECISION.flatMap((decision, index) => decisionChoice(decision, index) ?? []),
    cancelled: { decision: 'cancel' },
  };
}

function permissionsQuestion(params: JsonObject, calls: Calls): Question | undefined {
  const asked = read('permissionsApproval', params);
  if (!asked) return undefined;
  const { network, fileSystem } = asked.permissions;
  const permissions = {
    ...(network != null && { network }),
    ...(fileSystem != null && { fileSystem }),
  };
  const denied = { permissions: {}, scope: 'turn' };
  return {
    toolCall: {
      toolCallId: calls.callOf(asked.turnId, asked.itemId).toolCallId,
      title: 'More permissions',
      kind: 'other',
      status: 'pending',
      rawInput: permissions,
      content: reasonPart(asked.reason),
    },
    choices: [
      choice('turn', 'Allow for this turn', 'allow_once', { permissions, scope: 'turn' }),
      choice('session', 'Allow for this session', 'allow_always', {
        permissions,
        scope: 'session',
      }),
      choice('decline', 'Deny', 'reject_once', denied),
    ],
    cancelled: denied,
  };
}

/** MCP servers ask through forms; one without fields is a plain question, such as whether a tool may be used. */
function toolQuestion(params: JsonObject): Question | undefined {
  const asked = read('elicitation', params);
  const schema = asObject(params['requestedSchema']);
  if (!asked || asked.mode !== 'form') return undefined;
  if (Object.keys(asObject(schema['properties'])).length > 0) return undefined;
  const { persist, tool_params: input, codex_approval_kind: about } = asObject(params['_meta']);
  // To accept something else, such as a tool that it suggests, takes more than an answer.
  if (about != null && about !== 'mcp_tool_call') return undefined;
  const kept = [persist].flat();
  return {
    toolCall: {
      toolCallId: `mcp/${asText(params['turnId']) ?? ''}/${asked.serverName}`,
      title: oneLine(asked.message, 500),
      kind: 'other',
      status: 'pending',
      ...(input !== undefined && { rawInput: input }),
      // Whether a tool may be used is Codex's own question, and names the server.
      content:
        about == null ? [textPart(`The MCP server “${oneLine(asked.serverName, 100)}” asks.`)] : [],
    },
    choices: [
      choice('accept', 'Allow', 'allow_once', answer('accept')),
      ...(kept.includes('session')
        ? [
            choice(
              'session',
              'Allow for this session',
              'allow_always',
              answer('accept', { persist: 'session' }),
            ),
          ]
        : []),
      ...(kept.includes('always')
        ? [
            choice(
              'always',
              'Always allow',
              'allow_always',
              answer('accept', { persist: 'always' }),
            ),
          ]
        : []),
      choice('decline', 'Deny', 'reject_once', answer('decline')),
      choice('cancel', 'Deny and stop', 'reject_once', answer('cancel')),
    ],
    cancelled: answer('cancel'),
  };
}

/** Nothing for decisions that are not known, or cannot be shown whole. */
function decisionChoice(decision: unknown, index: number): Choice | undefined {
  const result = { decision };
  switch (decision) {
    case 'accept':
      return choice(decision, 'Allow', 'allow_once', result);
    case 'acceptForSession':
      return choice(decision, 'Allow for this session', 'allow_always', result);
    case 'decline':
      return choice(decision, 'Deny', 'reject_once', result);
    case 'cancel':
      return choice(decision, 'Deny and stop', 'reject_once', result);
    default:
  }
  const rule = asObject(asObject(decision)['acceptWithExecpolicyAmendment'])[
    'execpolicy_amendment'
  ];
  if (Array.isArray(rule) && rule.length > 0) {
    const words = rule.map(String).join(' ');
    if (words.length > MAX_RULE || words !== oneLine(words, MAX_RULE)) return undefined;
    const name = `Always allow commands that begin with “${words}”`;
    return choice(`rule-${index}`, name, 'allow_always', result);
  }
  const network = asObject(
    asObject(asObject(decision)['applyNetworkPolicyAmendment'])['network_policy_amendment'],
  );
  const host = asText(network['host']);
  if (host === undefined || host !== oneLine(host, MAX_RULE)) return undefined;
  const allows = network['action'] === 'allow';
  return choice(
    `host-${index}`,
    `${allows ? 'Always allow' : 'Never allow'} connections to ${host}`,
    allows ? 'allow_always' : 'reject_always',
    result,
  );
}

const answer = (action: string, meta: JsonObject | null = null): unknown => ({
  action,
  content: action === 'accept' ? {} : null,
  _meta: meta,
});

const choice = (id: string, name: string, kind: Choice['kind'], result: unknown): Choice => ({
  id,
  name,
  kind,
  result,
});

const reasonPart = (reason: string | null | undefined): JsonObject[] =>
  reason ? [textPart(reason)] : [];
