import { isObject, type JsonObject } from '../json.ts';

/** What an agent can be told to be like; ACP's mode, or one value of an option. */
export interface Choice {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  /** The heading that it stands under. */
  readonly group?: string;
}

/** ACP's `SessionConfigOption`, as far as it can be shown. Names are the agent's: not cleaned (R68). */
export type SessionOption = {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  /** ACP's: `mode`, `model`, … */
  readonly category?: string;
} & (
  | { readonly type: 'select'; readonly value: string; readonly choices: readonly Choice[] }
  | { readonly type: 'boolean'; readonly value: boolean }
);

/** More is not shown: nobody could choose from it (R30). */
const MAX_OPTIONS = 32;
const MAX_CHOICES = 512;

/** What can be read of an agent's options; kinds that are not known are left out (R71). */
export function readOptions(options: readonly JsonObject[]): SessionOption[] {
  return options.flatMap((option) => readOption(option) ?? []).slice(0, MAX_OPTIONS);
}

/** ACP's `SessionModeState.availableModes`. */
export function readModes(modes: readonly unknown[]): Choice[] {
  return modes.flatMap((mode) => readChoice(mode, 'id') ?? []).slice(0, MAX_CHOICES);
}

function readOption(option: JsonObject): SessionOption | undefined {
  const { id, name, type, currentValue, options, category } = option;
  if (typeof id !== 'string') return undefined;
  const base = {
    id,
    name: typeof name === 'string' ? name : id,
    ...described(option),
    ...(typeof category === 'string' && { category }),
  };
  if (typeof currentValue === 'boolean') return { ...base, type: 'boolean', value: currentValue };
  if (typeof currentValue !== 'string' || !Array.isArray(options)) return undefined;
  if (type !== undefined && type !== 'select') return undefined;
  const choices = options.flatMap((entry: unknown): Choice[] => {
    const inner = isObject(entry) ? entry['options'] : undefined;
    if (!isObject(entry) || !Array.isArray(inner)) {
      const choice = readChoice(entry, 'value');
      return choice ? [choice] : [];
    }
    const group = typeof entry['name'] === 'string' ? entry['name'] : String(entry['group']);
    return inner.flatMap((each: unknown) => readChoice(each, 'value', group) ?? []);
  });
  return { ...base, type: 'select', value: currentValue, choices: choices.slice(0, MAX_CHOICES) };
}

function readChoice(entry: unknown, idField: string, group?: string): Choice | undefined {
  if (!isObject(entry)) return undefined;
  const { [idField]: id, name } = entry;
  if (typeof id !== 'string') return undefined;
  const shown = typeof name === 'string' ? name : id;
  return { id, name: shown, ...described(entry), ...(group !== undefined && { group }) };
}

const described = ({ description }: JsonObject): { description?: string } =>
  typeof description === 'string' ? { description } : {};
