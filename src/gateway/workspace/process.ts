import { spawn, type ChildProcess } from 'node:child_process';
import { ApertureError } from '../../core/errors.ts';
import { code } from './markdown.ts';

/** A process that does not end on the polite signal is killed after this time (ms). */
const KILL_AFTER_MS = 1_000;

export interface RunOptions {
  cwd: string;
  signal: AbortSignal;
  /** Called with each piece of standard output and standard error, in order of arrival. */
  onOutput(bytes: Buffer, stream: 'stdout' | 'stderr'): void;
  env?: NodeJS.ProcessEnv;
  /** ms; the process is ended when it takes longer. */
  timeoutMs: number;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  timedOut: boolean;
}

/**
 * Runs a program by argument vector, without a shell, in a process group of its own, so that cancelling
 * also ends what it started. Its standard input is empty.
 *
 * @throws ApertureError `cannot_run` when it cannot be started; the signal's reason when cancelled
 */
export function runProcess(
  [program, ...args]: readonly [string, ...string[]],
  options: RunOptions,
): Promise<Exit> {
  const { signal } = options;
  signal.throwIfAborted();
  const windows = process.platform === 'win32';
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: !windows,
    windowsHide: true,
  });
  return new Promise((resolve, reject) => {
    let timedOut = false;
    let force: NodeJS.Timeout | undefined;
    const end = (): void => {
      force ??= setTimeout(() => {
        killGroup(child, 'SIGKILL');
        // A grandchild that left the group may hold the pipes open for ever.
        child.stdout.destroy();
        child.stderr.destroy();
      }, KILL_AFTER_MS);
      killGroup(child, 'SIGTERM');
    };
    const limit = setTimeout(() => {
      timedOut = true;
      end();
    }, options.timeoutMs);
    const settle = (): void => {
      clearTimeout(limit);
      clearTimeout(force);
      signal.removeEventListener('abort', end);
    };
    signal.addEventListener('abort', end, { once: true });
    child.stdout.on('data', (bytes: Buffer) => options.onOutput(bytes, 'stdout'));
    child.stderr.on('data', (bytes: Buffer) => options.onOutput(bytes, 'stderr'));
    child.once('error', (error: NodeJS.ErrnoException) => {
      settle();
      reject(cannotRun(program, error));
    });
    child.once('exit', () => {
      // What the program left running goes with it when the turn was cancelled.
      if (signal.aborted || timedOut) end();
    });
    child.once('close', (exitCode, exitSignal) => {
      if (signal.aborted || timedOut) killGroup(child, 'SIGKILL');
      settle();
      if (signal.aborted) reject(signal.reason as Error);
      else resolve({ code: exitCode, signal: exitSignal, timedOut });
    });
  });
}

function cannotRun(program: string, error: NodeJS.ErrnoException): ApertureError {
  const why =
    {
      ENOENT: `There is no program ${code(program)} on PATH.`,
      EACCES: `${code(program)} is not executable.`,
    }[error.code ?? ''] ?? `${code(program)} cannot be started: ${error.message}.`;
  return new ApertureError('cannot_run', `${why} Nothing was run.`, { cause: error });
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') {
      spawn('taskkill', ['/pid', String(child.pid), '/T', '/F'], { stdio: 'ignore' }).on(
        'error',
        () => child.kill(),
      );
    } else process.kill(-child.pid, signal);
  } catch {
    // The whole group is gone already.
  }
}

export interface Captured extends Exit {
  stdout: Buffer;
  stderr: string;
  /** There was more standard output than `maxBytes`; it was dropped. */
  truncated: boolean;
}

/** Runs a program to its end and keeps its output, up to `maxBytes` of each stream. */
export async function capture(
  argv: readonly [string, ...string[]],
  options: Omit<RunOptions, 'onOutput'> & { maxBytes: number },
): Promise<Captured> {
  const kept = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const left = { stdout: options.maxBytes, stderr: 16 * 1024 };
  let truncated = false;
  const exit = await runProcess(argv, {
    ...options,
    onOutput(bytes, stream) {
      if (bytes.length > left[stream] && stream === 'stdout') truncated = true;
      const part = bytes.subarray(0, left[stream]);
      left[stream] -= part.length;
      if (part.length > 0) kept[stream].push(part);
    },
  });
  return {
    ...exit,
    stdout: Buffer.concat(kept.stdout),
    stderr: Buffer.concat(kept.stderr).toString('utf8'),
    truncated,
  };
}
