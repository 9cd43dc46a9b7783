import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DiffRow } from '../../../src/app/ui/conversation/diff/compute.ts';
import { fromPatch } from '../../../src/app/ui/worktree/from-patch.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'aperture-patch-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As git writes it. */
function patchOf(before: string, after: string, context: number): string {
  writeFileSync(path.join(folder, 'a'), before);
  writeFileSync(path.join(folder, 'b'), after);
  try {
    execFileSync('git', ['diff', '--no-index', `-U${context}`, 'a', 'b'], {
      cwd: folder,
      stdio: 'pipe',
    });
    return '';
  } catch (error) {
    return (error as { stdout: Buffer }).stdout.toString();
  }
}

const unfolded = (rows: readonly DiffRow[]): DiffRow[] =>
  rows.flatMap((row) => (row.kind === 'fold' ? row.rows : [row]));

const side = (rows: readonly DiffRow[], kind: 'add' | 'del'): string[] =>
  unfolded(rows).flatMap((row) => (row.kind === kind || row.kind === 'same' ? [row.text] : []));

describe('a patch of git as rows', () => {
  it('has both files in it, whatever stands in them', () => {
    const line = fc.constantFrom(
      '',
      'a',
      'b',
      '@@ -1 +1 @@',
      '--- a',
      '+++ b',
      '-x',
      '+x',
      '\\ No',
      ' ',
    );
    const text = fc.array(line, { maxLength: 30 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        const [old, now] = [before, after].map((lines) =>
          lines.map((each) => `${each}\n`).join(''),
        );
        const patch = patchOf(old!, now!, 1_000);
        if (patch === '') return;
        const { rows, added, removed } = fromPatch(patch.replace(/\n$/, ''));
        expect(side(rows, 'del')).toEqual(before);
        expect(side(rows, 'add')).toEqual(after);
        const all = unfolded(rows);
        expect(added).toBe(all.filter(({ kind }) => kind === 'add').length);
        expect(removed).toBe(all.filter(({ kind }) => kind === 'del').length);
      }),
      { numRuns: 60 },
    );
  });

  it('numbers its lines as the files have them, over several hunks', () => {
    const before = Array.from({ length: 60 }, (_, i) => `line ${i + 1}`);
    const after = before.with(4, 'five').with(49, 'fifty');
    const { rows } = fromPatch(patchOf(`${before.join('\n')}\n`, `${after.join('\n')}\n`, 3));
    for (const row of unfolded(rows)) {
      if ('old' in row) expect(before[row.old - 1]).toBe(row.text);
      if ('new' in row) expect(after[row.new - 1]).toBe(row.text);
    }
    expect(rows.filter(({ kind }) => kind === 'add')).toHaveLength(2);
  });

  it('folds what is far from a change, and shows nothing for nothing', () => {
    const before = Array.from({ length: 40 }, (_, i) => `line ${i + 1}`).join('\n');
    const { rows } = fromPatch(patchOf(`${before}\n`, `${before}\nlast\n`, 1_000));
    expect(rows[0]).toMatchObject({ kind: 'fold' });
    expect(rows.at(-1)).toMatchObject({ kind: 'add', new: 41, text: 'last' });
    expect(fromPatch('').rows).toEqual([]);
    expect(fromPatch('Binary files a/x and b/x differ').rows).toEqual([]);
  });

  it('without a line’s end at the end', () => {
    const { rows } = fromPatch(patchOf('one', 'two', 3));
    expect(rows).toEqual([
      { kind: 'del', old: 1, text: 'one' },
      { kind: 'add', new: 1, text: 'two' },
    ]);
  });
});
