import type { FormField } from '../../../../core/elicitation/form.ts';

/** What stands in a field: text as typed, a box that is ticked or not, or what is chosen of several. */
export type Typed = string | boolean | readonly string[];

export function initialValue(field: FormField): Typed {
  switch (field.type) {
    case 'boolean':
      return field.initial ?? false;
    case 'many':
      return field.initial;
    case 'number':
      return field.initial === undefined ? '' : String(field.initial);
    case 'one':
      return field.initial ?? '';
    case 'text':
      return field.format === 'date-time' ? localTime(field.initial) : (field.initial ?? '');
  }
}

/** As the agent gets it; `undefined` for what was left empty. */
export function readValue(field: FormField, value: Typed): unknown {
  switch (field.type) {
    case 'many':
      return (value as readonly string[]).length === 0 && !field.required ? undefined : value;
    case 'number': {
      const text = (value as string).trim();
      // What is no number stays what it is, so that it is said.
      return text === '' ? undefined : Number.isNaN(Number(text)) ? text : Number(text);
    }
    case 'text': {
      if (value === '') return undefined;
      if (field.format !== 'date-time') return value;
      const time = new Date(value as string);
      return Number.isNaN(time.getTime()) ? value : time.toISOString();
    }
    case 'one':
      return value === '' && !field.choices.some((choice) => choice.value === '')
        ? undefined
        : value;
    case 'boolean':
      return value;
  }
}

/** As `<input type="datetime-local">` wants it. */
function localTime(iso: string | undefined): string {
  const time = new Date(iso ?? '');
  if (Number.isNaN(time.getTime())) return '';
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}
