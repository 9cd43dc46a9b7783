import { isObject, type JsonObject } from '../../core/json.ts';
import { GatewayMethod, type LoggedMessage } from '../../core/log/entry.ts';

/** An agent's modes and options as they stand, read from what the log says of them. */
export class KnownSettings {
  #modes: JsonObject | undefined;
  #options: unknown[] | undefined;
  #told = false;

  /** Whether an agent has said anything of them, if only that it has none. */
  get isKnown(): boolean {
    return this.#told;
  }

  /** As ACP's answers to `new`, `load` and `resume` have them. */
  get answer(): JsonObject {
    return {
      ...(this.#modes && { modes: this.#modes }),
      ...(this.#options && { configOptions: this.#options }),
    };
  }

  read({ method, params }: LoggedMessage): void {
    if (method === GatewayMethod.agent && params['state'] === 'ready') {
      const { modes, configOptions } = params;
      this.#told = true;
      this.#modes = isObject(modes) ? modes : undefined;
      this.#options = Array.isArray(configOptions) ? configOptions : undefined;
      return;
    }
    const { update } = params;
    if (method !== 'session/update' || !isObject(update)) return;
    const { sessionUpdate, currentModeId, configOptions } = update;
    if (sessionUpdate === 'current_mode_update' && this.#modes) {
      this.#modes = { ...this.#modes, currentModeId };
    }
    if (sessionUpdate === 'config_option_update' && Array.isArray(configOptions)) {
      this.#options = configOptions;
    }
  }
}
