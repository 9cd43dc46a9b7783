import { expect, type Locator, type Page, type WebSocket } from '@playwright/test';
import type { GatewayProcess } from '../support/gateway-process.ts';

/** The browser's own lines on refusals: some tests are about those. 503: the gateway opens its logs, and is asked again. */
const EXPECTED = /ERR_|WebSocket connection|status of 4|status of 503 .*\/v1\/sessions(\/[\w-]+)?$/;

/** The page, driven by the contract for automation only: roles, names and `data-` attributes. */
export class App {
  /** Sockets that this document opened, in order; closed ones stay in the list. */
  readonly sockets: WebSocket[] = [];
  /** Addresses that the page asked for, without sockets. */
  readonly requests: string[] = [];
  /** What the page wrote as an error, and what it threw. */
  readonly errors: string[] = [];

  constructor(
    readonly page: Page,
    readonly gateway: GatewayProcess,
  ) {
    page.on('websocket', (socket) => this.sockets.push(socket));
    page.on('request', (request) => {
      this.requests.push(request.url());
      // Sockets of the document before are gone without a word.
      if (request.isNavigationRequest() && request.frame() === page.mainFrame())
        this.sockets.length = 0;
    });
    page.on('pageerror', (error) => this.errors.push(error.message));
    page.on('console', (message) => {
      // The browser itself reports refused connections; those are what some tests are about.
      const { url } = message.location();
      const text = `${message.text()} ${url}`;
      if (message.type() === 'error' && !EXPECTED.test(text)) this.errors.push(text);
    });
  }

  /** Opens the link that the gateway printed, and waits until the gateway answers. */
  async open(link = this.gateway.link): Promise<void> {
    await this.page.addInitScript(installDeepQuery);
    await this.page.goto(link);
    await expect(this.newSession.first()).toBeVisible();
  }

  /** Opens it and waits until these sessions are connected. */
  async openWith(...ids: string[]): Promise<void> {
    await this.open();
    for (const id of ids) await this.connected(id);
  }

  get newSession(): Locator {
    return this.page.getByRole('button', { name: 'New session' });
  }

  get rows(): Locator {
    return this.page.locator('ap-session-item');
  }

  row(id: string): Locator {
    return this.page.locator(`ap-session-item[data-session-id="${id}"]`);
  }

  /** The conversation on the stage. */
  get transcript(): Locator {
    return this.page.getByRole('log');
  }

  /** Messages on the stage. */
  messages(role: 'user' | 'assistant' | 'thought'): Locator {
    return this.transcript.locator(`[data-message-id][data-role="${role}"]`);
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Message' });
  }

  get stop(): Locator {
    return this.page.getByRole('button', { name: 'Stop', exact: true });
  }

  approval(scope: Locator = this.transcript): Locator {
    return scope.locator('[data-request-id]');
  }

  async connected(id: string): Promise<void> {
    await expect(this.row(id)).toHaveAttribute('data-status', 'connected');
  }

  /** Makes this session the viewed one, by its row. */
  async view(id: string): Promise<void> {
    await this.row(id).click({ position: { x: 60, y: 12 } });
    await this.viewing(id);
  }

  async viewing(id: string): Promise<void> {
    await expect(this.row(id)).toHaveAttribute('aria-current', 'true');
  }

  /** Writes into the composer and sends. */
  async send(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.page.getByRole('button', { name: 'Send', exact: true }).click();
  }

  /** Views the session and sends. */
  async sendTo(id: string, text: string): Promise<void> {
    await this.view(id);
    await this.send(text);
  }

  async idle(id: string): Promise<void> {
    await expect(this.row(id)).not.toHaveAttribute('data-streaming');
  }

  /** All that a row says, its shadow tree included. */
  async rowText(id: string): Promise<string> {
    return this.row(id).evaluate((row) => row.shadowRoot?.textContent ?? '');
  }

  /** The tokens of the scripted agent's STREAM in the one answer on the stage, in order. */
  async tokens(): Promise<string[]> {
    return (await this.messages('assistant').innerText()).match(/\w+:tok\d+/g) ?? [];
  }

  /** The sessions in the order of their rows. */
  async order(): Promise<string[]> {
    return this.rows.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-session-id')!));
  }

  get openSockets(): WebSocket[] {
    return this.sockets.filter((socket) => !socket.isClosed());
  }

  /** Which document this is: a reload or a navigation gives another answer. */
  async documentMark(): Promise<string> {
    return this.page.evaluate(() => {
      const marked = window as unknown as { apertureMark?: string };
      marked.apertureMark ??= String(performance.timeOrigin);
      const entries = performance.getEntriesByType('navigation').length;
      return `${marked.apertureMark} ${entries} ${history.length}`;
    });
  }

  async hasText(text: string | RegExp): Promise<void> {
    await expect(this.transcript).toContainText(text);
  }
}

interface DeepWindow {
  /** Every element below the document that matches, through all shadow roots. */
  deep(selector: string): Element[];
}

/** Runs in the page, before any of its scripts. */
function installDeepQuery(): void {
  const search = (root: ParentNode, selector: string): Element[] => {
    const found = [...root.querySelectorAll(selector)];
    for (const element of root.querySelectorAll('*'))
      if (element.shadowRoot) found.push(...search(element.shadowRoot, selector));
    return found;
  };
  (window as unknown as DeepWindow).deep = (selector) => search(document, selector);
}

/**
 * Clicks a row in the page itself and says what stood on the stage in each of the next frames.
 * Runs in the page; needs what {@link App.open} installs.
 */
export async function switchAndWatch(args: { id: string; frames: number }): Promise<string[]> {
  const { deep } = window as unknown as DeepWindow;
  const row = deep(`ap-session-item[data-session-id="${args.id}"]`)[0]!;
  const button = row.shadowRoot?.querySelector('button') ?? row;
  (button as HTMLElement).click();
  const seen: string[] = [];
  for (let frame = 0; frame < args.frames; frame++) {
    // A callback of the next frame runs before that frame is painted, so this reads what it paints.
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const shown = deep('[role="log"]').filter((log) =>
      log.checkVisibility({ opacityProperty: true, visibilityProperty: true }),
    );
    const text = (node: Node): string =>
      [...node.childNodes]
        .map((child) =>
          child instanceof Element && child.shadowRoot
            ? text(child.shadowRoot) + text(child)
            : child instanceof HTMLStyleElement
              ? ''
              : child.nodeType === Node.TEXT_NODE
                ? (child.textContent ?? '')
                : text(child),
        )
        .join('');
    seen.push(shown.map(text).join('\n').trim());
  }
  return seen;
}
