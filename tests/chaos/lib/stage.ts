import type { Browser } from '@playwright/test';
import type { SessionSummary } from '../../../src/core/wire/rest.ts';
import { GatewayProcess, type AgentEntry } from '../../support/gateway-process.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { ChaosPage, launchBrowser } from './chaos-page.ts';
import { judge, type Verdict } from './oracle.ts';
import { until } from './wait.ts';
import { readLog, type LogCopy } from './wire-client.ts';

export interface StageOptions {
  sessions: number;
  agents?: Record<string, AgentEntry>;
  /** Which agent the sessions have; its ids collide by default. */
  agent?: string;
  /** One that others use too; otherwise the stage has its own. */
  browser?: Browser | undefined;
  /** Stands between the network and the gateway, as for a negative control. */
  between?: (gateway: GatewayProcess) => Promise<{ port: number; close(): Promise<void> }>;
}

/** Whether a path is a session's socket. */
export const isSocket = ({ path }: { path: string }): boolean => path.endsWith('/ws');

/** A gateway as a process, a network that can be broken, sessions, and a page in a browser. */
export class Stage {
  #browser: Browser | undefined;
  #page: ChaosPage | undefined;

  private constructor(
    readonly gateway: GatewayProcess,
    readonly network: TcpProxy,
    readonly sessions: readonly SessionSummary[],
    private readonly between: { close(): Promise<void> } | undefined,
    private readonly shared: Browser | undefined,
  ) {}

  static async set(options: StageOptions): Promise<Stage> {
    const { sessions, agents = {}, agent = 'colliding' } = options;
    const network = await TcpProxy.start();
    const gateway = await GatewayProcess.start({
      args: ['--allow-host', `127.0.0.1:${network.port}`],
      agents,
    });
    const between = await options.between?.(gateway);
    network.targetPort = between?.port ?? gateway.port;
    const made: SessionSummary[] = [];
    // One after the other, so that the page's order is the indices' order.
    for (let i = 0; i < sessions; i++) made.push(await gateway.createSession(`S${i}`, agent));
    return new Stage(gateway, network, made, between, options.browser);
  }

  /** The page's address, through the network. */
  get link(): string {
    return `http://127.0.0.1:${this.network.port}/#token=${this.gateway.token}`;
  }

  get page(): ChaosPage {
    if (!this.#page) throw new Error('The page was not opened');
    return this.#page;
  }

  /** Opens the page and waits until all its sessions are connected. */
  async open(link = this.link): Promise<ChaosPage> {
    const browser = this.shared ?? (this.#browser ??= await launchBrowser());
    this.#page = new ChaosPage(await browser.newPage());
    await this.#page.open(link);
    await this.connected();
    return this.#page;
  }

  /** Works with a page of somebody else's browser from now on. */
  adopt(page: ChaosPage): void {
    this.#page = page;
  }

  async connected(limitMs = 60_000): Promise<void> {
    await until(
      'every session to be connected',
      async () => {
        const states = await this.page.states();
        return (
          states.length >= this.sessions.length &&
          states.every(({ status }) => status === 'connected')
        );
      },
      limitMs,
    );
  }

  /** Waits until every session is idle and has nothing more to send. */
  async quiet(limitMs = 120_000): Promise<void> {
    await until(
      'every session to be idle',
      async () =>
        (await this.page.states()).every(
          ({ status, turn, outbox }) => status === 'connected' && turn === 'idle' && outbox === 0,
        ),
      limitMs,
      100,
    );
  }

  logs(): Promise<LogCopy[]> {
    return Promise.all(this.sessions.map(({ id }) => readLog(this.gateway, id)));
  }

  /**
   * The oracle's word. Gives the page time to show and to write what it has received, and no more: what it
   * has not by then counts as lost.
   */
  async judge(whole: boolean, patienceMs = 15_000): Promise<Verdict> {
    const logs = await this.logs();
    const heads = new Map(logs.map(({ id, head }) => [id, head]));
    const settled = async (): Promise<boolean> => {
      const [states, disk] = await Promise.all([this.page.states(), this.page.disk()]);
      return (
        states.every(({ id, lastN }) => lastN >= (heads.get(id) ?? 0)) &&
        disk.every(({ id, lastPersisted }) => lastPersisted >= (heads.get(id) ?? 0))
      );
    };
    await until('page and disk to be level with the log', settled, patienceMs, 200).catch(() => {});
    const [memory, disk] = await Promise.all([this.page.memory(), this.page.disk()]);
    const verdict = judge(logs, memory, disk, { whole });
    for (const error of this.page.errors) verdict.differences.push(`page error: ${error}`);
    return verdict;
  }

  async strike(): Promise<void> {
    await this.#page?.close().catch(() => {});
    await this.#browser?.close().catch(() => {});
    await this.network.close();
    await this.between?.close();
    await this.gateway.dispose();
  }
}

/** Sets a stage, runs, and strikes it whatever happens. */
export async function onStage<T>(
  options: StageOptions,
  run: (stage: Stage) => Promise<T>,
): Promise<T> {
  const stage = await Stage.set(options);
  try {
    return await run(stage);
  } finally {
    await stage.strike();
  }
}

/** The verdict as figures, in one order everywhere. */
export const figuresOf = ({ entries, lost, doubled, misrouted, outOfOrder }: Verdict) => ({
  entries,
  lost,
  doubled,
  misrouted,
  'out of order': outOfOrder,
});

/** What a verdict has to say against a run. */
export function failuresOf(verdict: Verdict): string[] {
  const { lost, doubled, misrouted, outOfOrder, differences } = verdict;
  const counted = { lost, doubled, misrouted, 'out of order': outOfOrder };
  return [
    ...Object.entries(counted).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : [])),
    ...differences,
  ];
}
