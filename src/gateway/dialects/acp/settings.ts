import { isObject, type JsonObject } from '../../../core/json.ts';
import { GatewayMethod, type LogEntry } from '../../../core/log/entry.ts';
import type { ErrorInfo } from '../../../core/errors.ts';
import { RpcError, type RpcId } from '../../acp/json-rpc.ts';
import type { SessionLog } from '../../journal/port.ts';
import { KnownSettings } from '../../session/known-settings.ts';
import { oursOf } from '../turn-reader.ts';
import { REFUSED, rpcErrorOf } from './messages.ts';
import type { RpcOut } from './rpc.ts';

/** An agent's modes and options as the log tells them, and the requests that wait to have changed one. */
export class Settings {
  readonly #known = new KnownSettings();
  readonly #waiting = new Map<string, RpcId>();

  /** As ACP's answers to `new` and `load` have them. */
  get known(): JsonObject {
    return this.#known.answer;
  }

  /** @param key of the change that is under way. */
  wait(key: string, id: RpcId): void {
    this.#waiting.set(key, id);
  }

  /** @param rpc where to answer changes that were waited for. */
  read({ m }: LogEntry, rpc?: RpcOut): void {
    this.#known.read(m);
    const { method, params } = m;
    if (method === GatewayMethod.error) {
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
    const { sessionUpdate, configOptions } = update;
    const mode = sessionUpdate === 'current_mode_update';
    const option = sessionUpdate === 'config_option_update' && Array.isArray(configOptions);
    if (!mode && !option) return;
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

/** Of a log that nobody has read since the gateway was started, this much is read for them. */
const MAX_READ = 8 * 1024 * 1024;

/** Those of a session whose agent an earlier gateway ran: what its log says of them, as far as it is read. */
export async function settingsInLog(log: SessionLog): Promise<JsonObject> {
  const settings = new KnownSettings();
  let from = log.low;
  for (let left = MAX_READ; left > 0 && from <= log.committed;) {
    const entries = await log.read(from, 256 * 1024);
    if (entries.length === 0) break;
    for (const { frame, n } of entries) {
      settings.read((JSON.parse(frame.toString('utf8')) as LogEntry).m);
      left -= frame.byteLength;
      from = n + 1;
    }
  }
  return settings.answer;
}

const LET_GO = new RpcError(REFUSED, 'The session was let go meanwhile.');
