import type { JsonObject } from '../../../../core/json.ts';
import { GatewayMethod } from '../../../../core/log/entry.ts';
import { translate } from '../../../../core/session/translate.ts';
import type { LocalLog } from '../local-log.ts';
import type { Link } from '../port.ts';
import type { RpcSocket } from './rpc-socket.ts';

/** Modes and options of an agent that is spoken with directly: what it takes stands in the page's log. */
export class AcpSettings implements NonNullable<Link['settings']> {
  constructor(
    readonly rpc: RpcSocket,
    readonly log: LocalLog,
    readonly sessionId: string,
  ) {}

  setMode(key: string, modeId: string): void {
    this.#change(key, 'session/set_mode', { modeId }, () => {
      this.log.push({ type: 'mode', modeId, key });
    });
  }

  setOption(key: string, configId: string, value: string | boolean): void {
    const typed = typeof value === 'boolean' && { type: 'boolean' };
    this.#change(key, 'session/set_config_option', { configId, value, ...typed }, (result) => {
      // One may change others: the agent answers with all of them.
      const { configOptions } = result;
      const update = { sessionUpdate: 'config_option_update', configOptions };
      const event = translate({ method: 'session/update', params: { update } });
      this.log.push(
        event.type === 'options' ? { ...event, key } : { type: 'options', options: [], key },
      );
    });
  }

  #change(
    key: string,
    method: string,
    params: JsonObject,
    took: (result: JsonObject) => void,
  ): void {
    const sent = this.rpc.request(
      method,
      { ...params, sessionId: this.sessionId },
      took,
      ({ message }) => {
        const error = { code: 'setting_refused', message, retryable: true };
        this.log.push({ type: 'error', error, key });
      },
    );
    if (sent) return;
    const message = 'The connection could not take the change. Try again when it is back.';
    this.log.refused(key, { code: 'not_sent', message, retryable: true });
  }
}

/** Whether the answer that opened a session has anything to choose from. */
export const hasSettings = ({ modes, configOptions }: JsonObject): boolean =>
  Boolean(modes) || (Array.isArray(configOptions) && configOptions.length > 0);

/** Tells the page's log which modes and options there are. */
export function tellSettings(log: LocalLog, { modes, configOptions }: JsonObject): void {
  const params = { state: 'ready', modes, configOptions };
  log.push(translate({ method: GatewayMethod.agent, params }));
}
