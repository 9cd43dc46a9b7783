import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { cleanText } from '../../../core/text/sanitise.ts';
import type { RepositoryInfo } from '../../../core/wire/worktree.ts';
import type { EndpointId } from '../../store/endpoint-types.ts';
import { act } from '../intent.ts';
import { baseStyles, fieldStyles } from '../styles/shared.ts';

/** Somebody is typing the directory's name. */
const ASK_DELAY_MS = 200;

/** Whether the session is to have a worktree of its own; fired when the reader, or the directory, changes that. */
export class WorktreeEvent extends Event {
  static readonly type = 'ap-worktree-wanted';

  constructor(readonly wanted: boolean) {
    super(WorktreeEvent.type);
  }
}

/**
 * “Own git worktree”: offered where the directory lies in a repository. A gateway that cannot tell shows nothing.
 *
 * @property cwd - the directory, as typed; empty for the gateway's default
 * @property endpoint - the gateway; the main one unless given
 * @fires ap-worktree-wanted - {@link WorktreeEvent}
 * @fires ap-intent - asks about the directory
 */
@customElement('ap-worktree-field')
export class ApWorktreeField extends LitElement {
  static override styles = [
    baseStyles,
    fieldStyles,
    css`
      :host {
        display: block;
      }
      label {
        display: flex;
        gap: 8px;
        align-items: center;
        min-height: 24px;
        font-size: var(--ap-size-s);
        font-weight: 550;
        cursor: pointer;
      }
      .hint {
        display: block;
        padding-left: 24px;
        overflow-wrap: anywhere;
      }
      input {
        flex: none;
        width: 16px;
        height: 16px;
        margin: 0;
        accent-color: var(--ap-accent);
      }
      @media (pointer: coarse) {
        label {
          min-height: 44px;
        }
      }
    `,
  ];

  @property({ attribute: false }) cwd = '';
  @property({ attribute: false }) endpoint: EndpointId | undefined;
  @state() private info: RepositoryInfo | undefined;
  @state() private chosen = false;
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #told = false;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
    this.#asked++;
    // Where there is no such choice, none was made.
    if (this.#told) this.dispatchEvent(new WorktreeEvent(false));
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('cwd') && !changed.has('endpoint')) return;
    const asked = ++this.#asked;
    clearTimeout(this.#timer);
    const first = this.info === undefined;
    this.#timer = setTimeout(() => void this.#ask(asked), first ? 0 : ASK_DELAY_MS);
  }

  override updated(): void {
    const wanted = this.chosen && this.info?.possible === true;
    if (wanted === this.#told) return;
    this.#told = wanted;
    this.dispatchEvent(new WorktreeEvent(wanted));
  }

  override render() {
    const { info } = this;
    if (!info) return nothing;
    return html`<label>
        <input
          type="checkbox"
          aria-describedby="about"
          .checked=${this.chosen && info.possible}
          ?disabled=${!info.possible}
          @change=${(event: Event) => (this.chosen = (event.target as HTMLInputElement).checked)}
        />
        Own git worktree
      </label>
      <span class="hint" id="about"
        >${
          info.possible
            ? `Files and branch of its own${info.branch ? `, from ${cleanText(info.branch)}` : ''}: sessions in one repository do not get in each other’s way.`
            : cleanText(info.why)
        }</span
      >`;
  }

  async #ask(asked: number): Promise<void> {
    let info: RepositoryInfo | undefined;
    try {
      const gateway = await act(this, (actions) => actions.atGateway());
      info = await gateway.repository(this.cwd, this.endpoint);
    } catch {
      // An older gateway, or a directory that is not there: its own field says so.
    }
    if (asked === this.#asked) this.info = info;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-worktree-field': ApWorktreeField;
  }
  interface HTMLElementEventMap {
    'ap-worktree-wanted': WorktreeEvent;
  }
}
