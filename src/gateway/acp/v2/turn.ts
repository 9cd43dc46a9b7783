import { isObject, type JsonObject } from '../../../core/json.ts';
import { RpcError } from '../json-rpc.ts';

const INTERNAL_ERROR = -32603;

/**
 * One prompt to an agent of version 2, where the response says that it was taken and `state_update` how it ends; in
 * version 1 the response says both. Settles once.
 */
export class PromptedTurn {
  #accepted = false;
  #worked = false;
  #ended: JsonObject | undefined;
  #over = false;

  constructor(
    private readonly settle: (outcome: { result: JsonObject } | { error: Error }) => void,
  ) {}

  /** The response came. */
  accepted(): void {
    this.#accepted = true;
    if (this.#ended) this.#end(this.#ended);
  }

  /** `state_update`. An agent may be done before its response is on the wire; what it said before it worked is old. */
  state(update: JsonObject): void {
    const { state } = update;
    if (state === 'running' || state === 'requires_action') {
      this.#worked = true;
      this.#ended = undefined;
    }
    if (state !== 'idle' || !(this.#accepted || this.#worked)) return;
    if (this.#accepted) this.#end(update);
    else this.#ended = update;
  }

  fail(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.settle({ error });
  }

  #end({ stopReason, error }: JsonObject): void {
    if (this.#over) return;
    if (stopReason === 'error') {
      const { code, message, data } = isObject(error) ? error : {};
      const number = typeof code === 'number' ? code : INTERNAL_ERROR;
      const words = typeof message === 'string' ? message : 'The turn failed.';
      return this.fail(new RpcError(number, words, data));
    }
    this.#over = true;
    this.settle({
      result: { stopReason: typeof stopReason === 'string' ? stopReason : 'end_turn' },
    });
  }
}
