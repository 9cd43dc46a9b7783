import { folded, type DiffRow, type FileDiff } from '../conversation/diff/compute.ts';

type Same = Extract<DiffRow, { kind: 'same' }>;

/** Reads one file's patch as `git diff` writes it, whatever it is; unknown lines are left out. */
export function fromPatch(patch: string): FileDiff {
  const rows: DiffRow[] = [];
  let same: Same[] = [];
  let [oldLine, newLine] = [1, 1];
  let [oldLeft, newLeft] = [0, 0];
  let [added, removed] = [0, 0];
  const flush = (last: boolean): void => {
    rows.push(...folded(same, rows.length === 0, last));
    same = [];
  };
  for (const line of patch.split('\n')) {
    if (oldLeft <= 0 && newLeft <= 0) {
      // Only between hunks: a line of the file may look like a head.
      const head = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
      if (!head) continue;
      if (rows.length > 0 || same.length > 0) flush(false);
      oldLine = Number(head[1]);
      newLine = Number(head[3]);
      oldLeft = Number(head[2] ?? 1);
      newLeft = Number(head[4] ?? 1);
      continue;
    }
    const text = line.slice(1);
    if (line.startsWith('+')) {
      flush(false);
      rows.push({ kind: 'add', new: newLine++, text });
      newLeft--;
      added++;
    } else if (line.startsWith('-')) {
      flush(false);
      rows.push({ kind: 'del', old: oldLine++, text });
      oldLeft--;
      removed++;
    } else if (line.startsWith(' ') || line === '') {
      same.push({ kind: 'same', old: oldLine++, new: newLine++, text });
      oldLeft--;
      newLeft--;
    }
  }
  flush(true);
  return { rows, added, removed, rough: false };
}
