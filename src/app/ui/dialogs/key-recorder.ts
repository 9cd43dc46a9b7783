import { css, html, LitElement } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { capsOf } from '../keys/caps.ts';
import { chordOf, typesText } from '../keys/chord.ts';
import { isReserved } from '../keys/conflicts.ts';
import { baseStyles, buttonStyles } from '../styles/shared.ts';

/** A second key within this time makes a sequence, ms. */
const SEQUENCE_MS = 900;

/** The keys that were pressed; `undefined` when given up. */
export class RecordedEvent extends Event {
  static readonly type = 'ap-recorded';

  constructor(readonly keys: string | undefined) {
    super(RecordedEvent.type);
  }
}

/**
 * Listens for one chord, or a sequence of two plain keys. Escape gives up; keys of the browser's own
 * are refused with a word.
 *
 * @property label - the command that gets the keys
 * @fires ap-recorded - once ({@link RecordedEvent})
 */
@customElement('ap-key-recorder')
export class ApKeyRecorder extends LitElement {
  static override styles = [
    baseStyles,
    buttonStyles,
    css`
      .button {
        color: var(--ap-accent);
        border-color: var(--ap-accent);
      }
    `,
  ];

  @property({ attribute: false }) label = '';
  @state() private heard = '';
  @state() private refused = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  override firstUpdated(): void {
    this.renderRoot.querySelector('button')?.focus();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  override render() {
    const text = this.refused
      ? `${this.refused} belongs to the browser`
      : this.heard
        ? `${capsOf(this.heard).flat().join(' ')} …`
        : 'Press keys, Esc to leave';
    return html`<button
      class="button small"
      aria-label=${`Press the keys for ${this.label}`}
      @keydown=${this.#key}
      @blur=${() => this.#finish(this.heard || undefined)}
    >
      <span role="status">${text}</span>
    </button>`;
  }

  #key = (event: KeyboardEvent): void => {
    if (event.key === 'Tab') return;
    event.preventDefault();
    event.stopPropagation();
    if (event.repeat) return;
    if (event.key === 'Escape') return this.#finish(undefined);
    const chord = chordOf(event);
    if (chord === undefined) return;
    this.refused = isReserved(chord) ? capsOf(chord).flat().join('+') : '';
    if (this.refused) return;
    if (!typesText(chord)) return this.#finish(chord);
    if (this.heard) return this.#finish(`${this.heard} ${chord}`);
    this.heard = chord;
    this.#timer = setTimeout(() => this.#finish(this.heard), SEQUENCE_MS);
  };

  #finish(keys: string | undefined): void {
    clearTimeout(this.#timer);
    this.heard = '';
    this.dispatchEvent(new RecordedEvent(keys));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ap-key-recorder': ApKeyRecorder;
  }
  interface HTMLElementEventMap {
    'ap-recorded': RecordedEvent;
  }
}
