import type { Storage } from './storage.ts';

/** Keeps nothing: for pages and tests that live without a database. The store itself is the memory. */
export const memoryStorage = (): Storage => ({
  load: async () => ({ sessions: [], meta: new Map() }),
  loadLog: async () => undefined,
  loadEnd: async () => undefined,
  append: async () => undefined,
  resetLog: async () => false,
  compact: async () => false,
  saveSessions: async () => false,
  saveOutbox: async () => false,
  queued: async () => [],
  adoptOutbox: async () => undefined,
  saveMeta: async () => false,
  remove: async () => true,
  close: () => {},
});
