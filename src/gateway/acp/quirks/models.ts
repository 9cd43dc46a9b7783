import { isObject, type JsonObject } from '../../../core/json.ts';

/** The id under which an older agent's models stand among its options. */
const MODEL = 'aperture/model';

/**
 * Before options there were models: `session/new` answers `models`, and `session/set_model` changes it. Agents of
 * that time still do so; their models are shown as the option that newer ones have, unless they have that too.
 *
 * Seen: agents that were written for ACP of 2025, where it was an unstable part (Gemini CLI among them).
 */
export class OlderModels {
  #choices: JsonObject[] | undefined;
  #current = '';

  /** @param opened what `session/new`, `load` or `resume` answered. @returns the same with options. */
  opened(opened: JsonObject): JsonObject {
    const { models, configOptions } = opened;
    if (!isObject(models) || !Array.isArray(models['availableModels'])) return opened;
    const options = Array.isArray(configOptions) ? configOptions : [];
    if (options.some((option) => isObject(option) && option['category'] === 'model')) return opened;
    this.#choices = models['availableModels']
      .filter(isObject)
      .map(({ modelId, name, description }) => ({ value: modelId, name, description }));
    this.#current = String(models['currentModelId']);
    return { ...opened, configOptions: this.#with(options) };
  }

  /** An update of the agent's options says nothing of its models. */
  updated(update: JsonObject): JsonObject {
    const { sessionUpdate, configOptions } = update;
    if (!this.#choices || sessionUpdate !== 'config_option_update') return update;
    return {
      ...update,
      configOptions: this.#with(Array.isArray(configOptions) ? configOptions : []),
    };
  }

  /** @returns the request in older words, if it is for a model; `took` says that the agent has. */
  setting(
    method: string,
    { configId, value, ...rest }: JsonObject,
  ): { method: string; params: JsonObject; took: () => JsonObject } | undefined {
    if (method !== 'session/set_config_option' || configId !== MODEL) return undefined;
    return {
      method: 'session/set_model',
      params: { ...rest, modelId: value },
      took: () => {
        this.#current = String(value);
        return { configOptions: this.#with(this.#others) };
      },
    };
  }

  #others: readonly unknown[] = [];

  #with(options: readonly unknown[]): unknown[] {
    this.#others = options;
    const model = {
      id: MODEL,
      name: 'Model',
      category: 'model',
      type: 'select',
      currentValue: this.#current,
      options: this.#choices,
    };
    return [...options, model];
  }
}
