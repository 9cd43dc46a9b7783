import type { Browser, Page } from '@playwright/test';
import type { Outcome } from './scenario.ts';
import { Product } from './product.ts';
import { each } from './profile.ts';
import { quantile } from './stats.ts';
import { mixedText, tokens } from './texts.ts';

/** Events a second of each session while the reader switches. */
const RATE = 20;
/** Of a switch, in the browser's trace. */
export const SPAN = 'bench-switch';

/** How it is opened: by a click that nothing tells of before, or with the pointer or Alt on its way to it. */
export type Way = 'click' | 'pointer' | 'keys';

/** Frames from the pointer's coming to the row, or from Alt, to the click or the digit; 0.1 s. */
const NOTICE = 6;

/** Between how many sessions, how many frames after each other, and how. */
export interface Round {
  readonly sessions: number;
  readonly frames: number;
  readonly way: Way;
}
const BACK_AND_FORTH: Round = { sessions: 2, frames: 6, way: 'click' };
/** With time for all that a page does after a switch; meanwhile much has come for whoever is next. */
export const inTurn = (way: Way): Round => ({ sessions: 10, frames: 24, way });
/** From one to the next but two: neither of its neighbours. */
const STRIDE = 3;

export interface Switched {
  /** From the click to the end of the frame that shows the other session, ms. */
  painted: number[];
  /** Switches after which the next frame still moved something. */
  unsettled: number;
}

/** What the page calls before it switches: the pointer and the keys are the browser's own. */
const COME = 'benchCome';
declare global {
  interface Window {
    benchCome(session: string): Promise<void>;
  }
}

/** Switches between sessions inside the page, so that nothing of the bench is measured. */
function switches(
  product: Product,
  times: number,
  { sessions, frames, way }: Round = BACK_AND_FORTH,
): Promise<Switched> {
  const stride = sessions > STRIDE ? STRIDE : 1;
  const ids = Array.from(
    { length: sessions },
    (_, i) => product.sessions[(i * stride) % sessions]!.id,
  );
  return product.view.page.evaluate(
    async ([list, count, span, wait, how, notice]) => {
      const { bench } = window;
      const all = bench.find('ap-session-item').map((row) => row.dataset['sessionId']!);
      const openers = list.map((id) => {
        const row = bench.find(`ap-session-item[data-session-id="${id}"]`)[0]!;
        return row.shadowRoot!.querySelector<HTMLElement>('button.open')!;
      });
      const press = (id: string): void => {
        const digit = String((all.indexOf(id) + 1) % 10);
        const init = { key: digit, code: `Digit${digit}`, altKey: true, bubbles: true };
        document.body.dispatchEvent(new KeyboardEvent('keydown', init));
      };
      const app = document.querySelector('ap-app')!.shadowRoot!;
      const result: Switched = { painted: [], unsettled: 0 };
      for (let i = 0; i < count; i++) {
        const id = list[i % list.length]!;
        for (let waited = 0; waited < wait; waited++) await bench.frame();
        if (how !== 'click') {
          await window.benchCome(id);
          for (let waited = 0; waited < notice; waited++) await bench.frame();
        }
        const began = performance.now();
        if (how === 'keys') press(id);
        else openers[i % list.length]!.click();
        await bench.rendered();
        const end = performance.now();
        result.painted.push(end - began);
        performance.measure(span, { start: began, end });
        const pane = app.querySelector<HTMLElement>('.pane.shown')!;
        const scroller = bench.find('.scroller', pane)[0]!;
        if (pane.dataset['sessionId'] !== id) result.unsettled++;
        else {
          const distance = (): number =>
            scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
          await bench.frame();
          await bench.rendered();
          if (distance() > 2) result.unsettled++;
        }
      }
      return result;
    },
    [ids, times, SPAN, frames, way, NOTICE] as const,
  );
}

/** Moves the pointer to a session's row, or presses Alt anew. */
async function come(page: Page, way: Way, session: string): Promise<void> {
  if (way === 'pointer') {
    const box = await page.locator(`ap-session-item[data-session-id="${session}"]`).boundingBox();
    if (!box) throw new TypeError(`There is no row of ${session}.`);
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 3 });
  } else {
    await page.keyboard.up('Alt');
    await page.keyboard.down('Alt');
  }
}

export const result = ({ painted, unsettled }: Switched): Record<string, number> => ({
  median: quantile(painted, 0.5),
  p95: quantile(painted, 0.95),
  'not settled in the next frame': unsettled,
});

/** A page with ten long sessions that a reader switches between. */
export class Switching {
  readonly #streams: NodeJS.Timeout;
  #way: Way = 'click';
  #n = 0;

  private constructor(readonly product: Product) {
    for (const session of product.sessions) session.begin('Go on.');
    const pieces = tokens(mixedText(64_000));
    this.#streams = setInterval(() => {
      for (const session of product.sessions) session.say(pieces[this.#n % pieces.length]!);
      this.#n++;
    }, 1000 / RATE);
  }

  static async open(browser: Browser, dist: string, messages: number): Promise<Switching> {
    const product = await Product.open(browser, dist, { sessions: 10, messages });
    for (const session of product.sessions.slice(0, 2)) await product.show(session);
    const opened = new Switching(product);
    const { page } = product.view;
    await page.exposeFunction(COME, (session: string) => come(page, opened.#way, session));
    await switches(product, 6);
    return opened;
  }

  async measure(times: number, round: Round = BACK_AND_FORTH): Promise<Record<string, number>> {
    this.#way = round.way;
    const measured = result(await switches(this.product, times, round));
    if (round.way === 'keys') await this.product.view.page.keyboard.up('Alt');
    return measured;
  }

  /** All ten have been viewed, and begin another answer: what is measured next finds what this finds. */
  async anew(): Promise<void> {
    const { product } = this;
    for (const session of product.sessions) {
      session.finish();
      session.begin('Go on.');
      await product.show(session);
    }
  }

  /** What the main thread does in a switch, ms. */
  async profile(times: number, round?: Round): Promise<Outcome['figures'][string]> {
    const trace = await this.product.view.traced(async () => {
      await this.measure(times, round);
    });
    return each(trace, SPAN);
  }

  /** All turns end; what is left is the switch itself. */
  async quieten(): Promise<void> {
    clearInterval(this.#streams);
    for (const session of this.product.sessions) session.finish();
    await this.product.view.page.waitForFunction(
      () => window.bench.find('ap-session-item[data-streaming]').length === 0,
    );
    await this.product.stored();
    await switches(this.product, 6);
  }

  async close(): Promise<void> {
    clearInterval(this.#streams);
    await this.product.close();
  }
}
