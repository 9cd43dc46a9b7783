import { blockOf } from './stored.ts';

/** Frames of one record (bytes): enough to share the cost of a record, little enough to be read in slices. */
const BLOCK_BYTES = 32 * 1024;

export interface Block {
  /** Of its last entry: the record's own. */
  readonly n: number;
  readonly value: Buffer;
}

interface Framed {
  readonly n: number;
  readonly frame: Buffer;
}

/**
 * Packs entries into records. What a store costs, it costs for each record, and a fast agent says dozens of
 * things while one group is written.
 *
 * @param entries by number, rising; a hole ends a block.
 */
export function packed(entries: readonly Framed[]): Block[] {
  const blocks: Block[] = [];
  let run: Framed[] = [];
  let bytes = 0;
  const flush = (): void => {
    if (run.length === 0) return;
    blocks.push({ n: run.at(-1)!.n, value: blockOf(run.map(({ frame }) => frame)) });
    run = [];
    bytes = 0;
  };
  for (const entry of entries) {
    const last = run.at(-1);
    if (last && (entry.n !== last.n + 1 || bytes + entry.frame.byteLength > BLOCK_BYTES)) flush();
    run.push(entry);
    bytes += entry.frame.byteLength;
  }
  flush();
  return blocks;
}
