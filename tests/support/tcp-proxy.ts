import { createServer, connect, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** One proxied connection, as a {@link Filter} sees it. */
export interface Wire {
  /** Of the HTTP request that it began with, such as `/v1/sessions/…/ws`; empty before its first bytes. */
  readonly path: string;
  /** When it was accepted, ms of `performance.now()`. */
  readonly acceptedAt: number;
}

export type Direction = 'up' | 'down';

/** What becomes of some bytes: forwarded in these pieces, and after them nothing, a break, or silence. */
export interface Passage {
  forward: readonly Buffer[];
  end?: 'reset' | 'close' | 'stall';
}

/** Decides over every piece of a connection's bytes, `down` being towards the page. */
export type Filter = (direction: Direction, bytes: Buffer) => Passage;

interface Pair extends Wire {
  path: string;
  inner: Socket;
  outer: Socket;
  filter: Filter | undefined;
  /** This one alone is half open, for good. */
  frozen: boolean;
}

/**
 * A network that can be broken: a TCP proxy on loopback whose connections are cut, stalled or refused
 * on demand. A browser's own offline switch leaves loopback sockets alone, so this is how tests take
 * the network away.
 */
export class TcpProxy {
  /** Connections accepted so far, refused ones not counted. */
  accepted = 0;
  /** Every connection that said what it wants, in the order of its accepting. */
  readonly wires: Wire[] = [];
  #server: Server;
  #pairs = new Set<Pair>();
  #stalled = false;
  #refusing = false;

  /** Where connections go; set before the first one comes. */
  targetPort = 0;
  /** Asked once for each connection, when its path is known. */
  filter: ((wire: Wire) => Filter | undefined) | undefined;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (outer) => this.#join(outer));
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(): Promise<TcpProxy> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return new TcpProxy(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#pairs.size;
  }

  /** Breaks every open connection, or those that match, as a router that restarts; new ones are accepted. */
  cut(matches: (wire: Wire) => boolean = () => true): void {
    for (const pair of this.#pairs) if (matches(pair)) this.#break(pair);
  }

  /** Breaks every connection and refuses new ones until {@link restore}. */
  takeDown(): void {
    this.#refusing = true;
    this.cut();
  }

  /** Nothing passes, nothing closes: a half-open network, until {@link restore}. */
  stall(): void {
    this.#stalled = true;
    for (const { inner, outer } of this.#pairs) {
      inner.pause();
      outer.pause();
    }
  }

  /** Those that match go silent for good, as when the other side lost its power; others, and new ones, work. */
  freeze(matches: (wire: Wire) => boolean): void {
    for (const pair of this.#pairs) if (matches(pair)) this.#freeze(pair);
  }

  /** Ends {@link takeDown} and {@link stall}. */
  restore(): void {
    this.#refusing = false;
    this.#stalled = false;
    for (const { inner, outer, frozen } of this.#pairs) {
      if (frozen) continue;
      inner.resume();
      outer.resume();
    }
  }

  async close(): Promise<void> {
    this.takeDown();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #break(pair: Pair): void {
    this.#pairs.delete(pair);
    pair.outer.resetAndDestroy();
    pair.inner.destroy();
  }

  #freeze(pair: Pair): void {
    pair.frozen = true;
    pair.inner.pause();
    pair.outer.pause();
  }

  #join(outer: Socket): void {
    if (this.#refusing) {
      outer.resetAndDestroy();
      return;
    }
    this.accepted++;
    const inner = connect(this.targetPort, '127.0.0.1');
    const acceptedAt = performance.now();
    const pair: Pair = { path: '', acceptedAt, inner, outer, filter: undefined, frozen: false };
    this.#pairs.add(pair);
    const part = (): void => {
      this.#pairs.delete(pair);
      inner.destroy();
      outer.destroy();
    };
    for (const [from, to, direction] of [
      [inner, outer, 'down'],
      [outer, inner, 'up'],
    ] as const) {
      from.setNoDelay(true);
      from.on('error', part).on('close', part);
      from.on('data', (bytes) => {
        if (pair.path === '' && direction === 'up') this.#named(pair, bytes);
        const { forward, end } = pair.filter?.(direction, bytes) ?? { forward: [bytes] };
        let flowing = true;
        for (const piece of forward) flowing = to.write(piece);
        if (end === 'reset') this.#break(pair);
        else if (end === 'close') {
          this.#pairs.delete(pair);
          outer.end(() => part());
          inner.destroy();
        } else if (end === 'stall') this.#freeze(pair);
        else if (!flowing) {
          from.pause();
          to.once('drain', () => this.#stalled || pair.frozen || from.resume());
        }
      });
      if (this.#stalled) from.pause();
    }
  }

  #named(pair: Pair, head: Buffer): void {
    pair.path = /^[A-Z]+ (\S+)/.exec(head.toString('latin1', 0, 500))?.[1] ?? '?';
    this.wires.push(pair);
    pair.filter = this.filter?.(pair);
  }
}
