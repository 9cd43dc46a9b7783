import type { SessionLog, StoredEntry } from '../journal/port.ts';

/** Read from the log at a time (bytes). */
const READ_BYTES = 256 * 1024;

export interface PumpSink {
  /** The reader has enough for now; it wakes the pump when there is room again. */
  isFull(): boolean;
  /** Entries from `cursor + 1` on; at least one. */
  take(batch: readonly StoredEntry[]): void;
  /** Nothing more can be taken for now: the log's end, or the reader is full. */
  rested(): void;
  /** What comes next was trimmed before it was read. */
  fellBehind(): void;
  /** The log could not be read, or an entry could not be taken. */
  broken(error: unknown): void;
}

/**
 * Reads a log at its reader's speed, by a cursor: a slow reader makes nothing grow and holds nobody up,
 * because there is no queue but the log itself.
 */
export class LogPump {
  #cursor: number;
  #running = false;
  #stopped = false;

  /** @param cursor the last number that the reader has. */
  constructor(
    private readonly log: SessionLog,
    cursor: number,
    private readonly sink: PumpSink,
  ) {
    this.#cursor = cursor;
  }

  /** The last number that was taken. */
  get cursor(): number {
    return this.#cursor;
  }

  /** Call it whenever there may be more, or more room. */
  wake(): void {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    this.#run().catch((error: unknown) => {
      if (!this.#stopped) this.sink.broken(error);
    });
  }

  /** Final. */
  stop(): void {
    this.#stopped = true;
  }

  async #run(): Promise<void> {
    try {
      while (!this.#stopped && this.#cursor < this.log.committed && !this.sink.isFull()) {
        const batch = await this.log.read(this.#cursor + 1, READ_BYTES);
        if (this.#stopped || batch.length === 0) return;
        // What it has not read yet was trimmed. A hole that the disk left in the log would only be met
        // again; readers see it by the numbers (R21).
        const { n, from = n } = batch[0]!;
        if (from > this.#cursor + 1 && this.log.low > this.#cursor + 1) {
          return this.sink.fellBehind();
        }
        this.#cursor = batch.at(-1)!.n;
        this.sink.take(batch);
      }
    } finally {
      // In the same breath as the last look at the log: what comes later starts it again.
      this.#running = false;
    }
    if (!this.#stopped) this.sink.rested();
  }
}
