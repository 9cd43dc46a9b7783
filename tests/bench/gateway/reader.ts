import { WebSocket } from 'ws';
import { SUBPROTOCOL } from '../../../src/core/wire/frames.ts';
import type { GatewayProcess } from '../../support/gateway-process.ts';

/** A real socket that reads a session's log as the page does, and as cheaply as can be, so that the gateway is what is measured. */
export class Reader {
  /** Entries so far, a coalesced one as many as it stands for. */
  entries = 0;
  bytes = 0;
  /** The last number; they are checked to have no holes. */
  last = 0;
  firstAt: number | undefined;
  lastAt = 0;
  /** Called for each frame with its text's beginning, where its kind and number are. */
  onFrame: ((text: Buffer, at: number) => void) | undefined;
  readonly #waiting = new Set<() => void>();
  #failed: Error | undefined;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.#heard(data));
    socket.on('close', (code) => this.#fail(new Error(`closed with ${code}`)));
    socket.on('error', (error) => this.#fail(error));
  }

  static async attach(gateway: GatewayProcess, id: string): Promise<Reader> {
    const url = `${gateway.origin.replace('http', 'ws')}/v1/sessions/${id}/ws`;
    const socket = new WebSocket(url, SUBPROTOCOL, { perMessageDeflate: false });
    const reader = new Reader(socket);
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    reader.send({ t: 'attach', token: gateway.token, client: 'bench', since: 0, lines: true });
    return reader;
  }

  send(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  prompt(k: string, text: string): void {
    this.send({ t: 'prompt', k, prompt: [{ type: 'text', text }] });
  }

  /** Resolves when it is so; looked at after every frame. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (this.#failed) reject(this.#failed);
        else if (condition()) resolve();
        else return;
        this.#waiting.delete(check);
      };
      this.#waiting.add(check);
      check();
    });
  }

  close(): void {
    this.socket.removeAllListeners('close');
    this.socket.terminate();
  }

  #heard(data: Buffer): void {
    const at = performance.now();
    this.bytes += data.byteLength;
    let from = 0;
    for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10, from)) {
      this.#frame(data.subarray(from, end), at);
      from = end + 1;
    }
    this.#frame(data.subarray(from), at);
    for (const check of this.#waiting) check();
  }

  #frame(data: Buffer, at: number): void {
    // The order of keys is the gateway's own.
    const head = /^\{"t":"m",(?:"from":(\d+),)?"n":(\d+),(?:"from":(\d+),)?/.exec(
      data.toString('latin1', 0, 64),
    );
    if (head) {
      const n = Number(head[2]);
      const from = Number(head[1] ?? head[3] ?? n);
      if (from !== this.last + 1) this.#fail(new Error(`hole: ${this.last} then ${from}`));
      this.entries += n - this.last;
      this.last = n;
      this.firstAt ??= at;
      this.lastAt = at;
    }
    this.onFrame?.(data, at);
  }

  #fail(error: Error): void {
    this.#failed ??= error;
    for (const check of this.#waiting) check();
  }
}
