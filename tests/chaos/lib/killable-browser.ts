import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from '@playwright/test';

const START_MS = 60_000;

/** A Chromium with a profile that outlives it, as processes of our own: they can be killed like anybody's. */
export class KillableBrowser {
  #child: ChildProcess | undefined;
  #browser: Browser | undefined;

  private constructor(readonly profile: string) {}

  static async make(): Promise<KillableBrowser> {
    return new KillableBrowser(await mkdtemp(join(tmpdir(), 'aperture-profile-')));
  }

  async launch(): Promise<void> {
    const child = spawn(
      process.env['APERTURE_CHROMIUM']!,
      [
        ...(process.env['APERTURE_CHROMIUM_ARGS'] ?? '').split(' ').filter(Boolean),
        '--headless=new',
        '--remote-debugging-port=0',
        // Neither a question nor the tabs of before after a kill.
        '--hide-crash-restore-bubble',
        '--no-default-browser-check',
        `--user-data-dir=${this.profile}`,
        'about:blank',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
    );
    this.#child = child;
    // It has a process group of its own, which does not end with ours.
    process.once('exit', this.#end);
    const address = await new Promise<string>((resolve, reject) => {
      let said = '';
      const timer = setTimeout(() => reject(new Error(`No browser came up: ${said}`)), START_MS);
      child.once('exit', (code) => reject(new Error(`The browser ended with ${code}: ${said}`)));
      child.stderr!.on('data', (bytes: Buffer) => {
        said = (said + bytes.toString()).slice(-4_000);
        const found = /DevTools listening on (ws:\S+)/.exec(said);
        if (!found) return;
        clearTimeout(timer);
        resolve(found[1]!);
      });
    });
    this.#browser = await chromium.connectOverCDP(address);
  }

  newPage(): Promise<Page> {
    return this.#browser!.contexts()[0]!.newPage();
  }

  /** kill -9 of all its processes. Resolves when the first of them is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    this.#end();
    await gone;
    process.off('exit', this.#end);
    await this.#browser?.close().catch(() => {});
  }

  #end = (): void => {
    try {
      process.kill(-this.#child!.pid!, 'SIGKILL');
    } catch {
      // Gone already.
    }
  };

  /** Kills it and removes its profile. */
  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}
