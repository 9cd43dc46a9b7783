import { isObject, type JsonObject } from '../json.ts';

/** One of several values to choose from; names are the agent's: not cleaned (R68). */
export interface FormChoice {
  readonly value: string;
  readonly title: string;
  readonly description?: string;
}

export type TextFormat = 'email' | 'uri' | 'date' | 'date-time';

interface FieldBase {
  readonly name: string;
  readonly title: string;
  readonly description?: string;
  readonly required: boolean;
}

export interface TextField extends FieldBase {
  readonly type: 'text';
  /** Characters, as people count them. */
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: TextFormat;
  readonly initial?: string;
}

export interface NumberField extends FieldBase {
  readonly type: 'number';
  readonly whole: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly initial?: number;
}

export interface BooleanField extends FieldBase {
  readonly type: 'boolean';
  readonly initial?: boolean;
}

export interface OneField extends FieldBase {
  readonly type: 'one';
  readonly choices: readonly FormChoice[];
  readonly initial?: string;
}

export interface ManyField extends FieldBase {
  readonly type: 'many';
  readonly choices: readonly FormChoice[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly initial: readonly string[];
}

export type FormField = TextField | NumberField | BooleanField | OneField | ManyField;

export interface Form {
  readonly title?: string;
  readonly description?: string;
  readonly fields: readonly FormField[];
}

/** More is no form that a person would fill in (R30). */
const MAX_FIELDS = 50;
const MAX_CHOICES = 500;
const MAX_NAME = 128;
const MAX_PATTERN = 500;
const MAX_WORDS = 4_000;
const FORMATS: readonly TextFormat[] = ['email', 'uri', 'date', 'date-time'];

/** Why a schema is no form that could be shown: after “because”. */
class Unusable extends Error {}

/**
 * ACP's `ElicitationSchema`: an object with flat fields of text, numbers, booleans and choices.
 *
 * @returns why it is none, in words that go on after “because”. Never throws.
 */
export function readForm(schema: unknown): Form | { problem: string } {
  try {
    return readSchema(schema);
  } catch (error) {
    if (error instanceof Unusable) return { problem: error.message };
    throw error;
  }
}

function readSchema(schema: unknown): Form {
  if (!isObject(schema)) throw new Unusable('it has no schema');
  const { type, properties = {}, required } = schema;
  if (type !== undefined && type !== 'object') throw new Unusable('its schema is not an object’s');
  if (!isObject(properties)) throw new Unusable('its fields cannot be read');
  const entries = Object.entries(properties);
  if (entries.length > MAX_FIELDS) throw new Unusable(`it has more than ${MAX_FIELDS} fields`);
  const needed = strings(required ?? [], 'its list of required fields');
  const missing = needed.find((name) => !Object.hasOwn(properties, name));
  if (missing !== undefined) {
    throw new Unusable(`it requires “${missing.slice(0, MAX_NAME)}”, which is none of its fields`);
  }
  return {
    ...words(schema),
    fields: entries.map(([name, field]) => readField(name, field, needed.includes(name))),
  };
}

function readField(name: string, field: unknown, required: boolean): FormField {
  if (name === '' || name.length > MAX_NAME) throw new Unusable('a field’s name is too long');
  if (!isObject(field)) throw new Unusable(`its field “${name}” cannot be read`);
  const base = { name, required, ...words(field), title: words(field).title ?? name };
  switch (field['type']) {
    case 'string':
      return field['enum'] == null && field['oneOf'] == null
        ? readText(base, field)
        : readOne(base, field);
    case 'number':
    case 'integer':
      return readNumber(base, field);
    case 'boolean': {
      const initial = field['default'];
      return { ...base, type: 'boolean', ...(typeof initial === 'boolean' && { initial }) };
    }
    case 'array':
      return readMany(base, field);
    case 'object':
      throw new Unusable(`its field “${name}” has fields of its own`);
    default:
      throw new Unusable(`its field “${name}” is of a kind that is not known`);
  }
}

function readText(base: FieldBase, field: JsonObject): TextField {
  const { format, pattern, default: initial } = field;
  const known = FORMATS.find((one) => one === format);
  if (format != null && !known) {
    throw new Unusable(`its field “${base.name}” has a format that is not known`);
  }
  if (pattern != null && !isPattern(pattern)) {
    throw new Unusable(`its field “${base.name}” has a pattern that cannot be used`);
  }
  return {
    ...base,
    type: 'text',
    ...range(base, field, 'minLength', 'maxLength', count),
    ...(known && { format: known }),
    ...(typeof pattern === 'string' && { pattern }),
    ...(typeof initial === 'string' && { initial }),
  };
}

function readNumber(base: FieldBase, field: JsonObject): NumberField {
  const { default: initial } = field;
  return {
    ...base,
    type: 'number',
    whole: field['type'] === 'integer',
    ...range(base, field, 'minimum', 'maximum', Number.isFinite),
    ...(typeof initial === 'number' && { initial }),
  };
}

function readOne(base: FieldBase, field: JsonObject): OneField {
  const choices = readChoices(base, field['oneOf'] ?? field['enum']);
  const initial = field['default'];
  const known = choices.find(({ value }) => value === initial);
  return { ...base, type: 'one', choices, ...(known && { initial: known.value }) };
}

function readMany(base: FieldBase, field: JsonObject): ManyField {
  const { items, default: initial } = field;
  if (!isObject(items)) throw new Unusable(`its field “${base.name}” has no choices`);
  const choices = readChoices(base, items['anyOf'] ?? items['oneOf'] ?? items['enum']);
  const bounds = range(base, field, 'minItems', 'maxItems', count);
  if ((bounds.minItems ?? 0) > choices.length) throw unsatisfiable(base);
  const chosen = Array.isArray(initial) ? initial : [];
  return {
    ...base,
    type: 'many',
    choices,
    ...bounds,
    initial: choices.map(({ value }) => value).filter((value) => chosen.includes(value)),
  };
}

function readChoices({ name }: FieldBase, list: unknown): FormChoice[] {
  if (!Array.isArray(list) || list.length === 0) {
    throw new Unusable(`its field “${name}” has no choices`);
  }
  if (list.length > MAX_CHOICES) {
    throw new Unusable(`its field “${name}” has more than ${MAX_CHOICES} choices`);
  }
  const byValue = new Map<string, FormChoice>();
  for (const entry of list as unknown[]) {
    const value: unknown = isObject(entry) ? entry['const'] : entry;
    if (typeof value !== 'string' || value.length > MAX_WORDS) {
      throw new Unusable(`its field “${name}” has a choice that is no text`);
    }
    const { title = value, ...more } = isObject(entry) ? words(entry) : {};
    if (!byValue.has(value)) byValue.set(value, { value, title, ...more });
  }
  return [...byValue.values()];
}

/** Two bounds of a field, each may be absent. */
function range<Low extends string, High extends string>(
  base: FieldBase,
  field: JsonObject,
  low: Low,
  high: High,
  fits: (value: unknown) => boolean,
): Partial<Record<Low | High, number>> {
  const bounds: JsonObject = {};
  for (const bound of [low, high]) {
    const value = field[bound];
    if (value == null) continue;
    if (!fits(value)) throw new Unusable(`its field “${base.name}” has a bound that is no number`);
    bounds[bound] = value;
  }
  if ((bounds[low] as number) > (bounds[high] as number)) throw unsatisfiable(base);
  return bounds as Partial<Record<Low | High, number>>;
}

const unsatisfiable = ({ name }: FieldBase): Unusable =>
  new Unusable(`nothing can be right for its field “${name}”`);

const count = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function words({ title, description }: JsonObject): { title?: string; description?: string } {
  for (const text of [title, description]) {
    if (typeof text === 'string' && text.length > MAX_WORDS) {
      throw new Unusable('its texts are too long');
    }
  }
  return {
    ...(typeof title === 'string' && title !== '' && { title }),
    ...(typeof description === 'string' && description !== '' && { description }),
  };
}

function strings(value: unknown, what: string): string[] {
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) {
    throw new Unusable(`${what} cannot be read`);
  }
  return value;
}

function isPattern(pattern: unknown): boolean {
  if (typeof pattern !== 'string' || pattern.length > MAX_PATTERN) return false;
  try {
    return new RegExp(pattern, 'u').unicode;
  } catch {
    return false;
  }
}
