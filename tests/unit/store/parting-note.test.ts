import { describe, expect, it } from 'vitest';
import { PartingNote } from '../../../src/app/store/parting-note.ts';
import type { SavedSession } from '../../../src/app/store/persistence/schema.ts';
import type { TabStorage } from '../../../src/app/store/tokens.ts';

/** sessionStorage, which Node 20 does not have. */
function tabStorage(): TabStorage & { values: Map<string, string> } {
  const values = new Map<string, string>();
  return {
    values,
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

const row = (id: string, draft: string, readN: number): SavedSession => ({
  id,
  summary: {
    id,
    title: id,
    agent: 'a',
    agentTitle: 'A',
    cwd: '/',
    createdAt: 0,
    updatedAt: 0,
    agentState: 'ready',
    turn: 'idle',
    epoch: 'e',
    head: 9,
    pending: [],
  },
  readN,
  unread: 3,
  preview: '',
  draft,
  gone: false,
});

const refuse = (): never => {
  throw new Error('forbidden');
};

describe('PartingNote', () => {
  it('[R27, R37] brings back a draft and a read mark that never reached the disk', () => {
    const tab = tabStorage();
    new PartingNote(tab).write([row('a', 'newer', 7)], []);
    const { rows, noted } = new PartingNote(tab).addTo([row('a', 'older', 4), row('b', 'b', 1)]);
    expect(rows).toMatchObject([
      { id: 'a', draft: 'newer', readN: 7, unread: 0 },
      { id: 'b', draft: 'b', readN: 1, unread: 3 },
    ]);
    expect(noted).toEqual(['a']);
  });

  it('[R25] moves no read mark back', () => {
    const tab = tabStorage();
    new PartingNote(tab).write([row('a', '', 2)], []);
    const { rows } = new PartingNote(tab).addTo([row('a', '', 5)]);
    expect(rows[0]).toMatchObject({ readN: 5, unread: 3 });
  });

  it('[R6] brings back what was queued, and is gone when it is cleared', () => {
    const tab = tabStorage();
    const note = new PartingNote(tab);
    const delivery = { state: 'queued' } as const;
    const entry = { key: 'k', prompt: [], createdAt: 1, delivery };
    note.write([], [{ id: 'a', owner: 'tab', entries: [entry] }]);
    expect(new PartingNote(tab).outboxes).toEqual([{ id: 'a', owner: 'tab', entries: [entry] }]);
    note.clear();
    expect(tab.values.size).toBe(0);
    expect(new PartingNote(tab).outboxes).toEqual([]);
  });

  it('writes nothing when nothing is unsaved, or when it would be too long', () => {
    const tab = tabStorage();
    new PartingNote(tab).write([], []);
    new PartingNote(tab).write([row('a', 'x'.repeat(600_000), 1)], []);
    expect(tab.values.size).toBe(0);
  });

  it.each([
    '',
    'no json',
    '{}',
    '[]',
    '{"notes":[1,null,{"id":1}],"outboxes":[1,null,{"id":1}]}',
    '{"notes":[{"id":"a","draft":1,"readN":2}],"outboxes":[{"id":"a","owner":"b","entries":1}]}',
  ])('takes %j for no note', (text) => {
    const tab = tabStorage();
    tab.setItem('aperture:parting', text);
    expect(new PartingNote(tab).addTo([row('a', 'kept', 1)])).toEqual({
      rows: [row('a', 'kept', 1)],
      noted: [],
    });
    expect(new PartingNote(tab).outboxes).toEqual([]);
  });

  it('does without storage, or with one that refuses', () => {
    for (const tab of [undefined, { getItem: refuse, setItem: refuse, removeItem: refuse }]) {
      const note = new PartingNote(tab);
      note.write([row('a', 'x', 1)], []);
      expect(note.addTo([row('a', 'kept', 1)]).rows[0]!.draft).toBe('kept');
      note.clear();
    }
  });
});
