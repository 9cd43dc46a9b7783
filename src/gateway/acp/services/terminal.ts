import { spawn, type ChildProcess } from 'node:child_process';
import { born, gone, killGroup } from '../children.ts';
import { Tail } from '../tail.ts';

export interface TerminalCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Of its output, the newest are kept (bytes). */
  readonly outputBytes: number;
}

export interface TerminalExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export interface TerminalHost {
  /** Both of its streams, in the order in which they came. */
  output(chunk: Buffer): void;
  /** Once, after all output. */
  exited(exit: TerminalExit): void;
}

/** How long output may still come after the process has exited (ms): somebody else may hold the pipe open. */
const DRAIN_MS = 300;

/** One command that an agent asked for: an argument vector, no shell, no input, a process group of its own. */
export class Terminal {
  readonly #child: ChildProcess;
  readonly #kept: Tail;
  #bytes = 0;
  #exit: TerminalExit | undefined;
  /** Resolves with its end. */
  readonly exited: Promise<TerminalExit>;

  private constructor(
    private readonly given: TerminalCommand,
    host: TerminalHost,
  ) {
    this.#kept = new Tail(given.outputBytes);
    const child = spawn(given.command, [...given.args], {
      cwd: given.cwd,
      env: { ...given.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: false,
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    this.#child = child;
    const heard = (chunk: Buffer): void => {
      this.#bytes += chunk.byteLength;
      this.#kept.push(chunk);
      host.output(chunk);
    };
    child.stdout!.on('data', heard).on('error', () => {});
    child.stderr!.on('data', heard).on('error', () => {});
    this.exited = new Promise((resolve) => {
      child.on('exit', (exitCode, signal) => {
        const end = (): void => {
          if (this.#exit) return;
          this.#exit = { exitCode, signal };
          gone(this);
          child.stdout!.destroy();
          child.stderr!.destroy();
          host.exited(this.#exit);
          resolve(this.#exit);
        };
        const late = setTimeout(end, DRAIN_MS);
        child.on('close', () => {
          clearTimeout(late);
          end();
        });
      });
    });
  }

  /** @throws Error as `spawn`: no such command, not allowed. */
  static async start(command: TerminalCommand, host: TerminalHost): Promise<Terminal> {
    const terminal = new Terminal(command, host);
    await new Promise((resolve, reject) =>
      terminal.#child.once('spawn', resolve).once('error', reject),
    );
    // A later `error` reports a kill that failed, which its exit makes good.
    terminal.#child.on('error', () => {});
    born(terminal);
    return terminal;
  }

  /** What is kept of its output, cut at the front at a whole character. */
  get output(): { output: string; truncated: boolean; exitStatus: TerminalExit | null } {
    return {
      output: this.#kept.text(),
      truncated: this.#bytes > this.given.outputBytes,
      exitStatus: this.#exit ?? null,
    };
  }

  get isRunning(): boolean {
    return this.#exit === undefined;
  }

  kill(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): void {
    if (this.#exit === undefined) killGroup(this.#child, signal);
  }
}
