/** What the worker is asked: to tell what stands in a code block. */
export interface HighlightOrder {
  readonly id: number;
  /** As the block names it. */
  readonly language: string;
  readonly text: string;
}

/** Its answer: start, end (UTF-16 units) and kind of each run that has one, in their order; none for a language that it does not know. */
export interface Highlighted {
  readonly id: number;
  readonly runs: Uint32Array;
}

/** Kinds that have a look of their own; a run says its place in here. */
export const KINDS = [
  'comment',
  'keyword',
  'string',
  'number',
  'title',
  'type',
  'meta',
  'addition',
  'deletion',
] as const;

export type Kind = (typeof KINDS)[number];
