import type { SessionId } from '../../core/ids.ts';
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

/**
 * A page that is left may be gone before a database transaction has begun, so drafts and read marks that are not
 * on disk yet are noted where writing takes no time: in the tab's own storage (R27, R37).
 */
export class PartingNote {
  /** Grows with every note; what is on disk at one number makes the note of that number superfluous. */
  number = 0;
  #there = true;

  constructor(private readonly tab: TabStorage | undefined) {}

  write(rows: readonly SessionToSave[]): void {
    const notes = rows.map(({ id, draft, readN, keepDraft }): Note => ({
      id,
      readN,
      ...(!keepDraft && { draft }),
    }));
    const text = JSON.stringify(notes);
    try {
      if (rows.length === 0 || text.length > MAX_LENGTH) return;
      this.number++;
      this.#there = true;
      this.tab?.setItem(KEY, text);
    } catch {
      // Full or forbidden: the database may still make it.
    }
  }

  /** The rows of note `number` are on disk. */
  clear(number: number): void {
    if (!this.#there || number !== this.number) return;
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
    const notes = new Map(this.#read().map((note) => [note.id, note]));
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

  #read(): Note[] {
    try {
      const value: unknown = JSON.parse(this.tab?.getItem(KEY) ?? '[]');
      return Array.isArray(value) ? value.filter(isNote) : [];
    } catch {
      return [];
    }
  }
}

function isNote(value: unknown): value is Note {
  const { id, draft, readN } = (value ?? {}) as Partial<Note>;
  const words = draft === undefined || typeof draft === 'string';
  return typeof id === 'string' && words && Number.isSafeInteger(readN);
}
