import { ApertureError } from '../../../core/errors.ts';
import { CloseCode } from '../../../core/wire/close-codes.ts';
import type { Incoming, LinkSink, Socket, SocketFactory } from './port.ts';

/** Frames of one socket, as pure functions of text. */
export interface Codec {
  /** Sent as soon as the socket is open. */
  hello(): string[];
  /** The socket is open, and that has gone out. */
  opened?(): void;
  /** @throws ApertureError for a frame that cannot be read; undefined for one that says nothing to us. */
  decode(text: string): Incoming | undefined;
  /** A message may hold several frames, one a line. */
  readonly lines?: true;
  /** A binary frame. Without this it costs the socket, like a text frame that cannot be read. */
  binary?(): void;
}

const OPEN = 1;

/** One socket that carries one session: the transport of most protocols. */
export class SocketLink {
  readonly #abort = new AbortController();
  readonly #sink: LinkSink;
  readonly #codec: Codec;
  #socket: Socket | undefined;

  constructor(
    sockets: SocketFactory,
    url: string,
    protocols: readonly string[],
    codec: Codec,
    sink: LinkSink,
  ) {
    this.#sink = sink;
    this.#codec = codec;
    try {
      this.#socket = sockets(url, protocols);
    } catch (error) {
      // An address that is none, or ws:// from an https page: dialling again cannot help.
      queueMicrotask(() => this.#closed(CloseCode.policy, String(error)));
      return;
    }
    const socket = this.#socket;
    const { signal } = this.#abort;
    const options = { signal };
    socket.addEventListener(
      'open',
      () => {
        for (const frame of codec.hello()) this.send(frame);
        codec.opened?.();
      },
      options,
    );
    socket.addEventListener('message', ({ data }) => this.#receive(data), options);
    socket.addEventListener(
      'close',
      ({ code, reason }) => this.#closed(code ?? 1006, reason ?? ''),
      options,
    );
    // Says nothing that the close event does not say better. It outlives the signal on purpose: closing a
    // socket that is still connecting makes one, and in Node an error that nobody hears is thrown.
    socket.addEventListener('error', () => {});
  }

  /** @returns whether the socket took it: it is open, which says nothing of the other end. */
  send(frame: string): boolean {
    if (this.#socket?.readyState !== OPEN) return false;
    this.#socket.send(frame);
    return true;
  }

  /** Idempotent; nothing is reported after it. */
  close(code: number = CloseCode.normal, reason?: string): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#abort.abort();
    try {
      socket?.close(code, reason);
    } catch {
      // A socket that never came up: it is going away either way.
    }
  }

  #receive(data: unknown): void {
    if (!this.#codec.lines || typeof data !== 'string') return this.#frame(data);
    let at = 0;
    for (let end = data.indexOf('\n'); end >= 0; end = data.indexOf('\n', at)) {
      this.#frame(data.slice(at, end));
      at = end + 1;
    }
    this.#frame(at === 0 ? data : data.slice(at));
  }

  #frame(data: unknown): void {
    if (this.#abort.signal.aborted) return;
    let incoming: Incoming | undefined;
    if (typeof data !== 'string' && this.#codec.binary) return this.#codec.binary();
    try {
      if (typeof data !== 'string') {
        throw new ApertureError('bad_frame', 'The server sent a binary frame.');
      }
      incoming = this.#codec.decode(data);
    } catch (error) {
      // One unreadable frame costs this socket and nothing else (R71); what it carried is replayed.
      this.#socket?.close(CloseCode.badFrame);
      this.#closed(1006, error instanceof Error ? error.message : '');
      return;
    }
    if (incoming) this.#sink.incoming(incoming);
  }

  #closed(code: number, reason: string): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#socket = undefined;
    this.#sink.closed(code, reason);
  }
}
