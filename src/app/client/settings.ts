import { ApertureError, type ErrorInfo } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Link } from './protocols/port.ts';
import { unconfirmed } from './verdict.ts';

/** A change of the agent's mode, or of one of its options. */
export type SettingChange =
  { readonly mode: string } | { readonly option: string; readonly value: string | boolean };

/** Changes of one session that may wait at a time; people make one. */
const MAX_WAITING = 20;

interface Waiting {
  resolve: () => void;
  reject: (error: ApertureError) => void;
}

/**
 * Changes of modes and options that went out and of which the log says nothing yet. They belong to one connection:
 * what is shown is what the log says, so one that is lost is told and not sent again.
 */
export class Settings {
  readonly #waiting = new Map<string, Waiting>();

  /** Resolves when the agent took or refused it, as the log says. Rejects with the server's refusal, `setting_unconfirmed`, `too_many`. */
  change(change: SettingChange, link: NonNullable<Link['settings']>): Promise<void> {
    if (this.#waiting.size >= MAX_WAITING) {
      const words = 'The agent has not answered to earlier changes yet. Wait for it.';
      return Promise.reject(new ApertureError('too_many', words, { retryable: true }));
    }
    const key = newId();
    return new Promise((resolve, reject) => {
      this.#waiting.set(key, { resolve, reject });
      if ('mode' in change) link.setMode(key, change.mode);
      else link.setOption(key, change.option, change.value);
    });
  }

  /** The log has an entry with this key. */
  settled(key: string | undefined): void {
    if (key !== undefined) this.#take(key)?.resolve();
  }

  /** @returns whether it was one of these. */
  refused(key: string, { code, message, retryable }: ErrorInfo): boolean {
    const waiting = this.#take(key);
    waiting?.reject(new ApertureError(code, message, { retryable }));
    return waiting !== undefined;
  }

  /** The connection is gone. */
  lost(): void {
    for (const key of this.#waiting.keys()) this.#take(key)?.reject(unconfirmed());
  }

  #take(key: string): Waiting | undefined {
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    return waiting;
  }
}
