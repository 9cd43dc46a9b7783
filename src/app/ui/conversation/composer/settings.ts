import { SignalWatcher } from '@lit-labs/preact-signals';
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import type { Choice, SessionOption } from '../../../../core/session/settings.ts';
import { oneLine } from '../../../../core/text/sanitise.ts';
import type { Actions, SessionRecord } from '../../../store/types.ts';
import { act } from '../../intent.ts';
import { baseStyles } from '../../styles/shared.ts';

const MAX_NAME = 60;
const MAX_DESCRIPTION = 300;

/** The agent's mode and options, each a quiet select or switch. What it shows is what the log says. */
@customElement('ap-session-settings')
export class ApSessionSettings extends SignalWatcher(LitElement) {
  static override styles = [
    baseStyles,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 4px;
        min-width: 0;
      }
      label,
      select {
        min-height: 26px;
        max-width: 11rem;
        font-size: var(--ap-size-xs);
        color: var(--ap-text-muted);
        background: transparent;
        border: 1px solid transparent;
        border-radius: var(--ap-radius-s);
      }
      select {
        padding: 0 2px;
        /* As wide as what is chosen, where the browser can. */
        field-sizing: content;
        font-family: inherit;
        text-overflow: ellipsis;
        cursor: pointer;
      }
      option,
      optgroup {
        color: var(--ap-text);
        background: var(--ap-bg-raised);
      }
      label {
        display: inline-flex;
        align-items: center;
        gap: 5px;
        padding: 0 6px;
        cursor: pointer;
      }
      label span {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      input {
        margin: 0;
        accent-color: var(--ap-accent);
      }
      select:hover:enabled,
      label:hover {
        color: var(--ap-text);
        border-color: var(--ap-border);
      }
      select:disabled,
      label:has(:disabled) {
        cursor: default;
        opacity: 0.6;
      }
      @media (pointer: coarse) {
        label,
        select {
          min-height: 40px;
          /* Smaller, and a phone zooms in when it is touched. */
          font-size: 16px;
        }
      }
    `,
  ];

  @property({ attribute: false }) record!: SessionRecord;
  /** Changes under way, by what they change: shown as chosen until it is known what became of them. */
  @state() private under = new Map<string, string | boolean>();

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('record') && this.under.size > 0) this.under = new Map();
  }

  override render() {
    const { record } = this;
    void record.details.value;
    const { modes, modeId, options } = record.transcript();
    // Agents that give both mean the option: the mode is there for older clients.
    const asOption = options.some(({ category }) => category === 'mode');
    return html`
      ${
        asOption || modes.length === 0
          ? nothing
          : this.#select('mode', 'Mode', undefined, modeId, modes, (actions, id) =>
              actions.setMode(record.id, id),
            )
      }
      ${options.map((option) => this.#option(option))}
    `;
  }

  #option(option: SessionOption): TemplateResult | typeof nothing {
    const { id, name, description } = option;
    const key = `option:${id}`;
    const set = (actions: Actions, value: string | boolean): Promise<void> =>
      actions.setOption(this.record.id, id, value);
    if (option.type === 'select') {
      if (option.choices.length === 0) return nothing;
      return this.#select(key, name, description, option.value, option.choices, set);
    }
    return html`<label title=${title(name, description)}>
      <input
        type="checkbox"
        .checked=${live(this.under.get(key) === undefined ? option.value : this.under.get(key) === true)}
        ?disabled=${this.#locked}
        @change=${(event: Event) => {
          const { checked } = event.target as HTMLInputElement;
          void this.#change(key, checked, (actions) => set(actions, checked));
        }}
      />
      <span>${oneLine(name, MAX_NAME)}</span>
    </label>`;
  }

  #select(
    key: string,
    name: string,
    description: string | undefined,
    current: string | undefined,
    choices: readonly Choice[],
    set: (actions: Actions, id: string) => Promise<void>,
  ): TemplateResult {
    const value = this.under.get(key) ?? current;
    const chosen = choices.find(({ id }) => id === value);
    return html`<select
      aria-label=${oneLine(name, MAX_NAME)}
      title=${title(name, chosen?.description ?? description)}
      ?disabled=${this.#locked}
      @change=${(event: Event) => {
        const id = (event.target as HTMLSelectElement).value;
        void this.#change(key, id, (actions) => set(actions, id));
      }}
    >
      ${chosen ? nothing : html`<option .selected=${live(true)} value="">${oneLine(String(value ?? '–'), MAX_NAME)}</option>`}
      ${grouped(choices).map(([group, members]) => {
        const rows = members.map(
          (choice) =>
            html`<option value=${choice.id} .selected=${live(choice.id === value)}>
              ${oneLine(choice.name, MAX_NAME)}
            </option>`,
        );
        return group === undefined
          ? rows
          : html`<optgroup label=${oneLine(group, MAX_NAME)}>${rows}</optgroup>`;
      })}
    </select>`;
  }

  get #locked(): boolean {
    return this.record.connection.value.status !== 'connected';
  }

  async #change(
    key: string,
    value: string | boolean,
    run: (actions: Actions) => Promise<void>,
  ): Promise<void> {
    const { under } = this;
    under.set(key, value);
    this.requestUpdate();
    await act(this, run);
    // The arrow keys may have gone on meanwhile: then a later change of the same is on its way.
    if (under.get(key) === value) under.delete(key);
    this.requestUpdate();
  }
}

const title = (name: string, description: string | undefined): string =>
  description === undefined
    ? oneLine(name, MAX_NAME)
    : `${oneLine(name, MAX_NAME)}: ${oneLine(description, MAX_DESCRIPTION)}`;

/** Neighbours under one heading together. */
function grouped(choices: readonly Choice[]): [string | undefined, Choice[]][] {
  const groups: [string | undefined, Choice[]][] = [];
  for (const choice of choices) {
    const last = groups.at(-1);
    if (last && last[0] === choice.group) last[1].push(choice);
    else groups.push([choice.group, [choice]]);
  }
  return groups;
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-session-settings': ApSessionSettings;
  }
}
