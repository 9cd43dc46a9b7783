import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { isObject, type JsonObject } from '../../../core/json.ts';
import { INVALID_PARAMS, RpcError } from '../json-rpc.ts';
import { absolute, realInside, RESOURCE_NOT_FOUND, type Roots } from './contained.ts';
import { Terminal, type TerminalExit } from './terminal.ts';

/** Terminals of one agent that are not released yet. */
const MAX_TERMINALS = 32;
/** Of a terminal's output, what is kept unless the agent asks for less (bytes). */
const OUTPUT_BYTES = 1024 * 1024;
/** Output goes to the log in pieces: at least this often (ms) … */
const LOG_EVERY_MS = 100;
/** … or when so much has gathered (bytes); and of one terminal no more than `OUTPUT_BYTES` in all. */
const LOG_BYTES = 16 * 1024;
const MAX_ARGS = 1_000;

/** What becomes of a terminal, for the log. */
export type TerminalNews =
  | { id: string; state: 'started'; command: string; args: readonly string[]; cwd: string }
  | { id: string; state: 'output'; text: string }
  /** The log has all that it takes of this one; the agent still gets the newest. */
  | { id: string; state: 'truncated' }
  | ({ id: string; state: 'exited' } & TerminalExit)
  | { id: string; state: 'released' };

export interface TerminalsOptions {
  readonly roots: Roots;
  /** What every command may see of the gateway's own environment (R70). */
  readonly environment: () => Record<string, string>;
  readonly news: (news: TerminalNews) => void;
}

/** The terminals of one agent: ACP's `terminal/*`. They end with it. */
export class Terminals {
  readonly #all = new Map<string, Terminal>();
  #starting = 0;
  #closed = false;

  constructor(private readonly options: TerminalsOptions) {}

  /** @throws RpcError */
  async create(params: JsonObject): Promise<{ terminalId: string }> {
    if (this.#all.size + this.#starting >= MAX_TERMINALS) {
      throw new RpcError(INVALID_PARAMS, `Release a terminal first: ${MAX_TERMINALS} are open.`);
    }
    const { command } = params;
    if (typeof command !== 'string' || command === '' || command.includes('\0')) {
      throw new RpcError(INVALID_PARAMS, '“command” must name a program.');
    }
    const args = strings(params['args']);
    const id = `term-${randomUUID()}`;
    this.#starting++;
    try {
      const cwd = await this.#directory(params['cwd']);
      const env = { ...this.options.environment(), ...variables(params['env']) };
      const outputBytes = Math.min(limit(params['outputByteLimit']), OUTPUT_BYTES);
      const log = new OutputLog((news) => this.options.news({ id, ...news }));
      // Said first: its output may come before its start is known here.
      this.options.news({ id, state: 'started', command, args, cwd });
      const terminal = await Terminal.start(
        { command, args, cwd, env, outputBytes },
        {
          output: (chunk) => log.push(chunk),
          exited: (exit) => {
            log.end();
            this.options.news({ id, state: 'exited', ...exit });
          },
        },
      ).catch((error: unknown) => {
        this.options.news({ id, state: 'exited', exitCode: null, signal: null });
        throw notStarted(error, command);
      });
      if (this.#closed) terminal.kill();
      else this.#all.set(id, terminal);
      return { terminalId: id };
    } finally {
      this.#starting--;
    }
  }

  /** @throws RpcError */
  output(params: JsonObject): Terminal['output'] {
    return this.#find(params).output;
  }

  /** @throws RpcError */
  waitForExit(params: JsonObject): Promise<TerminalExit> {
    return this.#find(params).exited;
  }

  /** Ends its command; it can still be asked. @throws RpcError */
  kill(params: JsonObject): JsonObject {
    this.#find(params).kill();
    return {};
  }

  /** Ends its command if need be, and forgets it. @throws RpcError */
  release(params: JsonObject): JsonObject {
    const terminal = this.#find(params);
    const id = params['terminalId'] as string;
    this.#all.delete(id);
    terminal.kill();
    void terminal.exited.then(() => this.options.news({ id, state: 'released' }));
    return {};
  }

  /** Final. */
  close(): void {
    this.#closed = true;
    for (const terminal of this.#all.values()) terminal.kill();
    this.#all.clear();
  }

  #find({ terminalId }: JsonObject): Terminal {
    const terminal = typeof terminalId === 'string' ? this.#all.get(terminalId) : undefined;
    if (terminal) return terminal;
    throw new RpcError(RESOURCE_NOT_FOUND, 'There is no such terminal; it may have been released.');
  }

  async #directory(given: unknown): Promise<string> {
    const { roots } = this.options;
    if (given === undefined || given === null) return roots[0]!;
    const real = await realInside(roots, absolute(given, 'cwd'));
    if ((await stat(real)).isDirectory()) return real;
    throw new RpcError(INVALID_PARAMS, `${real} is not a directory.`);
  }
}

/** Gathers output, so that the log gets it in pieces and not by the byte; and no more than its bound. */
class OutputLog {
  readonly #decoder = new StringDecoder('utf8');
  #text = '';
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly news: (
      news: { state: 'output'; text: string } | { state: 'truncated' },
    ) => void,
  ) {}

  push(chunk: Buffer): void {
    if (this.#bytes > OUTPUT_BYTES) return;
    this.#bytes += chunk.byteLength;
    this.#text += this.#decoder.write(chunk);
    if (this.#text.length >= LOG_BYTES) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), LOG_EVERY_MS);
    if (this.#bytes <= OUTPUT_BYTES) return;
    this.#flush();
    this.news({ state: 'truncated' });
  }

  end(): void {
    this.#text += this.#decoder.end();
    this.#flush();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#text !== '') this.news({ state: 'output', text: this.#text });
    this.#text = '';
  }
}

function strings(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  const all = Array.isArray(value) && value.length <= MAX_ARGS ? value : [undefined];
  if (all.every((arg) => typeof arg === 'string' && !arg.includes('\0'))) return all as string[];
  throw new RpcError(INVALID_PARAMS, `“args” must be at most ${MAX_ARGS} strings.`);
}

function variables(value: unknown): Record<string, string> {
  const given = Array.isArray(value) ? value : [];
  const found: Record<string, string> = {};
  for (const entry of given.slice(0, MAX_ARGS)) {
    const { name, value: text } = isObject(entry) ? entry : {};
    const right = typeof name === 'string' && typeof text === 'string';
    if (!right || !/^[^=\0]+$/.test(name) || text.includes('\0')) {
      throw new RpcError(INVALID_PARAMS, '“env” must be a list of {name, value}.');
    }
    found[name] = text;
  }
  return found;
}

function limit(value: unknown): number {
  if (value === undefined || value === null) return OUTPUT_BYTES;
  if (typeof value === 'number' && value >= 0) return Math.max(1, Math.floor(value));
  throw new RpcError(INVALID_PARAMS, '“outputByteLimit” must be a number of bytes.');
}

function notStarted(error: unknown, command: string): RpcError {
  const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  return new RpcError(
    missing ? RESOURCE_NOT_FOUND : INVALID_PARAMS,
    missing
      ? `There is no program “${command}”. Commands run without a shell: give its arguments in “args”, or run “sh” with “-c”.`
      : `“${command}” could not be started: ${error instanceof Error ? error.message : String(error)}`,
  );
}
