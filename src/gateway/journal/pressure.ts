import {
  MAX_UNWRITTEN_BYTES,
  MAX_UNWRITTEN_BYTES_IN_ALL,
  RESUME_UNWRITTEN_BYTES,
  RESUME_UNWRITTEN_BYTES_IN_ALL,
} from '../../core/limits.ts';

/** Bytes that may wait for the disk. Between `low` and `high` nothing changes, so that nothing flutters. */
export interface PressureBounds {
  /** One log above this is congested … */
  readonly high: number;
  /** … until it is down to this. */
  readonly low: number;
  /** Above this, all logs together, those that have more than their share are congested … */
  readonly highInAll: number;
  /** … until all together are down to this. */
  readonly lowInAll: number;
}

export const DEFAULT_PRESSURE: PressureBounds = {
  high: MAX_UNWRITTEN_BYTES,
  low: RESUME_UNWRITTEN_BYTES,
  highInAll: MAX_UNWRITTEN_BYTES_IN_ALL,
  lowInAll: RESUME_UNWRITTEN_BYTES_IN_ALL,
};

/**
 * What waits for the disk, over all logs: a disk that is slow, but does not fail, must hold up those who
 * write more than it takes, and nobody else (R30).
 */
export class Pressure {
  readonly #waiting = new Set<PressureGauge>();
  readonly #congested = new Set<PressureGauge>();
  #bytes = 0;

  constructor(readonly bounds: PressureBounds = DEFAULT_PRESSURE) {}

  /** Of all logs together. */
  get bytes(): number {
    return this.#bytes;
  }

  /** For one log. */
  gauge(): PressureGauge {
    const gauge = new PressureGauge(this.bounds, {
      changed: (by) => this.#changed(gauge, by),
      isHigh: () => this.#bytes > this.bounds.highInAll,
      isLow: () => this.#bytes <= this.bounds.lowInAll,
      sharers: () => this.#waiting.size,
    });
    return gauge;
  }

  #changed(gauge: PressureGauge, by: number): void {
    this.#bytes += by;
    if (gauge.bytes > 0) this.#waiting.add(gauge);
    else this.#waiting.delete(gauge);
    if (by > 0) {
      gauge.rise();
      if (gauge.isCongested) this.#congested.add(gauge);
      return;
    }
    // One log's relief may be what another one waits for.
    for (const other of this.#congested) {
      other.fall();
      if (!other.isCongested) this.#congested.delete(other);
    }
  }
}

interface Total {
  changed(by: number): void;
  isHigh(): boolean;
  isLow(): boolean;
  /** Logs that have something waiting. */
  sharers(): number;
}

/** What of one log waits for the disk. */
export class PressureGauge {
  readonly #listeners = new Set<(congested: boolean) => void>();
  #bytes = 0;
  #congested = false;

  constructor(
    private readonly bounds: PressureBounds,
    private readonly total: Total,
  ) {}

  get bytes(): number {
    return this.#bytes;
  }

  get isCongested(): boolean {
    return this.#congested;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    this.total.changed(bytes);
  }

  remove(bytes: number): void {
    this.#bytes -= bytes;
    this.total.changed(-bytes);
  }

  /** @returns stops it. */
  listen(listener: (congested: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** After it grew. */
  rise(): void {
    const { high, highInAll } = this.bounds;
    const greedy = (): boolean => this.#bytes > highInAll / this.total.sharers();
    if (this.#bytes > high || (this.total.isHigh() && greedy())) this.#set(true);
  }

  /** After it, or another one, shrank. */
  fall(): void {
    if (this.#congested && this.#bytes <= this.bounds.low && this.total.isLow()) this.#set(false);
  }

  #set(congested: boolean): void {
    if (this.#congested === congested) return;
    this.#congested = congested;
    for (const listener of this.#listeners) listener(congested);
  }
}
