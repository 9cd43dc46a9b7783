import type { JsonObject } from '../../../core/json.ts';
import { readTextFile, writeTextFile } from './files.ts';
import { Terminals, type TerminalNews } from './terminals.ts';
import type { Roots } from './contained.ts';

/** What the gateway did for an agent, for the log. */
export type ServiceNews =
  | { what: 'file'; op: 'read' | 'write'; path: string; bytes?: number; error?: string }
  | ({ what: 'terminal' } & TerminalNews);

export interface ServicesOptions {
  /** The session's directory, and those that it was given beside it; real paths. */
  readonly roots: Roots;
  readonly environment: () => Record<string, string>;
  readonly news: (news: ServiceNews) => void;
}

type Service = (params: JsonObject) => unknown;

/** What the gateway says in `initialize` that it does for agents. */
export const CLIENT_CAPABILITIES = {
  fs: { readTextFile: true, writeTextFile: true },
  terminal: true,
  session: { configOptions: { boolean: {} }, notices: {}, compaction: {} },
};

/** Requests of one agent that the gateway serves by itself: files and terminals (R70). */
export class Services {
  readonly #terminals: Terminals;
  readonly #byMethod: ReadonlyMap<string, Service>;
  /** One after the other: what was written before can be read, and no more than one file is in memory. */
  #files: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: ServicesOptions) {
    const { roots, environment, news } = options;
    const terminals = new Terminals({
      roots,
      environment,
      news: (said) => news({ what: 'terminal', ...said }),
    });
    this.#terminals = terminals;
    this.#byMethod = new Map<string, Service>([
      ['fs/read_text_file', (params) => this.#read(params)],
      ['fs/write_text_file', (params) => this.#write(params)],
      ['terminal/create', (params) => terminals.create(params)],
      ['terminal/output', (params) => terminals.output(params)],
      ['terminal/wait_for_exit', (params) => terminals.waitForExit(params)],
      ['terminal/kill', (params) => terminals.kill(params)],
      ['terminal/release', (params) => terminals.release(params)],
    ]);
  }

  has(method: string): boolean {
    return this.#byMethod.has(method);
  }

  /** @throws RpcError, to be answered as it is. */
  async serve(method: string, params: JsonObject): Promise<unknown> {
    return this.#byMethod.get(method)!(params);
  }

  /** Final: what was started for the agent ends with it. */
  close(): void {
    this.#terminals.close();
  }

  #read(params: JsonObject): Promise<{ content: string }> {
    return this.#told('read', params, async () => {
      const read = await readTextFile(this.options.roots, params);
      return { result: read, bytes: Buffer.byteLength(read.content) };
    });
  }

  #write(params: JsonObject): Promise<JsonObject> {
    return this.#told('write', params, async () => ({
      result: {},
      bytes: await writeTextFile(this.options.roots, params),
    }));
  }

  async #told<T>(
    op: 'read' | 'write',
    params: JsonObject,
    work: () => Promise<{ result: T; bytes: number }>,
  ): Promise<T> {
    const file = String(params['path']).slice(0, 4_096);
    const mine = this.#files.then(work, work);
    this.#files = mine.catch(() => {});
    try {
      const { result, bytes } = await mine;
      this.options.news({ what: 'file', op, path: file, bytes });
      return result;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.options.news({ what: 'file', op, path: file, error: why });
      throw error;
    }
  }
}
