import { ApertureError } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import type { AgentSpec } from '../agents/types.ts';
import { AgentProcess } from './agent-process.ts';
import { describeExit, describeRpcError, describeStartFailure } from './failures.ts';
import { JsonRpcPeer, METHOD_NOT_FOUND } from './json-rpc.ts';
import { CLIENT_CAPABILITIES } from './services/services.ts';

const PROTOCOL_VERSION = 1;

export interface VisitOptions {
  readonly spec: AgentSpec;
  readonly cwd: string;
  /** Longest wait for each answer, ms. */
  readonly initTimeoutMs: number;
  /** From SIGTERM to SIGKILL, ms. */
  readonly stopGraceMs: number;
  readonly version: string;
}

/**
 * An agent's process that is asked about the agent itself: what it can do, which sessions it has, what was said in
 * them. It opens no session of ours and is offered nothing; what it asks is refused.
 */
export class AgentVisit {
  /** What it said of itself. Rejects with an ApertureError in words for the reader. */
  readonly hello: Promise<JsonObject>;
  readonly #options: VisitOptions;
  readonly #process: AgentProcess;
  readonly #peer: JsonRpcPeer;
  #listener: ((params: JsonObject) => void) | undefined;
  #over: ApertureError | undefined;

  constructor(options: VisitOptions) {
    const { spec, cwd, initTimeoutMs, version } = options;
    this.#options = options;
    this.#peer = new JsonRpcPeer({
      write: (line) => this.#process.write(line),
      notification: (method, params) => {
        if (method === 'session/update') this.#listener?.(params);
      },
      request: (method, _params, id) =>
        this.#peer.respondError(id, METHOD_NOT_FOUND, `Method not found: ${method}`),
      malformed: () => {},
    });
    this.#process = new AgentProcess(spec, cwd, {
      line: (line) => this.#peer.receive(line),
      exited: (exit) => {
        const { error } = describeExit(spec, exit, this.#process.stderrTail(), true);
        this.#end(new ApertureError(error.code, error.message, { retryable: error.retryable }));
      },
    });
    const params = {
      protocolVersion: PROTOCOL_VERSION,
      clientCapabilities: CLIENT_CAPABILITIES,
      clientInfo: { name: 'aperture', title: 'Aperture', version },
    };
    this.hello = this.#peer.request('initialize', params, asObject, initTimeoutMs).then(
      (hello) => {
        if (hello['protocolVersion'] === PROTOCOL_VERSION) return hello;
        throw new ApertureError(
          'agent_protocol',
          `${spec.title} speaks another version of ACP, whose sessions cannot be listed here.`,
        );
      },
      (error: unknown) => {
        const stderr = this.#process.stderrTail();
        const end = describeStartFailure(spec, error, 'initialize', initTimeoutMs, stderr);
        throw this.#over ?? new ApertureError(end.error.code, end.error.message, end.error);
      },
    );
    // Whoever asks first hears it; a visit that is ended before has nobody to tell.
    this.hello.catch(() => {});
  }

  /** It can be asked nothing more. */
  get isOver(): boolean {
    return this.#over !== undefined;
  }

  /** @throws ApertureError in words for the reader. */
  async request(method: string, params: JsonObject): Promise<JsonObject> {
    await this.hello;
    const { spec, initTimeoutMs } = this.#options;
    try {
      return await this.#peer.request(method, params, asObject, initTimeoutMs);
    } catch (error) {
      if (error instanceof ApertureError && error === this.#over) throw error;
      const info = describeRpcError(spec, error);
      throw new ApertureError(info.code, info.message, { retryable: info.retryable });
    }
  }

  /** Tells the params of every `session/update` while `run` is under way. One at a time. */
  async listening<T>(hear: (params: JsonObject) => void, run: () => Promise<T>): Promise<T> {
    this.#listener = hear;
    try {
      return await run();
    } finally {
      this.#listener = undefined;
    }
  }

  /** Idempotent; resolves when the process is gone. */
  stop(): Promise<void> {
    this.#end(new ApertureError('agent_stopped', 'The agent was stopped.', { retryable: true }));
    return this.#process.stop(this.#options.stopGraceMs);
  }

  #end(error: ApertureError): void {
    this.#over ??= error;
    this.#peer.close(this.#over);
  }
}

const asObject = (value: unknown): JsonObject => (isObject(value) ? value : {});
