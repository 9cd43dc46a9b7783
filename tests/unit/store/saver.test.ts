import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PartingNote } from '../../../src/app/store/parting-note.ts';
import { Saver } from '../../../src/app/store/saver.ts';
import type { SessionToSave } from '../../../src/app/store/persistence/storage.ts';
import { TabLock } from '../../../src/app/store/tab-lock.ts';
import { makeParts, RecordingStorage, type Parts } from './kit.ts';

let parts: Parts;
beforeEach(() => (parts = makeParts()));
afterEach(() => parts.dispose());

/** A database that takes its time: each write ends when the test says so. */
class SlowStorage extends RecordingStorage {
  readonly rows: SessionToSave[] = [];
  readonly end: (() => void)[] = [];
  override saveSessions = (rows: readonly SessionToSave[]): Promise<boolean> => {
    this.rows.push(...structuredClone(rows));
    return new Promise((resolve) => this.end.push(() => resolve(true)));
  };
}

function slow(): { storage: SlowStorage; saver: Saver; notes: Map<string, string> } {
  const storage = new SlowStorage();
  const notes = new Map<string, string>();
  const tab = {
    getItem: (key: string) => notes.get(key) ?? null,
    setItem: (key: string, text: string) => void notes.set(key, text),
    removeItem: (key: string) => void notes.delete(key),
  };
  return {
    storage,
    saver: new Saver(storage, new PartingNote(tab), new TabLock(undefined)),
    notes,
  };
}

describe('drafts', () => {
  it('[R6][R37] a draft that was sent while it was being written does not stay on disk', async () => {
    const { storage, saver } = slow();
    parts.live('a');
    const entry = parts.state.entry('a')!;
    entry.record.draft.value = 'run the tests';
    saver.now(entry);
    entry.record.draft.value = '';
    saver.now(entry);
    expect(storage.rows.map(({ draft, keepDraft }) => [draft, keepDraft === true])).toEqual([
      ['run the tests', false],
      ['', false],
    ]);
    for (const end of storage.end) end();
    // Negative control: what has not changed is left to whoever changes it, another tab for one.
    await saver.flush();
    saver.now(entry);
    expect(storage.rows.at(-1)).toMatchObject({ draft: '', keepDraft: true });
    saver.dispose();
  });

  it('[R27][R37] a page that is left notes a draft that was given and may not be on disk', () => {
    const { saver, notes } = slow();
    parts.live('a');
    const entry = parts.state.entry('a')!;
    entry.record.draft.value = 'half a thought';
    saver.now(entry);
    void saver.part();
    expect([...notes.values()].join('')).toContain('half a thought');
    saver.dispose();
  });
});
