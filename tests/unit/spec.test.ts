import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../support/files.ts';

function spec(...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const script = join(ROOT, 'tests/support/spec.mjs');
    execFile(process.execPath, [script, ...args], (error, stdout, stderr) => {
      resolve({ code: error ? 1 : 0, output: stdout + stderr });
    });
  });
}

describe('SPEC.md', () => {
  it('cites tests that exist and cite the rule, and knows every rule that tests cite', async () => {
    const { code, output } = await spec();
    expect([code, output]).toEqual([0, expect.stringContaining('rules')]);
  });
});

describe('negative control: the check finds', () => {
  let folder: string;
  const table = (row: string) => writeFile(join(folder, 'SPEC.md'), `# Spec\n\n${row}\n`);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aperture-spec-'));
    await mkdir(join(folder, 'tests'));
    // Put together here, so that this file does not seem to cite a rule.
    await writeFile(join(folder, 'tests/a.test.ts'), `it('${'['}R1, R2] holds')`);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it.each([
    [
      'a test that does not exist',
      '| R1 | x | `a.test.ts` `b.test.ts` |\n| R2 | x | `a.test.ts` |',
      'R1',
    ],
    [
      'a test that does not cite',
      '| R1 | x | `a.test.ts` |\n| R2 | x | `a.test.ts` |\n| R3 | x | `a.test.ts` |',
      'R3',
    ],
    ['a rule without tests', '| R1 | x | |\n| R2 | x | `a.test.ts` |', 'R1'],
    ['a rule that is missing', '| R1 | x | `a.test.ts` |', 'R2'],
  ])('%s', async (_, rows, rule) => {
    await table(rows);
    const { code, output } = await spec('--root', folder);
    expect([code, output]).toEqual([1, expect.stringContaining(`${rule}:`)]);
  });

  it('and --write mends it', async () => {
    await table('| R1 | one | |\n| R2 | two | `gone.test.ts` |\n| R3 | three | |');
    await spec('--write', '--root', folder);
    expect((await spec('--root', folder)).code).toBe(0);
    expect(await readFile(join(folder, 'SPEC.md'), 'utf8')).toContain(
      '| R2 | two | `a.test.ts` |\n| R3 | three | planned |',
    );
  });
});
