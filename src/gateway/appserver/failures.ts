import { ApertureError, type ErrorInfo } from '../../core/errors.ts';
import { isObject } from '../../core/json.ts';
import { oneLine } from '../../core/text/sanitise.ts';
import type { ProcessExit } from '../acp/agent-process.ts';
import {
  describeExit,
  describeRpcError,
  describeStartFailure,
  type AgentEnd,
} from '../acp/failures.ts';
import { METHOD_NOT_FOUND, RpcError } from '../acp/json-rpc.ts';
import type { AgentSpec } from '../agents/types.ts';
import type { TurnFailure } from './protocol.ts';

/** Codex answers so for what it does not know, beside JSON-RPC's own code. */
const INVALID_REQUEST = -32600;

const UPDATE = 'Update it with “npm install -g @openai/codex@latest”';

export const signIn = ({ title, command }: AgentSpec): ApertureError =>
  new ApertureError(
    'agent_auth',
    `${title} wants you to sign in first. Run “${command} login” in a terminal, or pipe a key into “${command} login --with-api-key”, then send a message to start it again.`,
    { retryable: true },
  );

export const tooOld = ({ title }: AgentSpec, version: string | undefined): ApertureError =>
  new ApertureError(
    'agent_protocol',
    `${title}${version === undefined ? '' : ` ${version}`} is too old to be used from here. ${UPDATE}, then send a message to start it again.`,
    { retryable: true },
  );

/** The server does not know the method at all. */
export const isUnknownMethod = (error: unknown): boolean =>
  error instanceof RpcError &&
  (error.rpcCode === METHOD_NOT_FOUND ||
    (error.rpcCode === INVALID_REQUEST && /unknown (variant|method)/i.test(error.message)));

/** How its process came to its end. */
export function describeEnd(
  spec: AgentSpec,
  exit: ProcessExit,
  stderr: string,
  whileStarting: boolean,
): AgentEnd {
  if (exit.lost !== undefined) return describeLoss(spec, exit.lost, whileStarting);
  const end = describeExit(spec, exit, stderr, whileStarting);
  // The words of that are about ACP.
  if (exit.killedFor === 'flooding') {
    return says(
      end,
      `${spec.title} was stopped: it wrote thousands of lines that are no messages of Codex’s app-server.`,
    );
  }
  if (!whileStarting || exit.spawnError || exit.killedFor) return end;
  const { code } = end.error;
  const how = exit.signal ?? `exit code ${exit.code ?? 'unknown'}`;
  const said = end.stderr === undefined ? '' : ` It says: ${oneLine(end.stderr, 300)}`;
  return says(
    end,
    `${spec.title} stopped while it was starting (${how}). Its version may be too old to have “app-server”. ${UPDATE}, then send a message to start it again.${said}`,
    code,
  );
}

/** A server that runs by itself cannot be reached, or is gone. */
function describeLoss({ title, server }: AgentSpec, why: string, whileStarting: boolean): AgentEnd {
  const message = whileStarting
    ? `${title} cannot be reached at ${server?.url}: ${why}. Check that “codex app-server --listen …” runs there, then send a message to connect again.`
    : `The connection to ${title} is gone: ${why}. Send a message to connect again.`;
  const code = whileStarting ? 'agent_unreachable' : 'agent_lost';
  return { state: 'failed', error: { code, message, retryable: true } };
}

/** Why the handshake failed though the process lives. */
export function describeStart(
  spec: AgentSpec,
  error: unknown,
  step: string,
  timeoutMs: number,
  stderr: string,
): AgentEnd {
  const end = describeStartFailure(spec, error, step, timeoutMs, stderr);
  if (!(error instanceof ApertureError) || error.code !== 'rpc_timeout') return end;
  const seconds = Math.round(timeoutMs / 100) / 10;
  return says(
    end,
    `${spec.title} did not answer “${step}” within ${seconds} s. Check that its command is “codex app-server”, then send a message to start it again.`,
  );
}

/** Why a turn failed. */
export function describeTurn(spec: AgentSpec, { message, ...more }: TurnFailure): ErrorInfo {
  const kind = kindOf(more.codexErrorInfo);
  if (kind === 'unauthorized') return signIn(spec).toInfo();
  const details = more.additionalDetails;
  const added =
    typeof details === 'string' && details !== '' && !message.includes(details)
      ? ` (${oneLine(details, 500)})`
      : '';
  return {
    code: kind === 'usageLimitExceeded' ? 'agent_usage_limit' : 'agent_error',
    message: `${spec.title} says: ${oneLine(message, 500)}${added}`,
    retryable: !FINAL.has(kind),
  };
}

/** A request that was answered with an error. */
export const describeRequest = (spec: AgentSpec, error: unknown): ErrorInfo =>
  error instanceof ApertureError ? error.toInfo() : describeRpcError(spec, error);

/** Failures that the same message meets again. */
const FINAL: ReadonlySet<string> = new Set([
  'contextWindowExceeded',
  'sessionBudgetExceeded',
  'badRequest',
  'modelNotFound',
  'cyberPolicy',
  'misalignmentPolicyViolation',
]);

/** `"other"`, or an object with the kind as its only key. */
function kindOf(info: unknown): string {
  if (typeof info === 'string') return info;
  return (isObject(info) ? Object.keys(info)[0] : undefined) ?? 'other';
}

const says = (end: AgentEnd, message: string, code = end.error.code): AgentEnd => ({
  ...end,
  error: { ...end.error, code, message },
});
