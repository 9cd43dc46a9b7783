import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { toErrorInfo } from '../../../core/errors.ts';
import type { EndpointId } from '../../store/endpoint-types.ts';
import * as icons from '../icons.ts';
import { act } from '../intent.ts';
import { baseStyles, fieldStyles } from '../styles/shared.ts';

interface Entry {
  name: string;
  path: string;
}

const LIST_DELAY_MS = 120;
const SHOWN = 60;

/** The reader changed the directory. */
export class DirectoryEvent extends Event {
  static readonly type = 'ap-directory';

  constructor(readonly path: string) {
    super(DirectoryEvent.type);
  }
}

/**
 * A text field for a directory on the gateway's machine, with what is there as suggestions: arrows
 * choose, Enter or Tab takes, and the next level opens.
 *
 * @property value - the path
 * @property label - what the directory is for
 * @property endpoint - the gateway whose machine is meant; the main one unless given
 * @property problem - why it was refused, shown below; empty when it was not
 * @fires ap-directory - with every change ({@link DirectoryEvent})
 * @fires ap-intent - asks for listings
 */
@customElement('ap-directory-field')
export class ApDirectoryField extends LitElement {
  static override styles = [
    baseStyles,
    fieldStyles,
    css`
      :host {
        display: block;
      }
      .box {
        position: relative;
      }
      .box > svg {
        position: absolute;
        top: 50%;
        left: 10px;
        transform: translateY(-50%);
        color: var(--ap-text-faint);
        pointer-events: none;
      }
      .input {
        padding-left: 34px;
        font-family: var(--ap-mono);
        font-size: 0.78125rem;
      }
      /* In the top layer: it covers what is below for a moment, rather than pushing it out of the dialog. */
      [role='listbox'] {
        position: fixed;
        inset: auto;
        max-height: 196px;
        margin: 0;
        padding: 4px;
        overflow-y: auto;
        color: inherit;
        background: var(--ap-bg-raised);
        border: 1px solid var(--ap-border-strong);
        border-radius: var(--ap-radius-m);
        box-shadow: var(--ap-shadow-2);
      }
      [role='option'] {
        display: flex;
        align-items: center;
        gap: 8px;
        min-height: 28px;
        padding: 0 8px;
        font-family: var(--ap-mono);
        font-size: 0.78125rem;
        color: var(--ap-text-muted);
        border-radius: var(--ap-radius-s);
        cursor: pointer;
      }
      [role='option']:hover {
        background: var(--ap-bg-hover);
      }
      [role='option'][aria-selected='true'] {
        color: var(--ap-text);
        background: var(--ap-bg-active);
      }
      @media (pointer: coarse) {
        .input {
          font-size: 1rem;
        }
        [role='option'] {
          min-height: 40px;
        }
      }
    `,
  ];

  @property({ attribute: false }) value = '';
  @property({ attribute: false }) label = 'Directory';
  @property({ attribute: false }) endpoint: EndpointId | undefined;
  @property({ attribute: false }) problem = '';
  @state() private entries: readonly Entry[] = [];
  @state() private open = false;
  @state() private at = -1;
  @state() private hint = '';
  #listed: string | undefined;
  /** What stands there by the reader's own hand; a value from elsewhere is a whole path. */
  #typedValue: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  #listening: AbortController | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#listening = new AbortController();
    const options = { signal: this.#listening.signal, capture: true };
    addEventListener('resize', this.#place, options);
    addEventListener('scroll', this.#place, options);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#listening?.abort();
    clearTimeout(this.#timer);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('endpoint')) return;
    this.#listed = undefined;
    this.entries = [];
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    const list = this.#popover();
    const wanted = list.childElementCount > 0;
    if (wanted !== list.matches(':popover-open')) list.togglePopover(wanted);
    this.#place();
  }

  /** Puts the caret at the end of the path. */
  override focus(): void {
    const input = this.#input();
    input.focus();
    input.setSelectionRange(input.value.length, input.value.length);
  }

  override render() {
    const shown = this.open ? this.#shown() : [];
    return html`<div class="field">
      <label class="label" for="directory">${this.label}</label>
      <span class="box">
        ${icons.folder}
        <input
          id="directory"
          class="input"
          role="combobox"
          aria-expanded=${shown.length > 0}
          aria-controls="entries"
          aria-autocomplete="list"
          aria-activedescendant=${this.at >= 0 && shown.length > 0 ? `entry-${this.at}` : nothing}
          aria-invalid=${this.problem ? 'true' : nothing}
          aria-describedby="about"
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          .value=${this.value}
          @input=${this.#typed}
          @focus=${this.#list}
          @blur=${() => (this.open = false)}
          @keydown=${this.#key}
        />
      </span>
      <div id="entries" role="listbox" aria-label="Directories" popover="manual">
        ${shown.map(
          (entry, index) =>
            html`<div
              id=${`entry-${index}`}
              role="option"
              aria-selected=${index === this.at}
              @pointerdown=${(event: Event) => {
                event.preventDefault();
                this.#take(entry);
              }}
            >
              ${icons.folder}<span class="truncate">${entry.name}</span>
            </div>`,
        )}
      </div>
      <span id="about">
        ${
          this.problem
            ? html`<span class="problem" role="alert">${this.problem}</span>`
            : this.hint
              ? html`<span class="hint">${this.hint}</span>`
              : nothing
        }
      </span>
    </div>`;
  }

  #popover(): HTMLElement {
    return this.renderRoot.querySelector<HTMLElement>('[popover]')!;
  }

  /** Under the field; over it where there is no room below. */
  #place = (): void => {
    const list = this.#popover();
    if (!list.matches(':popover-open')) return;
    const at = this.#input().getBoundingClientRect();
    list.style.left = `${at.left}px`;
    list.style.width = `${at.width}px`;
    const below = at.bottom + 4;
    const fits = below + list.offsetHeight + 8 <= innerHeight;
    list.style.top = `${fits ? below : Math.max(8, at.top - list.offsetHeight - 4)}px`;
  };

  #input(): HTMLInputElement {
    return this.renderRoot.querySelector('input')!;
  }

  #asked(): { parent: string; last: string } {
    if (this.value === this.#typedValue) return split(this.value);
    return { parent: this.value && `${this.value.replace(/\/+$/, '')}/`, last: '' };
  }

  #shown(): Entry[] {
    const { last } = this.#asked();
    const prefix = last.toLowerCase();
    return this.entries
      .filter(
        (e) =>
          e.name.toLowerCase().startsWith(prefix) && (prefix !== '' || !e.name.startsWith('.')),
      )
      .slice(0, SHOWN);
  }

  #typed = (event: Event): void => {
    this.#set((event.target as HTMLInputElement).value);
  };

  #set(value: string): void {
    this.value = this.#typedValue = value;
    this.at = -1;
    this.dispatchEvent(new DirectoryEvent(value));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#list, LIST_DELAY_MS);
  }

  #list = async (): Promise<void> => {
    this.open = true;
    const { parent, last } = this.#asked();
    if (parent === this.#listed) return;
    this.#listed = parent;
    this.hint = '';
    try {
      const found = await act(this, (actions) =>
        actions.directories(parent || undefined, this.endpoint),
      );
      if (this.#listed === parent) this.entries = found.entries;
    } catch (error) {
      if (this.#listed !== parent) return;
      this.entries = [];
      this.#listed = undefined;
      // Half a name is no question yet; a directory that is spelt out is one.
      if (last === '') this.hint = toErrorInfo(error).message;
    }
  };

  #take(entry: Entry): void {
    this.#set(`${entry.path}/`);
    void this.#list();
  }

  #key = (event: KeyboardEvent): void => {
    const shown = this.open ? this.#shown() : [];
    const entry = shown[this.at];
    if (event.isComposing || shown.length === 0) return;
    if (event.key === 'ArrowDown') this.at = (this.at + 1) % shown.length;
    else if (event.key === 'ArrowUp') this.at = this.at <= 0 ? shown.length - 1 : this.at - 1;
    else if (event.key === 'Escape') this.open = false;
    else if (entry && (event.key === 'Enter' || event.key === 'Tab')) this.#take(entry);
    else return;
    event.preventDefault();
    event.stopPropagation();
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' }),
    );
  };
}

/** `/a/b/c` → list `/a/b/`, look for `c`. */
function split(path: string): { parent: string; last: string } {
  const cut = path.lastIndexOf('/') + 1;
  return { parent: path.slice(0, cut), last: path.slice(cut) };
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-directory-field': ApDirectoryField;
  }
  interface HTMLElementEventMap {
    'ap-directory': DirectoryEvent;
  }
}
