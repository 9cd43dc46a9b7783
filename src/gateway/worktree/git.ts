import { ApertureError } from '../../core/errors.ts';
import { agentEnvironment } from '../acp/environment.ts';
import { capture } from '../workspace/process.ts';

/** For questions, and for work that writes files; ms. */
export const ASK_MS = 20_000;
export const WORK_MS = 50_000;
/** Longest output that is read, bytes; more is dropped, and said to be. */
const MAX_OUTPUT = 8 * 1024 * 1024;

/** What would run or ask by itself while git only looks. */
const SAFE = [
  ['--no-pager', '--literal-pathspecs'],
  ['-c', 'core.fsmonitor=false'],
  ['-c', 'core.quotePath=false'],
  ['-c', 'submodule.recurse=false'],
  ['-c', 'advice.detachedHead=false'],
].flat();

const NEVER = new AbortController().signal;

export interface GitResult {
  readonly code: number;
  /** Without the line's end after the last line; nothing else is trimmed, for file names may end in blanks. */
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
}

interface RunOptions {
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
}

/**
 * Runs git by argument vector, without a shell, prompts or editors, in a process group that ends with it. Its
 * environment is the common allow-list: none of the gateway's keys, and no GIT_DIR of whoever started it. A
 * non-zero exit is a result, not an error.
 *
 * @throws ApertureError `no_git`, `git_timeout` (retryable).
 */
export async function run(
  cwd: string,
  args: readonly string[],
  { timeoutMs = ASK_MS, maxBytes = MAX_OUTPUT }: RunOptions = {},
): Promise<GitResult> {
  const env = {
    ...agentEnvironment({ env: {}, passEnv: [] }, process.env),
    GIT_TERMINAL_PROMPT: '0',
    GIT_EDITOR: 'true',
    // Looking must not take a lock that the agent's own git wants.
    GIT_OPTIONAL_LOCKS: '0',
    LC_ALL: 'C',
  };
  const result = await capture(['git', ...SAFE, ...args], {
    cwd,
    env,
    signal: NEVER,
    timeoutMs,
    maxBytes,
  }).catch((error: unknown) => {
    throw new ApertureError(
      'no_git',
      `git cannot be run in ${cwd}. Check that it is installed, and that the directory is there.`,
      { cause: error },
    );
  });
  if (result.timedOut) {
    throw new ApertureError(
      'git_timeout',
      `git ${args[0]} took longer than ${timeoutMs / 1_000} s and was stopped.`,
      { retryable: true },
    );
  }
  return {
    code: result.code ?? 1,
    stdout: result.stdout.toString('utf8').replace(/\r?\n$/, ''),
    stderr: result.stderr,
    truncated: result.truncated,
  };
}

/** As {@link run}, for what must succeed. @throws ApertureError also `git_failed`, with git's own words. */
export async function git(
  cwd: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const result = await run(cwd, args, options);
  if (result.code !== 0) throw failed(args, result);
  return result.stdout;
}

export function failed(args: readonly string[], { stdout, stderr }: GitResult): ApertureError {
  return new ApertureError('git_failed', `git ${args[0]}: ${lastWords(stderr || stdout)}`);
}

/** The end of what git said, on one line. */
export function lastWords(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return (
    lines
      .filter((line) => line !== '' && !line.startsWith('hint:'))
      .slice(-3)
      .join(' ')
      .slice(-500) || 'it gave no reason'
  );
}
