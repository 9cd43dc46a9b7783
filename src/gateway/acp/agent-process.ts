import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_SERVER_FRAME_BYTES } from '../../core/limits.ts';
import type { AgentSpec } from '../agents/types.ts';
import { born, gone, killGroup } from './children.ts';
import { agentEnvironment } from './environment.ts';
import { LineSplitter } from './lines.ts';
import { Tail } from './tail.ts';

/** A line becomes a frame with an envelope around it, which must still fit. */
const MAX_LINE_BYTES = MAX_SERVER_FRAME_BYTES - 64 * 1024;
/** What may wait to be read by an agent (bytes): several of the largest prompts. */
const MAX_UNREAD_BYTES = 4 * MAX_SERVER_FRAME_BYTES;
const STDERR_BYTES = 64 * 1024;
/** Silence after the process has exited that counts as the end of its output (ms): a grandchild may hold the pipe open. */
const DRAIN_MS = 500;
/** … which is waited for this many times, whatever comes. */
const MAX_DRAINS = 40;

export { killAllChildren as killAllAgents } from './children.ts';

/** How a process ended, or the connection to one. All fields absent: it was never started, see `spawnError`. */
export interface ProcessExit {
  code?: number;
  signal?: string;
  spawnError?: NodeJS.ErrnoException;
  /** Of a server that runs by itself: why the connection to it is gone, in words. */
  lost?: string;
  /** Why the gateway itself ended it. */
  killedFor?: 'line_too_long' | 'flooding' | 'not_reading';
}

export interface ProcessHost {
  line(line: string): void;
  /** Once; all output has been delivered before. */
  exited(exit: ProcessExit): void;
}

/**
 * One agent's process: an argument vector without a shell, an environment allow-list (R70), stdio in
 * lines, and a process group of its own, so that what it started ends with it.
 */
export class AgentProcess {
  readonly #child: ChildProcess;
  readonly #stderr = new Tail(STDERR_BYTES);
  readonly #closed: Promise<void>;
  #killedFor: ProcessExit['killedFor'];
  #exited = false;
  /** It has exited, or is to: what is left in the pipes is little, and whoever waits for its end must get there. */
  #ending = false;

  constructor(spec: AgentSpec, cwd: string, host: ProcessHost) {
    const windows = process.platform === 'win32';
    const child = spawn(spec.command, [...spec.args], {
      cwd,
      env: agentEnvironment(spec, process.env),
      stdio: ['pipe', 'pipe', 'pipe'],
      shell: false,
      // A group of its own. On Windows it would open a console instead.
      detached: !windows,
      windowsHide: true,
    });
    this.#child = child;
    born(this);
    const lines = new LineSplitter(
      MAX_LINE_BYTES,
      (line) => host.line(line),
      () => this.#killFor('line_too_long'),
    );
    child.stdout!.on('data', (chunk: Buffer) => lines.push(chunk));
    child.stderr!.on('data', (chunk: Buffer) => this.#stderr.push(chunk));
    // A process that is gone answers a write with EPIPE; its exit says the rest.
    child.stdin!.on('error', () => {});
    child.stdout!.on('error', () => {});
    child.stderr!.on('error', () => {});

    this.#closed = new Promise((resolve) => {
      const finish = (exit: ProcessExit): void => {
        if (this.#exited) return;
        this.#exited = true;
        gone(this);
        host.exited({ ...exit, killedFor: this.#killedFor });
        resolve();
      };
      child.on('error', (error) => {
        // `error` may also report a failed kill; only a process without a pid never started.
        if (child.pid === undefined) finish({ spawnError: error });
      });
      child.on('exit', (code, signal) => {
        const exit = { code: code ?? undefined, signal: signal ?? undefined };
        // What it left running in its group goes too.
        this.kill('SIGKILL');
        this.#end();
        let heard = true;
        let drains = 0;
        child.stdout!.on('data', () => (heard = true));
        const late = setInterval(() => {
          // A busy machine runs the timers first; what waits in the pipe is read before anybody gives up.
          setImmediate(() => {
            if (heard && ++drains < MAX_DRAINS) return void (heard = false);
            clearInterval(late);
            child.stdout!.destroy();
            child.stderr!.destroy();
            finish(exit);
          });
        }, DRAIN_MS);
        child.on('close', () => {
          clearInterval(late);
          finish(exit);
        });
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** One message; without line feeds, as `JSON.stringify` writes it. Nothing happens when the process is gone. */
  write(line: string): void {
    const stdin = this.#child.stdin!;
    if (this.#exited || !stdin.writable) return;
    // It asks and asks, and never takes an answer (R30).
    if (stdin.writableLength > MAX_UNREAD_BYTES) return this.#killFor('not_reading');
    stdin.write(`${line}\n`);
  }

  /**
   * Reads its output no further, so that the pipe fills and holds it up; nothing is lost. At most what one
   * read of the pipe brought still comes, and when it exits, what the pipe still holds.
   */
  pauseOutput(): void {
    if (!this.#ending) this.#child.stdout!.pause();
  }

  resumeOutput(): void {
    this.#child.stdout!.resume();
  }

  /** The last 64 KB that it wrote to stderr. */
  stderrTail(): string {
    return this.#stderr.text();
  }

  /** It writes what nobody can read, and too much of it. */
  killForFlooding(): void {
    this.#killFor('flooding');
  }

  /** Asks it to end, then makes it. Resolves when it is gone. */
  async stop(graceMs: number): Promise<void> {
    if (this.#exited) return this.#closed;
    this.#end();
    this.#child.stdin!.end();
    this.kill('SIGTERM');
    const timer = new AbortController();
    await Promise.race([
      this.#closed,
      sleep(graceMs, undefined, { signal: timer.signal }).then(
        () => this.kill('SIGKILL'),
        () => {},
      ),
    ]);
    timer.abort();
    return this.#closed;
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    killGroup(this.#child, signal);
  }

  #end(): void {
    this.#ending = true;
    this.resumeOutput();
  }

  #killFor(reason: NonNullable<ProcessExit['killedFor']>): void {
    this.#killedFor ??= reason;
    this.kill('SIGKILL');
  }
}
