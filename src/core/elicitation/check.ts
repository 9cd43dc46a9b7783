import { isObject, type JsonObject } from '../json.ts';
import type { Form, FormField, ManyField, NumberField, TextField } from './form.ts';

/** Longest text that a field takes whatever its schema says, UTF-16 units (R30). */
export const MAX_TEXT = 100_000;

/**
 * Whether a text has the pattern somewhere in it. The pattern is the agent's and may be made to run for ever, so
 * whoever gives this function bounds its time; `true` when it could not be told.
 */
export type Matches = (pattern: string, value: string) => boolean;

/** What is wrong with a field's value, in a sentence; `undefined` when nothing is. A value that is absent is `undefined`. */
export function checkField(field: FormField, value: unknown, matches: Matches): string | undefined {
  if (value === undefined) return field.required ? 'This is needed.' : undefined;
  switch (field.type) {
    case 'text':
      return typeof value === 'string' ? checkText(field, value, matches) : 'This must be text.';
    case 'number':
      return checkNumber(field, value);
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'This must be yes or no.';
    case 'one':
      return field.choices.some((choice) => choice.value === value)
        ? undefined
        : 'Choose one of the values.';
    case 'many':
      return checkMany(field, value);
  }
}

/** What is wrong with the first field that is not right; `undefined` when all are. */
export function checkContent(
  form: Form,
  content: unknown,
  matches: Matches,
): { field: string; problem: string } | undefined {
  if (!isObject(content)) return { field: '', problem: 'The form was not filled in.' };
  const known = new Set(form.fields.map(({ name }) => name));
  for (const name of Object.keys(content)) {
    if (!known.has(name)) return { field: name, problem: 'The form has no such field.' };
  }
  for (const field of form.fields) {
    const problem = checkField(field, own(content, field.name), matches);
    if (problem !== undefined) return { field: field.name, problem };
  }
  return undefined;
}

const own = (content: JsonObject, name: string): unknown =>
  Object.hasOwn(content, name) ? content[name] : undefined;

function checkText(field: TextField, value: string, matches: Matches): string | undefined {
  const { minLength = 0, maxLength = MAX_TEXT, pattern, format } = field;
  if (value.length > MAX_TEXT) return `This is longer than ${MAX_TEXT} characters.`;
  // Characters, not UTF-16 units: as JSON Schema counts.
  const length = [...value].length;
  if (length < minLength) return `This needs at least ${characters(minLength)}.`;
  if (length > maxLength) return `This may have at most ${characters(maxLength)}.`;
  if (format !== undefined && !FORMAT[format].test(value)) return FORMAT_PROBLEM[format];
  if (format?.startsWith('date') && Number.isNaN(Date.parse(value))) return FORMAT_PROBLEM[format];
  if (pattern !== undefined && !matches(pattern, value)) {
    return `This does not have the form that is asked for: ${pattern}`;
  }
  return undefined;
}

const characters = (count: number): string => `${count} character${count === 1 ? '' : 's'}`;

// Each is linear: no part can match in more than one way.
const FORMAT = {
  email: /^[^\s@]{1,64}@[^\s@.]{1,63}(?:\.[^\s@.]{1,63}){0,8}$/,
  uri: /^[a-z][a-z0-9+.-]*:[^\s]+$/i,
  date: /^\d{4}-\d{2}-\d{2}$/,
  'date-time': /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/,
} as const;

const FORMAT_PROBLEM = {
  email: 'This is no e-mail address.',
  uri: 'This is no whole address; it begins like https://.',
  date: 'This is no date; write it as 2026-01-31.',
  'date-time': 'This is no date with a time.',
} as const;

function checkNumber(field: NumberField, value: unknown): string | undefined {
  const { whole, minimum = -Infinity, maximum = Infinity } = field;
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'This must be a number.';
  if (whole && !Number.isSafeInteger(value)) return 'This must be a whole number.';
  if (value < minimum) return `This must be ${minimum} or more.`;
  return value > maximum ? `This must be ${maximum} or less.` : undefined;
}

function checkMany(field: ManyField, value: unknown): string | undefined {
  const { choices, minItems = 0, maxItems = choices.length } = field;
  const known = new Set<unknown>(choices.map((choice) => choice.value));
  if (!Array.isArray(value) || !value.every((entry) => known.has(entry))) {
    return 'Choose from the values.';
  }
  if (new Set(value).size !== value.length) return 'Choose each value once.';
  if (value.length < minItems) return `Choose at least ${minItems}.`;
  return value.length > maxItems ? `Choose at most ${maxItems}.` : undefined;
}
