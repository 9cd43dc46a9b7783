import type { SessionId } from '../../core/ids.ts';

// Ids are UUIDs and never hold `!`; `"` is the next character after it, so `x!id"` ends a session's range.
const DIGITS = 12;

export const metaKey = (id: SessionId): string => `m!${id}`;
export const headKey = (id: SessionId): string => `h!${id}`;

/** Keys of one session's entries sort by number. */
export const entryKey = (id: SessionId, n: number): string =>
  `e!${id}!${String(n).padStart(DIGITS, '0')}`;

export const numberOfKey = (key: string): number => Number(key.slice(-DIGITS));

export const entryRange = (id: SessionId): { gte: string; lt: string } => ({
  gte: `e!${id}!`,
  lt: `e!${id}"`,
});

/** Idempotency keys, by the number at which they were accepted. */
export const seenKey = (id: SessionId, n: number): string =>
  `k!${id}!${String(n).padStart(DIGITS, '0')}`;

export const seenRange = (id: SessionId): { gte: string; lt: string } => ({
  gte: `k!${id}!`,
  lt: `k!${id}"`,
});

export const META_RANGE = { gte: 'm!', lt: 'm"' };

export const sessionOfMetaKey = (key: string): SessionId => key.slice(2);
