import { html, nothing, type TemplateResult } from 'lit';
import { checkField } from '../../../../core/elicitation/check.ts';
import { readForm, type Form, type FormField } from '../../../../core/elicitation/form.ts';
import type { JsonObject } from '../../../../core/json.ts';
import type { ApprovalItem } from '../../../../core/session/transcript.ts';
import { revealHidden } from '../items/content.ts';
import type { AskContext } from './ask-card.ts';
import { fieldPart } from './field-part.ts';
import { fittingPatterns } from './patterns.ts';
import { initialValue, readValue, type Typed } from './values.ts';

/** What is typed into forms that wait; a view may be drawn anew, and a reader may look at another session. */
const typed = new WeakMap<ApprovalItem, Map<string, Typed>>();

/** The form of an elicitation. It is checked as its schema says before anything is sent. */
export class FormPart {
  readonly #form: Form | undefined;
  readonly #problems = new Map<string, string>();
  #checking = false;

  constructor(
    private readonly item: ApprovalItem,
    schema: unknown,
    private readonly redraw: () => void,
  ) {
    const form = readForm(schema);
    // The gateway lets no other through.
    this.#form = 'problem' in form ? undefined : form;
  }

  /** Nothing of what was typed is kept. */
  forget(): void {
    typed.delete(this.item);
  }

  draw(context: AskContext): TemplateResult {
    const form = this.#form;
    const { sending, agent, answer } = context;
    const busy = sending || this.#checking;
    return html`<form
      class="ask-form"
      novalidate
      autocomplete="off"
      @submit=${(event: SubmitEvent) => {
        event.preventDefault();
        void this.#submit(event.currentTarget as HTMLFormElement, context);
      }}
    >
      ${form?.title ? html`<p class="ask-title">${revealHidden(form.title)}</p>` : nothing}
      ${form?.description ? html`<p class="hint">${revealHidden(form.description)}</p>` : nothing}
      ${
        form
          ? form.fields.map((field, index) => this.#field(field, `${context.id}-${index}`, busy))
          : html`<p class="approval-error">This form cannot be shown here. Decline it.</p>`
      }
      <p class="hint">
        It goes to ${revealHidden(agent)}. The log keeps the names of the fields, not what you fill
        in; give no password to an agent that you would not tell it to.
      </p>
      <div class="approval-options">
        <button type="submit" class="button primary" ?disabled=${busy || !form}>Submit</button>
        <button type="button" class="button" ?disabled=${busy} @click=${() => answer('decline')}>
          Decline
        </button>
        <button
          type="button"
          class="button quiet"
          ?disabled=${busy}
          @click=${() => answer(undefined)}
        >
          Dismiss
        </button>
        <span class="approval-keys" aria-live="polite">${sending ? 'Sending…' : ''}</span>
      </div>
    </form>`;
  }

  #field(field: FormField, id: string, busy: boolean): TemplateResult {
    const values = this.#values();
    return fieldPart(field, {
      id,
      busy,
      value: values.get(field.name) ?? initialValue(field),
      problem: this.#problems.get(field.name),
      changed: (value) => {
        values.set(field.name, value);
        // What was wrong is looked at again at once; what was not yet looked at is left in peace.
        if (this.#problems.has(field.name)) this.#look(field);
        this.redraw();
      },
    });
  }

  #values(): Map<string, Typed> {
    const known = typed.get(this.item) ?? new Map<string, Typed>();
    typed.set(this.item, known);
    return known;
  }

  /** What the field's value is now; notes what is wrong with it. */
  #look(field: FormField): unknown {
    const value = readValue(field, this.#values().get(field.name) ?? initialValue(field));
    const problem = checkField(field, value, () => true);
    if (problem === undefined) this.#problems.delete(field.name);
    else this.#problems.set(field.name, problem);
    return value;
  }

  async #submit(element: HTMLFormElement, { sending, answer }: AskContext): Promise<void> {
    const form = this.#form;
    if (!form || sending || this.#checking) return;
    const content: JsonObject = {};
    for (const field of form.fields) {
      const value = this.#look(field);
      if (value !== undefined) content[field.name] = value;
    }
    if (this.#problems.size === 0) {
      this.#checking = true;
      const wrong = await fittingPatterns(form, content);
      this.#checking = false;
      for (const [name, problem] of wrong) this.#problems.set(name, problem);
    }
    if (this.item.resolution) return;
    if (this.#problems.size === 0) return answer({ optionId: 'accept', content });
    this.redraw();
    element.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }
}
