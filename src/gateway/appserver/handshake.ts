import { isObject, type JsonObject } from '../../core/json.ts';
import { ApertureError } from '../../core/errors.ts';
import { RpcError, type JsonRpcPeer } from '../acp/json-rpc.ts';
import type { AgentOptions, AgentReady } from '../agent/port.ts';
import { isUnknownMethod, signIn, tooOld } from './failures.ts';
import { asObject, read, type Model, type Shape } from './protocol.ts';
import { threadConfig } from './thread-config.ts';

const MAX_MODELS = 200;

export interface Opened {
  readonly settings: Shape<'opened'>;
  readonly memory: AgentReady['memory'];
  readonly left: readonly string[];
  readonly version: string | undefined;
}

export interface HandshakeHost {
  /** Before the thread is open, or after it. */
  models(models: readonly Model[]): void;
  /** In the order of the agent's messages: what follows is seen in an open thread. */
  opened(opened: Opened): void;
}

/** From a process that has just begun to an open thread. */
export class Handshake {
  /** What is being waited for. */
  step = 'initialize';
  #version: string | undefined;

  constructor(
    private readonly peer: JsonRpcPeer,
    private readonly options: AgentOptions,
    private readonly host: HandshakeHost,
  ) {}

  /** @throws ApertureError `agent_auth`, `agent_protocol`, `rpc_timeout`; RpcError as answered. */
  async run(): Promise<void> {
    const { spec, version, cwd, previous, extras } = this.options;
    const hello = await this.#ask('initialize', {
      clientInfo: { name: 'aperture', title: 'Aperture', version },
      capabilities: { experimentalApi: false, requestAttestation: false },
    });
    this.#version = /\/(\d+\.\d+\.\d+[\w.-]*)/.exec(read('userAgent', hello)?.userAgent ?? '')?.[1];
    this.peer.notify('initialized', {});

    // Older ones cannot be asked; they say so when a turn fails.
    const account = await this.#ask('account/read', { refreshToken: false }).catch(unlessUnknown);
    const { account: who, requiresOpenaiAuth } = read('account', account ?? {}) ?? {};
    if (requiresOpenaiAuth === true && !isObject(who)) throw signIn(spec);

    this.#askModels();
    const { config, left } = threadConfig(extras);
    const params = { cwd, ...(config && { config }) };
    let memory: AgentReady['memory'] = 'new';
    if (previous !== undefined) {
      if (await this.#resume(previous, params, left)) return;
      memory = 'forgotten';
    }
    await this.#open('thread/start', params, memory, left);
  }

  /** @returns false when it does not know the thread any more. */
  async #resume(threadId: string, params: JsonObject, left: readonly string[]): Promise<boolean> {
    const whole = { ...params, threadId };
    try {
      // The log has the turns.
      await this.#open('thread/resume', { ...whole, excludeTurns: true }, 'resumed', left);
      return true;
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      if (!/excludeTurns/.test(error.message)) return false;
    }
    try {
      await this.#open('thread/resume', whole, 'resumed', left);
      return true;
    } catch (error) {
      if (error instanceof RpcError) return false;
      throw error;
    }
  }

  async #open(
    method: 'thread/start' | 'thread/resume',
    params: JsonObject,
    memory: AgentReady['memory'],
    left: readonly string[],
  ): Promise<void> {
    this.step = method;
    const { spec, initTimeoutMs } = this.options;
    const work = this.peer.request(
      method,
      params,
      (result) => {
        const settings = read('opened', result);
        if (!settings) {
          throw new ApertureError(
            'agent_protocol',
            `${spec.title} opened a thread that cannot be read. Update it, or this gateway.`,
          );
        }
        this.host.opened({ settings, memory, left, version: this.#version });
      },
      initTimeoutMs,
    );
    await work.catch((error: unknown) => {
      throw isUnknownMethod(error) ? tooOld(spec, this.#version) : error;
    });
  }

  /** Nobody waits for the list; without it, there is less to choose from. */
  #askModels(): void {
    const asked = this.peer.request(
      'model/list',
      { limit: MAX_MODELS },
      (result) => {
        const { data = [] } = read('models', result) ?? {};
        const models = data.slice(0, MAX_MODELS).flatMap((each) => read('model', each) ?? []);
        this.host.models(models);
      },
      this.options.initTimeoutMs,
    );
    asked.catch(() => {});
  }

  #ask(method: string, params: JsonObject): Promise<JsonObject> {
    this.step = method;
    return this.peer.request(method, params, asObject, this.options.initTimeoutMs);
  }
}

function unlessUnknown(error: unknown): undefined {
  if (!isUnknownMethod(error)) throw error;
}
