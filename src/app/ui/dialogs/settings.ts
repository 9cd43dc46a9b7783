import { html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { Settings } from '../../store/types.ts';
import { CommandEvent } from '../command-event.ts';
import { act } from '../intent.ts';
import { capsOf } from '../keys/caps.ts';
import { COMMANDS, keysOf, type Command } from '../keys/commands.ts';
import { conflictsOf } from '../keys/conflicts.ts';
import { formatBytes } from '../time.ts';
import { ApDialog } from './dialog.ts';
import type { RecordedEvent } from './key-recorder.ts';
import './key-recorder.ts';
import { segmentStyles } from '../styles/segments.ts';
import { settingsStyles } from './settings.styles.ts';

const THEMES = [
  ['auto', 'Follow the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;

const WHILE_BUSY = [
  ['queue', 'Wait for the agent, then send'],
  ['interrupt', 'Stop the agent, then send'],
] as const;

/**
 * What the reader may decide: theme, what Enter does while an agent works (R40), keys (R35); and what
 * this browser holds.
 *
 * @fires ap-intent - changes
 * @fires ap-command - `endpoint.connect`, `app.endpoints`
 */
@customElement('ap-settings')
export class ApSettings extends ApDialog {
  static override styles = [...ApDialog.styles, segmentStyles, settingsStyles];

  protected readonly heading = 'Settings';
  @state() private recording: string | undefined;
  @state() private estimate: StorageEstimate | undefined;
  @state() private persisted: boolean | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#measure();
  }

  protected override body() {
    const settings = this.store.settings.value;
    return html`<div class="body sections">
      ${this.#choice('Theme', 'theme', THEMES, settings.theme, (theme) => this.#change({ theme }))}
      ${this.#choice(
        'Enter, while the agent works',
        'busy',
        WHILE_BUSY,
        settings.whileBusy,
        (whileBusy) => this.#change({ whileBusy }),
      )}
      ${this.#endpoint()} ${this.#storage()} ${this.#keys(settings.keys)}
    </div>`;
  }

  #choice<T extends string>(
    label: string,
    name: string,
    options: readonly (readonly [T, string])[],
    value: T,
    choose: (value: T) => void,
  ) {
    return html`<section role="radiogroup" aria-labelledby=${`${name}-label`}>
      <h3 id=${`${name}-label`}>${label}</h3>
      <div class="segments">
        ${options.map(
          ([option, text]) =>
            html`<label>
              <input
                type="radio"
                name=${name}
                .checked=${option === value}
                @change=${() => choose(option)}
              />
              <span>${text}</span>
            </label>`,
        )}
      </div>
    </section>`;
  }

  #endpoint() {
    const { url, status } = this.store.endpoint.value;
    const others = this.store.endpoints.value.filter((endpoint) => endpoint.url !== url);
    return html`<section>
        <h3>Gateway</h3>
        <div class="line">
          <span class="mono truncate">${url || 'none'}</span>
          <span class="soft">${status}</span>
          <button class="button small" @click=${() => this.#leave('endpoint.connect')}>
            Change…
          </button>
        </div>
      </section>
      <section>
        <h3>Endpoints</h3>
        <div class="line">
          <span class="truncate"
            >${
              others.length === 0
                ? 'No other server'
                : `Also ${others.map(({ name }) => name).join(', ')}`
            }</span
          >
          <button class="button small" @click=${() => this.#leave('app.endpoints')}>
            Endpoints…
          </button>
        </div>
      </section>`;
  }

  #storage() {
    const storage = this.store.storage.value;
    const { usage, quota } = this.estimate ?? {};
    return html`<section>
      <h3>Kept in this browser</h3>
      <div class="line">
        <span
          >${
            storage.mode === 'memory'
              ? `Nothing just now: ${storage.reason}`
              : usage === undefined
                ? 'History and settings'
                : `${formatBytes(usage)}${quota ? ` of ${formatBytes(quota)} allowed` : ''}`
          }</span
        >
        <span class="soft"> ${this.persisted ? 'Protected from clean-up' : nothing} </span>
        ${
          this.persisted === false
            ? html`<button class="button small" @click=${this.#protect}>
                Protect from clean-up
              </button>`
            : nothing
        }
      </div>
    </section>`;
  }

  #keys(own: Readonly<Record<string, string>>) {
    const conflicts = conflictsOf(own);
    const changed = Object.keys(own).length > 0;
    return html`<section>
      <h3>
        Keys
        ${
          changed
            ? html`<button class="link-button" @click=${() => this.#change({ keys: {} })}>
                Reset all
              </button>`
            : nothing
        }
      </h3>
      <ul class="keys">
        ${COMMANDS.map((command) => this.#binding(command, own, conflicts.get(command.id)))}
      </ul>
    </section>`;
  }

  #binding(
    command: Command,
    own: Readonly<Record<string, string>>,
    clashes: readonly Command[] | undefined,
  ) {
    const keys = keysOf(command, own);
    return html`<li>
      <span class="name">${command.label}</span>
      ${
        this.recording === command.id
          ? html`<ap-key-recorder
              .label=${command.label}
              @ap-recorded=${(event: RecordedEvent) => this.#recorded(command, event.keys)}
            ></ap-key-recorder>`
          : html`<button class="binding" @click=${() => (this.recording = command.id)}>
              <span class="vh">Change keys for ${command.label}: </span>
              ${
                keys.length === 0
                  ? html`<span class="soft">none</span>`
                  : keys.map(
                      (each) =>
                        html`<span class="caps"
                          >${capsOf(each)
                            .flat()
                            .map((cap) => html`<kbd>${cap}</kbd>`)}</span
                        >`,
                    )
              }
            </button>`
      }
      ${
        command.id in own
          ? html`<button
              class="link-button"
              aria-label=${`Reset keys for ${command.label}`}
              @click=${() => this.#bind(command, undefined)}
            >
              Reset
            </button>`
          : nothing
      }
      ${
        clashes
          ? html`<span class="problem" role="alert"
              >Also: ${clashes.map((other) => other.label).join(', ')}. The one higher up
              wins.</span
            >`
          : nothing
      }
    </li>`;
  }

  #recorded(command: Command, keys: string | undefined): void {
    this.recording = undefined;
    if (keys !== undefined) this.#bind(command, keys);
  }

  #bind(command: Command, keys: string | undefined): void {
    const { [command.id]: _, ...rest } = this.store.settings.peek().keys;
    this.#change({ keys: keys === undefined ? rest : { ...rest, [command.id]: keys } });
  }

  #change(patch: Partial<Settings>): void {
    act(this, (actions) => actions.changeSettings(patch));
  }

  #leave(command: 'endpoint.connect' | 'app.endpoints'): void {
    this.hide();
    this.dispatchEvent(new CommandEvent(command));
  }

  // `navigator.storage` is missing on a page over plain http from elsewhere.
  async #measure(): Promise<void> {
    this.estimate = await navigator.storage?.estimate?.().catch(() => undefined);
    this.persisted = await navigator.storage?.persisted?.().catch(() => undefined);
  }

  #protect = async (): Promise<void> => {
    const granted = await navigator.storage.persist();
    if (!granted) {
      act(this, (actions) =>
        actions.showToast({
          level: 'info',
          text: 'The browser did not agree. It may when you install the page or use it more.',
        }),
      );
    }
    await this.#measure();
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-settings': ApSettings;
  }
}
