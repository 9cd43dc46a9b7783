import { isObject, type JsonObject } from '../../../core/json.ts';
import { GatewayMethod, type LogEntry } from '../../../core/log/entry.ts';
import type { ErrorInfo } from '../../../core/errors.ts';
import { RpcError, type RpcId } from '../../acp/json-rpc.ts';
import type { SessionLog } from '../../journal/port.ts';
import { oursOf } from '../turn-reader.ts';
import { REFUSED, rpcErrorOf } from './messages.ts';
import type { RpcOut } from './rpc.ts';

/** An agent's modes and options as the log tells them, and the requests that wait to have changed one. */
export class Settings {
  #modes: JsonObject | undefined;
  #options: unknown[] | undefined;
  readonly #waiting = new Map<string, RpcId>();

  /** As ACP's answers to `new` and `load` have them. */
  get known(): JsonObject {
    return {
      ...(this.#modes && { modes: this.#modes }),
      ...(this.#options && { configOptions: this.#options }),
    };
  }

  /** @param key of the change that is under way. */
  wait(key: string, id: RpcId): void {
    this.#waiting.set(key, id);
  }

  /** @param rpc where to answer changes that were waited for. */
  read({ m: { method, params } }: LogEntry, rpc?: RpcOut): void {
    if (method === GatewayMethod.agent && params['state'] === 'ready') {
      this.#modes = isObject(params['modes']) ? params['modes'] : undefined;
      const { configOptions } = params;
      this.#options = Array.isArray(configOptions) ? configOptions : undefined;
    } else if (method === GatewayMethod.error) {
      const id = this.#take(params['key']);
      if (id !== undefined) rpc?.fail(id, rpcErrorOf(params['error'] as ErrorInfo));
    } else if (method === 'session/update' && isObject(params['update'])) {
      this.#update(params['update'], rpc);
    }
  }

  /** Nobody hears any more what becomes of them. */
  giveUp(rpc: RpcOut): void {
    for (const id of this.#waiting.values()) rpc.fail(id, LET_GO);
    this.#waiting.clear();
  }

  #update(update: JsonObject, rpc: RpcOut | undefined): void {
    const { sessionUpdate, currentModeId, configOptions } = update;
    const mode = sessionUpdate === 'current_mode_update';
    const option = sessionUpdate === 'config_option_update' && Array.isArray(configOptions);
    if (!mode && !option) return;
    if (mode && this.#modes) this.#modes = { ...this.#modes, currentModeId };
    if (option) this.#options = configOptions;
    const id = this.#take(oursOf(update)?.['key']);
    if (id !== undefined) rpc?.respond(id, option ? { configOptions } : {});
  }

  #take(key: unknown): RpcId | undefined {
    if (typeof key !== 'string') return undefined;
    const id = this.#waiting.get(key);
    this.#waiting.delete(key);
    return id;
  }
}

/** Those of a session that has just begun: what its agent said stands near the log's beginning. */
export async function firstSettings(log: SessionLog): Promise<JsonObject> {
  const settings = new Settings();
  await log.whenCommitted(log.head);
  for (const { frame } of await log.read(1, 256 * 1024)) {
    settings.read(JSON.parse(frame.toString('utf8')) as LogEntry);
  }
  return settings.known;
}

const LET_GO = new RpcError(REFUSED, 'The session was let go meanwhile.');
