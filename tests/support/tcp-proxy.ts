import { createServer, connect, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

interface Pair {
  inner: Socket;
  outer: Socket;
}

/**
 * A network that can be broken: a TCP proxy on loopback whose connections are cut, stalled or refused
 * on demand. A browser's own offline switch leaves loopback sockets alone, so this is how tests take
 * the network away.
 */
export class TcpProxy {
  /** Connections accepted so far, refused ones not counted. */
  accepted = 0;
  #server: Server;
  #pairs = new Set<Pair>();
  #stalled = false;
  #refusing = false;

  /** Where connections go; set before the first one comes. */
  targetPort = 0;

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

  /** Breaks every open connection, as a router that restarts; new ones are accepted. */
  cut(): void {
    for (const { inner, outer } of this.#pairs) {
      outer.resetAndDestroy();
      inner.destroy();
    }
    this.#pairs.clear();
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

  /** Ends {@link takeDown} and {@link stall}. */
  restore(): void {
    this.#refusing = false;
    this.#stalled = false;
    for (const { inner, outer } of this.#pairs) {
      inner.resume();
      outer.resume();
    }
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(outer: Socket): void {
    if (this.#refusing) {
      outer.resetAndDestroy();
      return;
    }
    this.accepted++;
    const inner = connect(this.targetPort, '127.0.0.1');
    const pair = { inner, outer };
    this.#pairs.add(pair);
    const part = (): void => {
      this.#pairs.delete(pair);
      inner.destroy();
      outer.destroy();
    };
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      from.setNoDelay(true);
      from.on('error', part).on('close', part);
      from.on('data', (bytes) => {
        if (to.write(bytes)) return;
        from.pause();
        to.once('drain', () => this.#stalled || from.resume());
      });
      if (this.#stalled) from.pause();
    }
  }
}
