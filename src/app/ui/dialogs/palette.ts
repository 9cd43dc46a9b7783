import { css, html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { can } from '../abilities.ts';
import { CommandEvent } from '../command-event.ts';
import { endpointOf } from '../endpoint.ts';
import * as icons from '../icons.ts';
import { capsOf } from '../keys/caps.ts';
import { COMMANDS, keysOf } from '../keys/commands.ts';
import { isEnded, rowsOf } from '../rows.ts';
import { statusLook } from '../status.ts';
import { ApDialog } from './dialog.ts';
import { fuzzyScore } from './fuzzy.ts';

interface Entry {
  readonly label: string;
  readonly detail: string;
  readonly sign: TemplateResult | typeof nothing;
  readonly kind: string;
  readonly keys: string;
  readonly event: () => CommandEvent;
}

const SHOWN = 40;

/**
 * Sessions and commands by a few characters of their names.
 *
 * @fires ap-command - the choice
 */
@customElement('ap-palette')
export class ApPalette extends ApDialog {
  static override styles = [
    ...ApDialog.styles,
    css`
      dialog {
        --dialog-width: 36rem;
        margin-top: min(14vh, 8rem);
      }
      .ask {
        display: flex;
        align-items: center;
        gap: 10px;
        padding: 0 16px;
        color: var(--ap-text-faint);
        border-bottom: 1px solid var(--ap-border);
      }
      .ask input {
        flex: 1;
        min-width: 0;
        height: 50px;
        padding: 0;
        font: inherit;
        font-size: 1rem;
        color: var(--ap-text);
        background: none;
        border: 0;
        outline: none;
      }
      .ask input::placeholder {
        color: var(--ap-text-faint);
        opacity: 1;
      }
      [role='listbox'] {
        min-height: 0;
        max-height: 24rem;
        padding: 6px;
        overflow-y: auto;
      }
      [role='option'] {
        display: flex;
        align-items: center;
        gap: 10px;
        min-height: 36px;
        padding: 0 10px;
        font-size: var(--ap-size-s);
        border-radius: var(--ap-radius-m);
        cursor: pointer;
      }
      [role='option'][aria-selected='true'] {
        background: var(--ap-bg-active);
      }
      .sign {
        display: grid;
        width: 16px;
        place-items: center;
        color: var(--ap-text-faint);
      }
      .connected {
        color: var(--ap-green);
      }
      .streaming {
        color: var(--ap-blue);
      }
      .connecting,
      .reconnecting {
        color: var(--ap-amber);
      }
      .error {
        color: var(--ap-red);
      }
      .label {
        font-weight: 500;
      }
      .detail {
        flex: 1;
        color: var(--ap-text-muted);
      }
      .caps {
        display: inline-flex;
        flex: none;
        gap: 3px;
      }
      .none {
        padding: 18px 20px;
        font-size: var(--ap-size-s);
        color: var(--ap-text-muted);
      }
      @media (max-width: 559px) {
        dialog {
          margin: 0 0 auto;
          border-radius: 0 0 var(--ap-radius-l) var(--ap-radius-l);
        }
        .caps {
          display: none;
        }
      }
    `,
  ];

  protected readonly heading = 'Command palette';
  @state() private query = '';
  @state() private at = 0;

  override firstUpdated(): void {
    super.firstUpdated();
    this.renderRoot.querySelector('input')?.focus();
  }

  override render() {
    const found = this.#found();
    const at = Math.min(this.at, found.length - 1);
    return html`<dialog
      aria-label=${this.heading}
      @close=${this.hide}
      @click=${(event: Event) => event.target === this.dialog && this.hide()}
    >
      <div class="ask">
        ${icons.search}
        <input
          role="combobox"
          aria-label="Search sessions and commands"
          aria-expanded="true"
          aria-controls="found"
          aria-autocomplete="list"
          aria-activedescendant=${at >= 0 ? `found-${at}` : nothing}
          placeholder="Go to a session, or do something"
          autocomplete="off"
          spellcheck="false"
          .value=${this.query}
          @input=${this.#typed}
          @keydown=${(event: KeyboardEvent) => this.#key(event, found)}
        />
        <kbd aria-hidden="true">Esc</kbd>
      </div>
      <div id="found" role="listbox" aria-label="Results" ?hidden=${found.length === 0}>
        ${found.map((entry, index) => this.#option(entry, index, at))}
      </div>
      ${
        found.length === 0
          ? html`<p class="none" role="status">Nothing is called “${this.query}”.</p>`
          : nothing
      }
    </dialog>`;
  }

  protected override body() {
    return nothing;
  }

  #option(entry: Entry, index: number, at: number) {
    return html`<div
      id=${`found-${index}`}
      role="option"
      aria-selected=${index === at}
      @pointermove=${() => (this.at = index)}
      @click=${() => this.#choose(entry)}
    >
      <span class="sign ${entry.kind}">${entry.sign}</span>
      <span class="label truncate">${entry.label}</span>
      <span class="detail truncate">${entry.detail}</span>
      ${
        entry.keys
          ? html`<span class="caps" aria-hidden="true"
              >${capsOf(entry.keys)
                .flat()
                .map((cap) => html`<kbd>${cap}</kbd>`)}</span
            >`
          : nothing
      }
    </div>`;
  }

  #found(): Entry[] {
    const scored = this.#entries().flatMap((entry) => {
      const score = fuzzyScore(this.query, `${entry.label} ${entry.detail}`);
      return score === undefined ? [] : [{ entry, score }];
    });
    // Without a query the order is the sidebar's; with one, the better match first.
    if (this.query.trim()) scored.sort((a, b) => b.score - a.score);
    return scored.slice(0, SHOWN).map(({ entry }) => entry);
  }

  #entries(): Entry[] {
    const { store } = this;
    const own = store.settings.value.keys;
    const viewed = store.activeSessionId.value;
    const keysFor = new Map(COMMANDS.map((command) => [command.id, keysOf(command, own)[0] ?? '']));
    const several = store.endpoints.value.length > 1;
    const sessions = rowsOf(store).map((record, index): Entry => {
      const look = statusLook(record);
      const attention = record.attention.value;
      const detail = [
        record.summary.value.agentTitle,
        several ? endpointOf(store, record)?.name : undefined,
        attention === 'approval' ? 'needs you' : look.word,
      ];
      return {
        label: record.title.value,
        detail: detail.filter(Boolean).join(' · '),
        sign: look.glyph,
        kind: look.kind,
        keys:
          index < 10 && !isEnded(record)
            ? (keysFor.get(`session.${index + 1}` as 'session.1') ?? '')
            : '',
        event: () => new CommandEvent('session.open', record.id),
      };
    });
    const session = viewed === undefined ? undefined : store.record(viewed);
    const commands = COMMANDS.filter(
      (command) =>
        !command.digit &&
        command.id !== 'app.palette' &&
        (command.id !== 'session.cancel' || (session && can(session, 'cancel'))) &&
        (!command.needsSession || viewed !== undefined),
    ).map((command): Entry => ({
      label: command.label,
      detail: '',
      sign: icons.command,
      kind: '',
      keys: keysFor.get(command.id) ?? '',
      event: () => new CommandEvent(command.id),
    }));
    return [...sessions, ...commands];
  }

  #typed = (event: Event): void => {
    this.query = (event.target as HTMLInputElement).value;
    this.at = 0;
  };

  #key(event: KeyboardEvent, found: readonly Entry[]): void {
    if (event.isComposing) return;
    const last = found.length - 1;
    const chosen = found[Math.min(this.at, last)];
    if (event.key === 'ArrowDown') this.at = this.at >= last ? 0 : this.at + 1;
    else if (event.key === 'ArrowUp') this.at = this.at <= 0 ? last : this.at - 1;
    else if (event.key === 'Enter' && chosen) this.#choose(chosen);
    else return;
    event.preventDefault();
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' }),
    );
  }

  #choose(entry: Entry): void {
    this.hide();
    this.dispatchEvent(entry.event());
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-palette': ApPalette;
  }
}
