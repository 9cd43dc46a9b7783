import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveInside } from '../../../src/gateway/workspace/paths.ts';

let outer: string;
let root: string;

beforeAll(async () => {
  outer = await realpath(await mkdtemp(path.join(os.tmpdir(), 'aperture-paths-')));
  root = path.join(outer, 'work');
  await mkdir(path.join(root, 'sub'), { recursive: true });
  await mkdir(path.join(outer, 'work-secret'));
  await writeFile(path.join(outer, 'secret.txt'), 'secret');
  await writeFile(path.join(root, 'in.txt'), 'in');
  await symlink('in.txt', path.join(root, 'link-in'));
  await symlink('../secret.txt', path.join(root, 'link-out'));
  await symlink('..', path.join(root, 'sub', 'up'));
  await symlink('../..', path.join(root, 'sub', 'up-up'));
  await symlink('/etc', path.join(root, 'etc'));
  await symlink('../not-yet.txt', path.join(root, 'dangling-out'));
  await symlink('not-yet.txt', path.join(root, 'dangling-in'));
  await symlink('loop', path.join(root, 'loop'));
});
afterAll(() => rm(outer, { recursive: true, force: true }));

describe('[R70] a path stays inside the workspace', () => {
  test.each([
    ['', '.'],
    ['.', '.'],
    ['in.txt', 'in.txt'],
    ['./sub/../in.txt', 'in.txt'],
    ['link-in', 'in.txt'],
    ['sub/up/in.txt', 'in.txt'],
    ['new/deep/file.txt', 'new/deep/file.txt'],
    ['dangling-in', 'not-yet.txt'],
    ['..name', '..name'],
  ])('%j is %j', async (typed, shown) => {
    expect(await resolveInside(root, typed)).toEqual({
      absolute: path.join(root, shown),
      shown,
    });
  });

  test('an absolute path inside is inside', async () => {
    expect((await resolveInside(root, path.join(root, 'in.txt'))).shown).toBe('in.txt');
  });

  test.each([
    '..',
    '../secret.txt',
    '../work-secret',
    '../work-secret/x',
    'sub/../../secret.txt',
    '/etc/passwd',
    'link-out',
    'etc/passwd',
    'etc',
    'sub/up-up/secret.txt',
    'sub/up-up/new.txt',
    'dangling-out',
  ])('%s is refused', async (typed) => {
    await expect(resolveInside(root, typed)).rejects.toMatchObject({ code: 'outside_workspace' });
  });

  test('a loop of symlinks and a NUL are said, not followed', async () => {
    await expect(resolveInside(root, 'loop')).rejects.toMatchObject({ code: 'file_error' });
    await expect(resolveInside(root, 'a\0b')).rejects.toMatchObject({ code: 'bad_path' });
  });
});
