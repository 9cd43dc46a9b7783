import { html, nothing, type TemplateResult } from 'lit';
import type {
  FormChoice,
  FormField,
  ManyField,
  NumberField,
  OneField,
  TextField,
} from '../../../../core/elicitation/form.ts';
import { revealHidden } from '../items/content.ts';
import type { Typed } from './values.ts';

export interface FieldState {
  /** Unique in the document's shadow root. */
  readonly id: string;
  readonly value: Typed;
  readonly problem: string | undefined;
  readonly busy: boolean;
  changed(value: Typed): void;
}

/** More choices are a list to open instead of buttons to read. */
const MAX_BUTTONS = 6;
/** From here on a text is written on several lines. */
const LONG_TEXT = 200;
/** A name that says that nobody should look over one's shoulder. */
const SECRET = /pass(?:word|phrase|code)|secret|token|api[-_ ]?key|credential/i;

/** One field with its label, its hint, and what is wrong with it beside it. */
export function fieldPart(field: FormField, state: FieldState): TemplateResult {
  const { id, problem } = state;
  const hint = field.description
    ? html`<p class="hint" id=${`${id}-hint`}>${revealHidden(field.description)}</p>`
    : nothing;
  const wrong = html`<p class="ask-problem" id=${`${id}-problem`} ?hidden=${!problem}>
    ${problem ? revealHidden(problem) : ''}
  </p>`;
  const group = field.type === 'many' || (field.type === 'one' && asButtons(field));
  if (group) {
    return html`<fieldset
      class="ask-field"
      data-field=${field.name}
      aria-describedby=${describedBy(field, state)}
    >
      <legend>${label(field)}</legend>
      ${hint} ${choices(field as OneField | ManyField, state)} ${wrong}
    </fieldset>`;
  }
  if (field.type === 'boolean') {
    return html`<div class="ask-field" data-field=${field.name}>
      <label class="ask-choice">
        <input
          type="checkbox"
          id=${id}
          .checked=${state.value === true}
          ?disabled=${state.busy}
          aria-describedby=${describedBy(field, state)}
          @change=${(event: Event) => state.changed((event.target as HTMLInputElement).checked)}
        />
        <span>${revealHidden(field.title)}</span>
      </label>
      ${hint} ${wrong}
    </div>`;
  }
  return html`<div class="ask-field" data-field=${field.name}>
    <label for=${id}>${label(field)}</label>
    ${hint}
    ${field.type === 'one' ? list(field, state) : line(field as TextField | NumberField, state)}
    ${wrong}
  </div>`;
}

const asButtons = ({ choices: all }: OneField): boolean =>
  all.length <= MAX_BUTTONS || all.some(({ description }) => description !== undefined);

const label = ({ title, required }: FormField): TemplateResult =>
  html`${revealHidden(title)}${required ? nothing : html` <span class="optional">optional</span>`}`;

const describedBy = ({ description }: FormField, { id, problem }: FieldState): string =>
  [description && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(' ');

function line(field: TextField | NumberField, state: FieldState): TemplateResult {
  const { id, value, problem, busy } = state;
  const changed = (event: Event): void =>
    state.changed((event.target as HTMLInputElement | HTMLTextAreaElement).value);
  const long =
    field.type === 'text' &&
    !field.format &&
    !field.pattern &&
    ((field.maxLength ?? 0) > LONG_TEXT || field.initial?.includes('\n'));
  if (long) {
    return html`<textarea
      class="input"
      id=${id}
      rows="3"
      .value=${String(value)}
      ?disabled=${busy}
      aria-required=${field.required}
      aria-invalid=${problem !== undefined}
      aria-describedby=${describedBy(field, state)}
      @input=${changed}
    ></textarea>`;
  }
  return html`<input
    class="input"
    id=${id}
    type=${typeOf(field)}
    inputmode=${field.type === 'number' ? (field.whole ? 'numeric' : 'decimal') : nothing}
    step=${field.type === 'text' && field.format === 'date-time' ? '1' : nothing}
    .value=${String(value)}
    ?disabled=${busy}
    aria-required=${field.required}
    aria-invalid=${problem !== undefined}
    aria-describedby=${describedBy(field, state)}
    @input=${changed}
  />`;
}

function typeOf(field: TextField | NumberField): string {
  // A browser gives nothing at all for what is no number; typed as text, it can be said what is wrong.
  if (field.type === 'number') return 'text';
  if (SECRET.test(`${field.name} ${field.title}`)) return 'password';
  switch (field.format) {
    case 'email':
      return 'email';
    case 'uri':
      return 'url';
    case 'date':
      return 'date';
    case 'date-time':
      return 'datetime-local';
    case undefined:
      return 'text';
  }
}

function list(field: OneField, state: FieldState): TemplateResult {
  const { id, value, problem, busy } = state;
  return html`<select
    class="input"
    id=${id}
    ?disabled=${busy}
    aria-required=${field.required}
    aria-invalid=${problem !== undefined}
    aria-describedby=${describedBy(field, state)}
    @change=${(event: Event) => state.changed((event.target as HTMLSelectElement).value)}
  >
    <option value="" ?selected=${value === ''}>Choose…</option>
    ${field.choices.map(
      (choice) =>
        html`<option value=${choice.value} ?selected=${choice.value === value}>
          ${revealHidden(choice.title)}
        </option>`,
    )}
  </select>`;
}

function choices(field: OneField | ManyField, state: FieldState): TemplateResult {
  const { id, value, problem, busy } = state;
  const many = field.type === 'many';
  const chosen = new Set(many ? (value as readonly string[]) : [value as string]);
  const changed = (choice: FormChoice, on: boolean): void => {
    if (!many) return state.changed(choice.value);
    if (on) chosen.add(choice.value);
    else chosen.delete(choice.value);
    // In the order of the form, whatever the order of the clicks.
    const values = field.choices.map((one) => one.value);
    state.changed(values.filter((one) => chosen.has(one)));
  };
  return html`${field.choices.map(
    (choice) =>
      html`<label class="ask-choice">
        <input
          type=${many ? 'checkbox' : 'radio'}
          name=${id}
          value=${choice.value}
          .checked=${chosen.has(choice.value)}
          ?disabled=${busy}
          aria-invalid=${problem !== undefined}
          @change=${(event: Event) => changed(choice, (event.target as HTMLInputElement).checked)}
        />
        <span
          >${revealHidden(choice.title)}${
            choice.description
              ? html`<span class="hint">${revealHidden(choice.description)}</span>`
              : nothing
          }</span
        >
      </label>`,
  )}`;
}
