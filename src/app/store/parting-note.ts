import type { SessionId } from '../../core/ids.ts';
import { isObject } from '../../core/json.ts';
import type { OutboxEntry } from '../client/ports.ts';
import type { SavedSession } from './persistence/schema.ts';
import type { SessionToSave } from './persistence/storage.ts';
import type { TabStorage } from './tokens.ts';

const KEY = 'aperture:parting';
/** Longest note, in UTF-16 units; a longer one is not written, and the database's own last write has to do. */
const MAX_LENGTH = 512 * 1024;

/** What a page that is left could not wait for. */
interface Note {
  id: SessionId;
  /** Absent when this tab has not changed it: another one may have. */
  draft?: string;
  readN: number;
}

/** The messages of one session that one tab is to send. */
export interface NotedOutbox {
  id: SessionId;
  owner: string;
  entries: readonly OutboxEntry[];
}

/**
 * A page that is left may be gone before a database transaction has ended, so drafts, read marks and queued messages
 * that are not on disk yet are noted where writing takes no time: in the tab's own storage (R6, R27, R37).
 */
export class PartingNote {
  #there = true;

  constructor(private readonly tab: TabStorage | undefined) {}

  write(rows: readonly SessionToSave[], outboxes: readonly NotedOutbox[]): void {
    const notes = rows.map(({ id, draft, readN, keepDraft }): Note => ({
      id,
      readN,
      ...(!keepDraft && { draft }),
    }));
    const text = JSON.stringify({ notes, outboxes });
    try {
      if (rows.length + outboxes.length === 0 || text.length > MAX_LENGTH) return;
      this.#there = true;
      this.tab?.setItem(KEY, text);
    } catch {
      // Full or forbidden: the database may still make it.
    }
  }

  /** All that could be noted is on disk. */
  clear(): void {
    if (!this.#there) return;
    this.#there = false;
    try {
      this.tab?.removeItem(KEY);
    } catch {
      // Forbidden: then there is none.
    }
  }

  /**
   * Lays what was noted over what was saved; read marks only ever go forward.
   * @returns the rows, and the ids of those that are not on disk like this.
   */
  addTo(saved: readonly SavedSession[]): { rows: SavedSession[]; noted: SessionId[] } {
    const notes = new Map(
      this.#read('notes')
        .filter(isNote)
        .map((note) => [note.id, note]),
    );
    const rows = saved.map((row) => {
      const note = notes.get(row.id);
      if (!note) return row;
      const read = note.readN > row.readN;
      return {
        ...row,
        ...(note.draft !== undefined && { draft: note.draft }),
        ...(read && { readN: note.readN, unread: 0 }),
      };
    });
    return { rows, noted: [...notes.keys()] };
  }

  /** To be written before anybody takes over what a tab that is gone has left. */
  get outboxes(): NotedOutbox[] {
    return this.#read('outboxes').filter(isOutbox);
  }

  #read(part: string): unknown[] {
    try {
      const note: unknown = JSON.parse(this.tab?.getItem(KEY) ?? '');
      const list = isObject(note) ? note[part] : undefined;
      return Array.isArray(list) ? list : [];
    } catch {
      return [];
    }
  }
}

function isNote(value: unknown): value is Note {
  if (!isObject(value)) return false;
  const { id, draft, readN } = value;
  const words = draft === undefined || typeof draft === 'string';
  return typeof id === 'string' && words && Number.isSafeInteger(readN);
}

function isOutbox(value: unknown): value is NotedOutbox {
  if (!isObject(value)) return false;
  const { id, owner, entries } = value;
  // What stands in an entry is checked where it is restored from the database.
  return typeof id === 'string' && typeof owner === 'string' && Array.isArray(entries);
}
