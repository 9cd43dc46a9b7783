import type { SequencedEvent } from './protocols/port.ts';

/**
 * - `apply`: the next one, in order.
 * - `old`: has been applied; drop it (R21, R54).
 * - `hole`: something before it is missing.
 * - `overlap`: stands for numbers on both sides of where we are; it can be neither applied nor dropped.
 */
export type SequenceVerdict = 'apply' | 'old' | 'hole' | 'overlap';

/** Watches that the numbers of one session's log have no holes and come once. */
export class SequenceGuard {
  /** @param last the last number that was taken. */
  constructor(public last: number) {}

  /** Moves on only with `apply`. */
  accept({ from, n }: SequencedEvent): SequenceVerdict {
    if (n <= this.last) return 'old';
    if (from <= this.last) return 'overlap';
    if (from > this.last + 1) return 'hole';
    this.last = n;
    return 'apply';
  }
}
