import type { Browser } from '@playwright/test';
import { BenchPage, painted } from './page.ts';
import { waitFor } from './pump.ts';
import { BenchSession, WireServer } from './wire-server.ts';

/** The product's page, connected to sessions that say what the bench wants. */
export class Product {
  private constructor(
    readonly view: BenchPage,
    readonly server: WireServer,
    readonly sessions: readonly BenchSession[],
  ) {}

  /** @param messages of history in each session. */
  static async open(
    browser: Browser,
    dist: string,
    { sessions: count, messages = 0 }: { sessions: number; messages?: number },
  ): Promise<Product> {
    const sessions = Array.from(
      { length: count },
      (_, i) => new BenchSession(`bench-${i + 1}`, `Session ${i + 1}`),
    );
    for (const session of sessions) session.history(messages);
    const server = await WireServer.start(dist, sessions);
    const view = await BenchPage.open(browser);
    const product = new Product(view, server, sessions);
    await view.page.goto(server.url);
    await product.connected();
    return product;
  }

  async connected(): Promise<void> {
    const rows = this.view.page.locator('ap-session-item[data-status="connected"]');
    await rows.nth(this.sessions.length - 1).waitFor({ timeout: 180_000 });
    await this.stored();
    await painted(this.view.page);
  }

  /** Waits until the page has said that all there is is on its disk. */
  stored(): Promise<void> {
    return waitFor(
      'every entry is on disk',
      () => this.sessions.every(({ head, persisted }) => persisted >= head),
      300_000,
    );
  }

  async show(session: BenchSession): Promise<void> {
    await this.view.page
      .locator(`ap-session-item[data-session-id="${session.id}"] button.open`)
      .click();
    await this.view.page.locator(`.pane.shown[data-session-id="${session.id}"]`).waitFor();
    await painted(this.view.page);
  }

  async close(): Promise<void> {
    await this.view.close();
    await this.server.close();
  }
}
