import { isObject, type JsonObject } from '../json.ts';

/**
 * Checks of parsed JSON, as small as the wire needs them: the page decodes every frame with these, and a
 * library for it would be more to load than all of the frames' shapes.
 */
export type Check = (value: unknown, wrong: Wrong) => unknown;

/** Where a value is not what it should be: the keys on the way to it, from the inside out. */
export interface Wrong {
  path: string[];
}

/** What a check returns for a value that is not of its shape; no JSON can be this. */
export const NOT: unique symbol = Symbol('not of this shape');

/** A value for which `test` holds. */
export const when =
  (test: (value: unknown) => boolean): Check =>
  (value) =>
    test(value) ? value : NOT;

/** @param min and @param max UTF-16 units. */
export const string = (min = 0, max = Number.POSITIVE_INFINITY): Check =>
  when((value) => typeof value === 'string' && value.length >= min && value.length <= max);

export const number = when((value) => typeof value === 'number');
/** A whole number from 0 that can be counted with. */
export const count = when((value) => Number.isSafeInteger(value) && (value as number) >= 0);
export const boolean = when((value) => typeof value === 'boolean');

export const oneOf = (...values: readonly unknown[]): Check =>
  when((value) => values.includes(value));

/** May be absent, but not `null`; then it is absent from the result too, or is what is given here. */
export const optional =
  (check: Check, otherwise?: unknown): Check =>
  (value, wrong) =>
    value === undefined ? otherwise : check(value, wrong);

export const list =
  (check: Check, max = Number.POSITIVE_INFINITY): Check =>
  (value, wrong) => {
    if (!Array.isArray(value) || value.length > max) return NOT;
    const bad = value.findIndex((entry) => check(entry, wrong) === NOT);
    if (bad < 0) return value;
    wrong.path.push(String(bad));
    return NOT;
  };

/** An object with these fields; others are left out of the result. */
export function object(shape: Record<string, Check>): Check {
  const fields = Object.entries(shape);
  return (value, wrong) => {
    if (!isObject(value)) return NOT;
    const read: JsonObject = {};
    for (const [key, check] of fields) {
      // Not what its prototype has.
      const field = check(Object.hasOwn(value, key) ? value[key] : undefined, wrong);
      if (field === NOT) {
        wrong.path.push(key);
        return NOT;
      }
      if (field !== undefined) read[key] = field;
    }
    return read;
  };
}

/** One of several objects, told apart by what stands in the field `tag`. */
export function variant(tag: string, shapes: Record<string, Record<string, Check>>): Check {
  const checks = new Map<unknown, Check>(
    Object.entries(shapes).map(([kind, shape]) => [kind, object({ [tag]: oneOf(kind), ...shape })]),
  );
  return (value, wrong) => {
    const check = isObject(value) && checks.get(value[tag]);
    if (check) return check(value, wrong);
    wrong.path.push(tag);
    return NOT;
  };
}
