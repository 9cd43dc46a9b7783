import { signal } from '@preact/signals-core';
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { boundKeys, COMMAND_IDS, type CommandId } from '../keys/bindings.ts';
import { chordOf, isApple, typesText } from '../keys/chord.ts';

/** How long a sequence waits for its second key, ms. */
const LEADER_MS = 1_500;

export interface KeyOptions {
  /** The reader's own bindings. */
  own(): Readonly<Record<string, string>>;
  /** A dialog is open: its own keys only. */
  paused(): boolean;
  /** The next key may open a session. */
  armed(): void;
  run(command: CommandId): void;
}

/** Turns key presses anywhere on the page into commands (R35), while its host is connected. */
export class KeyController implements ReactiveController {
  /** Alt is held: the rows show their numbers. */
  readonly altHeld = signal(false);
  #listening: AbortController | undefined;
  #leader: { chord: string; at: number } | undefined;

  constructor(
    host: ReactiveControllerHost,
    private readonly options: KeyOptions,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    window.addEventListener('keydown', (event) => this.#down(event), { signal });
    const release = () => {
      this.altHeld.value = false;
    };
    window.addEventListener('keyup', (event) => event.key === 'Alt' && release(), { signal });
    window.addEventListener('blur', release, { signal });
  }

  hostDisconnected(): void {
    this.#listening?.abort();
    this.altHeld.value = false;
  }

  #arm(): void {
    if (!this.options.paused()) this.options.armed();
  }

  #down(event: KeyboardEvent): void {
    const field = isTextField(event.composedPath()[0]);
    if (event.key === 'Alt') {
      this.altHeld.value = !event.ctrlKey && !event.metaKey;
      // Option types as well.
      if (this.altHeld.peek() && !event.repeat && !(field && isApple())) this.#arm();
    }
    const chord = chordOf(event);
    if (chord === undefined || event.defaultPrevented || this.options.paused()) return;
    if (field && (typesText(chord) || movesCaret(chord))) {
      this.#leader = undefined;
      return;
    }
    const leader =
      this.#leader && event.timeStamp - this.#leader.at < LEADER_MS ? this.#leader : undefined;
    this.#leader = undefined;
    const own = this.options.own();
    const bound = (keys: string) => COMMAND_IDS.find((id) => boundKeys(id, own).includes(keys));
    const command = (leader && bound(`${leader.chord} ${chord}`)) ?? bound(chord);
    if (command) {
      event.preventDefault();
      // Held keys may walk through the sessions, but not open ten dialogs.
      if (!event.repeat || command === 'session.next' || command === 'session.previous') {
        this.options.run(command);
        // The next one, with Alt still held; a key that is held leaves no time for that.
        if (this.altHeld.peek() && !event.repeat) this.#arm();
      }
    } else if (
      !event.repeat &&
      COMMAND_IDS.some((id) => boundKeys(id, own).some((keys) => keys.startsWith(`${chord} `)))
    ) {
      event.preventDefault();
      this.#leader = { chord, at: event.timeStamp };
      this.#arm();
    }
  }
}

/** Option and an arrow move the caret by paragraph in a Mac's text fields. */
const movesCaret = (chord: string): boolean => isApple() && /^Alt\+(Shift\+)?Arrow/.test(chord);

const NOT_TEXT = /^(button|checkbox|radio|range|color|submit|reset|image|file)$/;

function isTextField(target: EventTarget | undefined): boolean {
  if (target instanceof HTMLInputElement) return !NOT_TEXT.test(target.type);
  return (
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLElement && target.isContentEditable)
  );
}
