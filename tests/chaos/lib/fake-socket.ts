import type { Socket, SocketEvent } from '../../../src/app/client/protocols/port.ts';

type Kind = 'open' | 'message' | 'close' | 'error';

/** A socket whose other side is the test; for what no real one can be made to do a million times. */
export class FakeSocket implements Socket {
  readyState = 0;
  readonly sent: string[] = [];
  readonly #listeners: [Kind, (event: SocketEvent) => void, AbortSignal | undefined][] = [];

  constructor(readonly url: string) {}

  addEventListener(
    kind: Kind,
    listener: (event: SocketEvent) => void,
    options?: { signal: AbortSignal },
  ): void {
    this.#listeners.push([kind, listener, options?.signal]);
  }

  /** Answers pings, as a gateway would. */
  send(data: string): void {
    this.sent.push(data);
    const { t, c } = JSON.parse(data) as { t: string; c: number };
    if (t === 'ping') queueMicrotask(() => this.says(JSON.stringify({ t: 'pong', c })));
  }

  close(): void {
    this.readyState = 3;
  }

  opened(): void {
    this.readyState = 1;
    this.#tell('open', {});
  }

  /** A frame comes, even on a socket that the page has given up: its buffers may hold some still. */
  says(data: string): void {
    this.#tell('message', { data });
  }

  drops(code: number): void {
    this.readyState = 3;
    this.#tell('close', { code, reason: '' });
  }

  #tell(kind: Kind, event: SocketEvent): void {
    for (const [of, listener, signal] of this.#listeners)
      if (of === kind && !signal?.aborted) listener(event);
  }
}
