import type { SessionId } from '../../core/ids.ts';

// Ids are UUIDs and never hold `!`; `"` is the next character after it, so `x!id"` ends a session's range.
const DIGITS = 12;

export const metaKey = (id: SessionId): string => `m!${id}`;
export const headKey = (id: SessionId): string => `h!${id}`;

/** Keys of one session's entries sort by number. */
export const entryKey = (id: SessionId, n: number): string =>
  `e!${id}!${String(n).padStart(DIGITS, '0')}`;

export const numberOfEntryKey = (key: string): number => Number(key.slice(-DIGITS));

export const entryRange = (id: SessionId): { gte: string; lt: string } => ({
  gte: `e!${id}!`,
  lt: `e!${id}"`,
});

export const META_RANGE = { gte: 'm!', lt: 'm"' };

export const sessionOfMetaKey = (key: string): SessionId => key.slice(2);
