import type { ErrorInfo } from '../../core/errors.ts';
import type { PromptOutcome } from '../agent/port.ts';

/** Ends that were told before it was known whose they are. */
const MAX_EARLY = 8;

/**
 * The turn that a prompt began. Codex answers `turn/start` at once with the turn's id, and says later how that ended;
 * either may come first.
 */
export class Turn {
  /** Its id, once it has been said; undefined when it was over before. */
  readonly known: Promise<string | undefined>;
  #tell!: (id: string | undefined) => void;
  #id: string | undefined;
  readonly #early = new Map<string, PromptOutcome>();
  #cancelled = false;
  #settled = false;

  constructor(
    private readonly interrupt: (turnId: string) => void,
    private readonly settle: (outcome: PromptOutcome) => void,
  ) {
    this.known = new Promise((resolve) => (this.#tell = resolve));
  }

  /** `turn/start` was answered. */
  accepted(id: string): void {
    const known = this.#id === id;
    this.#id = id;
    this.#tell(id);
    const outcome = this.#early.get(id);
    if (outcome) return this.#end(outcome);
    if (this.#cancelled && !known) this.interrupt(id);
  }

  /** A turn was begun; before the answer it may be somebody else's, which the answer will tell. */
  started(id: string): void {
    if (this.#id !== undefined) return;
    this.#id = id;
    if (this.#cancelled) this.interrupt(id);
  }

  over(id: string, outcome: PromptOutcome): void {
    if (this.#id === id) return this.#end(outcome);
    if (this.#early.size < MAX_EARLY) this.#early.set(id, outcome);
  }

  failed(error: ErrorInfo): void {
    this.#end({ ok: false, error });
  }

  /** Idempotent. */
  cancel(): void {
    if (this.#cancelled || this.#settled) return;
    this.#cancelled = true;
    if (this.#id !== undefined) this.interrupt(this.#id);
  }

  #end(outcome: PromptOutcome): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#tell(undefined);
    this.settle(outcome);
  }
}
