import { ApertureError, type ErrorInfo } from '../../core/errors.ts';
import { isObject } from '../../core/json.ts';
import { cleanText, oneLine } from '../../core/text/sanitise.ts';
import type { AgentSpec } from '../agents/types.ts';
import type { ProcessExit } from './agent-process.ts';
import { RpcError } from './json-rpc.ts';
import { rootRefusal } from './quirks/refuses-root.ts';

/** ACP's code for "sign in first". */
const AUTH_REQUIRED = -32000;
const STDERR_SHOWN = 4_096;

/** How an agent's process came to its end, for the log and for the reader. */
export interface AgentEnd {
  /** `exited`: by itself and in order; `failed`: anything else. */
  state: 'exited' | 'failed';
  error: ErrorInfo;
  code?: number;
  signal?: string;
  /** The last lines it wrote to stderr, cleaned; at most 4 KB. */
  stderr?: string;
}

export function describeExit(
  spec: AgentSpec,
  exit: ProcessExit,
  stderr: string,
  whileStarting: boolean,
): AgentEnd {
  const { title } = spec;
  const tail = stderrLines(stderr);
  const failed = (code: string, message: string, retryable = true): AgentEnd => ({
    state: 'failed',
    error: { code, message, retryable },
    code: exit.code,
    signal: exit.signal,
    stderr: tail,
  });
  if (exit.spawnError) {
    const missing = exit.spawnError.code === 'ENOENT' || exit.spawnError.code === 'EACCES';
    return failed(
      missing ? 'agent_not_found' : 'agent_not_started',
      missing
        ? `${title} could not be started: “${spec.command}” was not found or may not be executed. Install it, or correct its command in the config file.`
        : `${title} could not be started: ${oneLine(exit.spawnError.message, 200)}`,
    );
  }
  if (exit.killedFor === 'line_too_long') {
    return failed('agent_flood', `${title} sent a message that is too long and was stopped.`);
  }
  if (exit.killedFor === 'flooding') {
    return failed(
      'agent_flood',
      `${title} was stopped: it wrote thousands of lines that are no ACP messages. Its command must speak ACP on stdout and log to stderr.`,
    );
  }
  if (exit.killedFor === 'not_reading') {
    return failed('agent_flood', `${title} was stopped: it did not read what it was sent.`);
  }
  const root = rootRefusal(title, stderr);
  if (root !== undefined) return failed('agent_root', root, false);
  const how =
    exit.signal === undefined ? `with exit code ${exit.code ?? 'unknown'}` : `by ${exit.signal}`;
  const said = tail === undefined ? '' : ` Its last words: ${oneLine(lastLines(tail, 3), 300)}`;
  if (whileStarting) {
    return failed(
      'agent_exited',
      `${title} stopped while it was starting (${how}). Check its command and that it speaks ACP over stdio.${said}`,
    );
  }
  if (exit.code === 0) {
    return {
      state: 'exited',
      code: 0,
      stderr: tail,
      error: {
        code: 'agent_exited',
        message: `${title} has stopped. Send a message to start it again.`,
        retryable: true,
      },
    };
  }
  return failed(
    'agent_crashed',
    `${title} stopped unexpectedly (${how}). Send a message to start it again.${said}`,
  );
}

/** Why the handshake failed though the process lives. */
export function describeStartFailure(
  spec: AgentSpec,
  error: unknown,
  step: string,
  timeoutMs: number,
  stderr: string,
): AgentEnd {
  const tail = stderrLines(stderr);
  const said = tail === undefined ? '' : ` Its last words: ${oneLine(lastLines(tail, 3), 300)}`;
  const info = ((): ErrorInfo => {
    if (error instanceof ApertureError && error.code === 'rpc_timeout') {
      return {
        code: 'agent_timeout',
        message: `${spec.title} did not answer “${step}” within ${Math.round(timeoutMs / 100) / 10} s. Check that its command speaks ACP over stdio (some need a flag for that), then send a message to start it again.${said}`,
        retryable: true,
      };
    }
    if (error instanceof ApertureError) return error.toInfo();
    const answer = describeRpcError(spec, error);
    return answer.code === 'agent_auth' || answer.code === 'agent_root'
      ? answer
      : { ...answer, message: `${spec.title} refused to start a session. ${answer.message}` };
  })();
  return { state: 'failed', error: info, stderr: tail };
}

/** An error that the agent answered with. */
export function describeRpcError(spec: AgentSpec, error: unknown): ErrorInfo {
  if (!(error instanceof RpcError)) {
    return {
      code: 'agent_error',
      message: `${spec.title} failed: ${oneLine(String(error), 300)}`,
      retryable: true,
    };
  }
  if (error.rpcCode === AUTH_REQUIRED) {
    return {
      code: 'agent_auth',
      message: `${spec.title} wants you to sign in first. Run “${spec.command}” in a terminal and sign in, or pass it a key, then send a message to start it again. The agent says: ${oneLine(error.message, 200)}`,
      retryable: true,
    };
  }
  const details = detailsOf(error.data);
  const root = rootRefusal(spec.title, `${error.message} ${details ?? ''}`);
  if (root !== undefined) return { code: 'agent_root', message: root, retryable: false };
  return {
    code: 'agent_error',
    message: `The agent says: ${oneLine(error.message, 500)}${details === undefined ? '' : ` (${oneLine(details, 500)})`}`,
    retryable: true,
  };
}

function detailsOf(data: unknown): string | undefined {
  if (typeof data === 'string') return data;
  if (!isObject(data)) return undefined;
  const details = data['details'] ?? data['message'];
  return typeof details === 'string' ? details : undefined;
}

function stderrLines(stderr: string): string | undefined {
  const text = cleanText(stderr).trim();
  return text === '' ? undefined : text.slice(-STDERR_SHOWN);
}

const lastLines = (text: string, count: number): string =>
  text.split('\n').slice(-count).join(' · ');
