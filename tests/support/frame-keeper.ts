import type { WebSocket } from 'ws';

/** How long a test waits for what has to come; ms. */
export const PATIENCE_MS = 15_000;

/** One socket of a test's client: every frame that came is kept, and can be waited for. */
export class FrameKeeper<Frame> {
  readonly frames: Frame[] = [];
  closed: { code: number; reason: string } | undefined;
  readonly #waking = new Set<() => void>();

  constructor(
    readonly socket: WebSocket,
    decode: (text: string) => Frame,
    /** For the words of a wait that was in vain. */
    private readonly name = 'The client',
  ) {
    socket.on('message', (data: Buffer) => {
      this.frames.push(decode(data.toString()));
      this.#woken();
    });
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#woken();
    });
    socket.on('error', () => {});
  }

  send(frame: object | string | Buffer): void {
    const raw = typeof frame === 'string' || Buffer.isBuffer(frame);
    this.socket.send(raw ? frame : JSON.stringify(frame));
  }

  /** Waits until it is so; says what came instead if it never is. */
  async until<T>(what: () => T | undefined | false, hint = what.toString()): Promise<T> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = what();
      if (found !== undefined && found !== false) return found;
      const left = deadline - Date.now();
      if (left <= 0) {
        const seen = this.frames.slice(-12).map((frame) => JSON.stringify(frame).slice(0, 300));
        throw new Error(
          `${this.name} waited in vain: ${hint}\nclosed: ${JSON.stringify(this.closed)}\n${seen.join('\n')}`,
        );
      }
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          this.#waking.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, left);
        this.#waking.add(wake);
      });
    }
  }

  #woken(): void {
    for (const wake of this.#waking) wake();
  }
}
