import { chromium, type Browser, type CDPSession, type Page } from '@playwright/test';
import { Trace } from './trace.ts';

/** What a page's main thread has done, ms; and its heap, MB. */
export interface Work {
  readonly task: number;
  /** Of the processor, ms: less than `task` where others wanted it too. */
  readonly thread: number;
  readonly script: number;
  readonly layout: number;
  readonly style: number;
  readonly heap: number;
}

export interface Done extends Work {
  /** Processor time of all threads of the page, its workers' too; and of all of the browser, ms. */
  readonly pageProcess: number;
  readonly browser: number;
  readonly wall: number;
  /** Between two frames, ms. */
  readonly frames: readonly number[];
  /** Of the tasks above 50 ms: the longest, ms, and how many. */
  readonly longest: number;
  readonly long: number;
}

export async function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['APERTURE_CHROMIUM'],
    args: (process.env['APERTURE_CHROMIUM_ARGS'] ?? '').split(' ').filter(Boolean),
  });
}

/** What the bench has inside a page; there before the page's own scripts. */
interface Inside {
  /** Of all frames since it was emptied, ms; of long tasks, how many and the longest. */
  gaps: number[];
  longest: number;
  long: number;
  /** When the last frame's callbacks began, by the page's clock, ms. */
  began: number;
  frame(): Promise<number>;
  /** From inside a frame's callback: when that frame has been rendered. Otherwise the next task. */
  rendered(): Promise<void>;
  /** Every element that matches, through all shadow roots. */
  find(selector: string, root?: ParentNode): HTMLElement[];
}

declare global {
  interface Window {
    bench: Inside;
  }
}

/** A page of its own context, with the browser's counters. */
export class BenchPage {
  #whole: CDPSession | undefined;

  private constructor(
    readonly page: Page,
    private readonly cdp: CDPSession,
  ) {}

  static async open(browser: Browser): Promise<BenchPage> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    await cdp.send('Performance.enable');
    await page.addInitScript(() => {
      const probe: Inside = {
        gaps: [],
        longest: 0,
        long: 0,
        began: 0,
        frame: () => new Promise(requestAnimationFrame),
        rendered: () =>
          new Promise((resolve) => {
            const { port1, port2 } = new MessageChannel();
            port1.addEventListener('message', () => resolve(), { once: true });
            port1.start();
            port2.postMessage(undefined);
          }),
        find: (selector, root = document) =>
          [...root.querySelectorAll<HTMLElement>('*')].flatMap((each) => [
            ...(each.matches(selector) ? [each] : []),
            ...(each.shadowRoot ? probe.find(selector, each.shadowRoot) : []),
          ]),
      };
      window.bench = probe;
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) {
          probe.long++;
          probe.longest = Math.max(probe.longest, duration);
        }
      }).observe({ type: 'longtask' });
      let last = 0;
      const step = (now: number): void => {
        probe.began = performance.now();
        if (last > 0) probe.gaps.push(now - last);
        last = now;
        requestAnimationFrame(step);
      };
      requestAnimationFrame(step);
    });
    return new BenchPage(page, cdp);
  }

  async work(): Promise<Work> {
    const { metrics } = await this.cdp.send('Performance.getMetrics');
    const of = (name: string): number => metrics.find((each) => each.name === name)?.value ?? 0;
    return {
      task: of('TaskDuration') * 1000,
      thread: of('ThreadTime') * 1000,
      script: of('ScriptDuration') * 1000,
      layout: of('LayoutDuration') * 1000,
      style: of('RecalcStyleDuration') * 1000,
      heap: of('JSHeapUsedSize') / 1e6,
    };
  }

  /** Processor time that the browser's processes have used since they began, ms, by their id. */
  async #processors(): Promise<{ id: number; page: boolean; ms: number }[]> {
    this.#whole ??= await this.page.context().browser()!.newBrowserCDPSession();
    const { processInfo } = await this.#whole.send('SystemInfo.getProcessInfo');
    return processInfo.map(({ id, type, cpuTime }) => ({
      id,
      page: type === 'renderer',
      ms: cpuTime * 1000,
    }));
  }

  /** What the main thread did while `act` ran; and what the page's and all of the browser's processes had of the processors. */
  async during(act: () => Promise<void>): Promise<Done> {
    await this.page.evaluate(() => {
      Object.assign(window.bench, { longest: 0, long: 0 });
      window.bench.gaps.length = 0;
    });
    const had = new Map((await this.#processors()).map(({ id, ms }) => [id, ms]));
    const before = await this.work();
    const began = performance.now();
    await act();
    const wall = performance.now() - began;
    const after = await this.work();
    // Not of those that were started meanwhile, such as one in store for the next page.
    const used = (await this.#processors()).flatMap(({ id, page, ms }) =>
      had.has(id) ? [{ page, ms: ms - had.get(id)! }] : [],
    );
    const { gaps, longest, long } = await this.page.evaluate(() => window.bench);
    return {
      task: after.task - before.task,
      thread: after.thread - before.thread,
      script: after.script - before.script,
      layout: after.layout - before.layout,
      style: after.style - before.style,
      heap: after.heap,
      pageProcess: Math.max(...used.map(({ page, ms }) => (page ? ms : 0))),
      browser: used.reduce((sum, { ms }) => sum + ms, 0),
      wall,
      frames: gaps,
      longest,
      long,
    };
  }

  /** The browser's own trace of `act`. */
  traced(act: () => Promise<void>): Promise<Trace> {
    return Trace.of(this.page.context().browser()!, this.page, act);
  }

  /** The heap after what can be collected has been, MB. */
  async settledHeap(): Promise<number> {
    await this.cdp.send('HeapProfiler.collectGarbage');
    return (await this.work()).heap;
  }

  async close(): Promise<void> {
    await this.#whole?.detach();
    await this.page.context().close();
  }
}

/** Two frames: what was asked for is painted. */
export const painted = (page: Page): Promise<void> =>
  page.evaluate(
    () =>
      new Promise<void>((resolve) =>
        requestAnimationFrame(() => requestAnimationFrame(() => resolve())),
      ),
  );
