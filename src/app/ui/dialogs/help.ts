import { css, html } from 'lit';
import { customElement } from 'lit/decorators.js';
import { CommandEvent } from '../command-event.ts';
import { capsOf } from '../keys/caps.ts';
import { COMMANDS, keysOf, type Command } from '../keys/commands.ts';
import * as icons from '../icons.ts';
import { ApDialog } from './dialog.ts';

/**
 * All keys, from the same list that they work from, and what the signs in the sidebar mean.
 *
 * @fires ap-command - `app.settings`
 */
@customElement('ap-help')
export class ApHelp extends ApDialog {
  static override styles = [
    ...ApDialog.styles,
    css`
      dialog {
        --dialog-width: 46rem;
      }
      .body {
        columns: 19rem;
        column-gap: 40px;
      }
      section {
        break-inside: avoid;
        margin-bottom: var(--ap-space-5);
      }
      h3 {
        padding-bottom: 6px;
        font-size: 0.75rem;
        font-weight: 600;
        color: var(--ap-text-faint);
      }
      li {
        display: flex;
        align-items: center;
        gap: 10px;
        min-height: 30px;
        font-size: var(--ap-size-s);
        border-top: 1px solid var(--ap-border);
      }
      li > span:first-child {
        flex: 1;
      }
      .caps {
        display: inline-flex;
        align-items: center;
        gap: 3px;
        font-size: var(--ap-size-xs);
        color: var(--ap-text-faint);
      }
      .signs li {
        gap: 10px;
      }
      .signs .sign {
        display: grid;
        flex: 0 0 16px;
        place-items: center;
      }
    `,
  ];

  protected readonly heading = 'Keyboard and signs';

  protected override body() {
    const groups = [...new Set(COMMANDS.map((command) => command.group))];
    return html`<div class="body" tabindex="0" role="region" aria-label="Keys and signs">
      ${groups.map(
        (group) =>
          html`<section>
            <h3>${group}</h3>
            <ul>
              ${COMMANDS.filter((command) => command.group === group).map((c) => this.#row(c))}
            </ul>
          </section>`,
      )}
      <section class="signs">
        <h3>Signs in the list</h3>
        <ul>
          ${sign('green', icons.statusConnected, 'Connected')}
          ${sign('blue', icons.statusStreaming, 'Working')}
          ${sign('amber', icons.statusReconnecting, 'Reconnecting, with the attempt')}
          ${sign('gray', icons.statusDisconnected, 'Disconnected')}
          ${sign('red', icons.statusError, 'Error')}
          ${sign('accent', icons.star, 'The one on the stage')}
        </ul>
      </section>
    </div>`;
  }

  protected override foot() {
    return html`<div class="foot">
      <button class="button quiet" @click=${this.#settings}>Change keys…</button>
    </div>`;
  }

  #row(command: Command) {
    const own = this.store.settings.value.keys;
    // Ten rows for ten digits would hide the others: the first stands for all.
    if (command.digit && command.digit > 1) return '';
    const keys = keysOf(command, own);
    if (keys.length === 0) return '';
    return html`<li>
      <span>${command.digit ? 'Session 1 … 10' : command.label}</span>
      ${keys.map(
        (each, index) =>
          html`${index > 0 ? html`<span class="caps">or</span>` : ''}<span class="caps"
              >${capsOf(each).map(
                (caps, step) =>
                  html`${step > 0 ? 'then' : ''}
                  ${caps.map((cap) => html`<kbd>${command.digit && cap === '1' ? '1…0' : cap}</kbd>`)}`,
              )}</span
            >`,
      )}
    </li>`;
  }

  #settings = (): void => {
    this.hide();
    this.dispatchEvent(new CommandEvent('app.settings'));
  };
}

const sign = (colour: string, glyph: unknown, label: string) =>
  html`<li>
    <span class="sign" style=${`color: var(--ap-${colour})`}>${glyph}</span><span>${label}</span>
  </li>`;

declare global {
  interface HTMLElementTagNameMap {
    'ap-help': ApHelp;
  }
}
