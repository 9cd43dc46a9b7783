import type { Transcript, TranscriptItem } from './transcript.ts';

/** What a batch of events changed; filled by `applyEvent`, read by whoever draws. */
export interface Change {
  /** Items were added. */
  structure: boolean;
  /** Ids of items that were there before and changed. */
  readonly touched: Set<string>;
  /** Status, preview, activity, commands, usage or title may differ. */
  summary: boolean;
  /** Of these, the preview alone: more was said. */
  preview: boolean;
}

export const noChange = (): Change => ({
  structure: false,
  touched: new Set(),
  summary: false,
  preview: false,
});

export function push<T extends TranscriptItem>(state: Transcript, change: Change, item: T): T {
  state.items.push(item);
  change.structure = true;
  return item;
}

export function touch(item: TranscriptItem, change: Change): void {
  item.rev++;
  change.touched.add(item.id);
}
