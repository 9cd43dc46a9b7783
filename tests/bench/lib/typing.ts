import type { Page } from '@playwright/test';

declare global {
  interface Window {
    /** From each key's own time to the end of the frame that came after it, ms. */
    benchKeys: number[];
  }
}

/** Presses keys in the composer of the viewed session, ten a second, until it is stopped. */
export class Typing {
  readonly #stopped = new AbortController();
  readonly #done: Promise<void>;

  private constructor(private readonly page: Page) {
    this.#done = this.#press();
  }

  static async begin(page: Page): Promise<Typing> {
    await page.locator('.pane.shown').getByRole('textbox', { name: 'Message' }).focus();
    await page.evaluate(() => {
      window.benchKeys = [];
      addEventListener(
        'keydown',
        ({ timeStamp }) => {
          requestAnimationFrame(async () => {
            await window.bench.rendered();
            window.benchKeys.push(performance.now() - timeStamp);
          });
        },
        { capture: true },
      );
    });
    return new Typing(page);
  }

  /** @returns key to painted, ms, of every key. */
  async stop(): Promise<number[]> {
    this.#stopped.abort();
    await this.#done;
    return this.page.evaluate(() => window.benchKeys);
  }

  async #press(): Promise<void> {
    for (let n = 0; !this.#stopped.signal.aborted; n++) {
      await this.page.keyboard.press(n % 10 === 9 ? 'Backspace' : 'k');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
