import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { WebSocket } from 'ws';

interface Answer {
  id?: number;
  result?: Record<string, unknown>;
  error?: { message: string };
}

/**
 * A browser that is spoken to without Playwright, which can follow neither a page into the back/forward cache nor
 * one that is frozen. One page; what it says is not listened to.
 */
export class CdpBrowser {
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  #session: string | undefined;
  #count = 0;

  private constructor(process: ChildProcess, profile: string, socket: WebSocket) {
    this.#process = process;
    this.#profile = profile;
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      const answer = JSON.parse(data.toString()) as Answer;
      if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer);
    });
  }

  static async launch(): Promise<CdpBrowser> {
    const profile = await mkdtemp(join(tmpdir(), 'aperture-browser-'));
    const path =
      process.env['APERTURE_CHROMIUM'] || process.env['CHROME_BIN'] || chromium.executablePath();
    const extra = (process.env['APERTURE_CHROMIUM_ARGS'] ?? '').split(' ').filter(Boolean);
    const child = spawn(
      path,
      ['--headless=new', '--remote-debugging-port=0', `--user-data-dir=${profile}`, ...extra],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const address = await new Promise<string>((resolve, reject) => {
      let said = '';
      child.stderr.on('data', (data: Buffer) => {
        said += data.toString();
        const found = /ws:\/\/\S+/.exec(said);
        if (found) resolve(found[0]);
      });
      child.on('exit', () => reject(new Error(`The browser did not start: ${said}`)));
    });
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    const browser = new CdpBrowser(child, profile, socket);
    const { targetId } = await browser.#ask('Target.createTarget', { url: 'about:blank' });
    const attached = await browser.#ask('Target.attachToTarget', { targetId, flatten: true });
    browser.#session = attached['sessionId'] as string;
    await browser.ask('Page.enable');
    return browser;
  }

  /** A command to the page. @throws Error with the browser's own words. */
  ask(method: string, params: object = {}): Promise<Record<string, unknown>> {
    return this.#ask(method, params, this.#session);
  }

  /** @param expression its value, or what it resolves to, must be JSON. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.ask('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  }

  async until(expression: string): Promise<void> {
    const deadline = Date.now() + 20_000;
    // Between two documents there is none to ask.
    while (!(await this.evaluate(expression).catch(() => false))) {
      if (Date.now() > deadline) throw new Error(`Never came true: ${expression}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Opens another tab before this one, which is hidden then. */
  async cover(): Promise<void> {
    const { targetId } = await this.#ask('Target.createTarget', { url: 'about:blank' });
    await this.#ask('Target.activateTarget', { targetId });
    await this.until(`document.visibilityState === 'hidden'`);
  }

  async back(): Promise<void> {
    const { currentIndex, entries } = (await this.ask('Page.getNavigationHistory')) as {
      currentIndex: number;
      entries: { id: number }[];
    };
    const { id: entryId } = entries[currentIndex - 1]!;
    await this.ask('Page.navigateToHistoryEntry', { entryId });
  }

  async close(): Promise<void> {
    const over = new Promise((resolve) => this.#process.on('exit', resolve));
    this.#socket.close();
    this.#process.kill();
    await over;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  async #ask(method: string, params: object, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++this.#count;
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    });
    this.#waiting.delete(id);
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result ?? {};
  }
}
