import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Worktrees } from '../../../src/gateway/worktree/worktrees.ts';
import { codeOf, commit, directory, emptyRepository, exists, git, repository } from './support.ts';

let root: string;
let repo: string;
let worktrees: Worktrees;

beforeEach(async () => {
  root = await directory();
  repo = await repository(path.join(root, 'repo'));
  worktrees = new Worktrees({ directory: path.join(root, 'data'), roots: [] });
});

const write = (place: string, file: string, text: string): Promise<void> =>
  writeFile(path.join(place, file), text);

describe('a worktree is made', () => {
  it('[R70] on a branch of its own, outside of the repository, without a trace in its status', async () => {
    const { facts, cwd } = await worktrees.create(
      path.join(repo, 'part'),
      '-- Fix the Ünusual thing! 修复',
    );
    expect(facts.branch).toMatch(/^aperture\/fix-the-unusual-thing-[0-9a-f]{6}$/);
    expect(facts).toMatchObject({ repository: repo, base: 'main', from: path.join(repo, 'part') });
    expect(facts.path.startsWith(path.join(root, 'data', 'repo-'))).toBe(true);
    expect(cwd).toBe(path.join(facts.path, 'part'));
    expect(git(repo, 'status', '--porcelain')).toBe('');
    expect(git(facts.path, 'symbolic-ref', '--short', 'HEAD')).toBe(facts.branch);
    expect(await readFile(path.join(cwd, 'a.txt'), 'utf8')).toBe('one\n');
  });

  it('several at once in one repository, and none sees what another does', async () => {
    const made = await Promise.all(
      Array.from({ length: 5 }, () => worktrees.create(repo, 'the same')),
    );
    expect(new Set(made.map(({ facts }) => facts.path)).size).toBe(5);
    await Promise.all(
      made.map(({ facts }, index) => write(facts.path, 'part/a.txt', `of ${index}\n`)),
    );
    expect(await readFile(path.join(repo, 'part', 'a.txt'), 'utf8')).toBe('one\n');
    for (const [index, { facts }] of made.entries()) {
      const { patch } = await worktrees.diff(facts, 'part/a.txt');
      expect(patch).toContain(`+of ${index}`);
      expect(patch.match(/^\+of/gm)).toHaveLength(1);
    }
  });

  it('in a repository whose path has blanks, dashes, letters of all kinds and a line’s end', async () => {
    const odd = await repository(path.join(root, '-- ünï 修\n "x"'));
    const { facts } = await worktrees.create(odd, '--force');
    expect(facts.repository).toBe(odd);
    await write(facts.path, '-n ü\n"q".txt', 'x\n');
    const { files } = await worktrees.state(facts);
    expect(files).toEqual([{ path: '-n ü\n"q".txt', change: 'untracked' }]);
    expect((await worktrees.diff(facts, '-n ü\n"q".txt')).patch).toBe('@@ -0,0 +1,1 @@\n+x');
    await worktrees.commit(facts, '--amend is no option here');
    expect(git(facts.path, 'log', '-1', '--format=%s')).toBe('--amend is no option here');
    await worktrees.merge(facts);
    await worktrees.remove(facts);
    expect(git(odd, 'worktree', 'list').split('\n').filter(Boolean).length).toBeGreaterThan(0);
    expect(git(odd, 'branch', '--list', 'aperture/*')).toBe('');
  });

  it('from a commit without a branch; then there is nothing to merge back into, and it can go', async () => {
    git(repo, 'checkout', '--quiet', '--detach');
    const { facts } = await worktrees.create(repo, 'x');
    expect(facts.base).toBeUndefined();
    expect(await worktrees.info(repo)).toEqual({ possible: true, repository: repo });
    await write(facts.path, 'b.txt', 'b\n');
    commit(facts.path, 'second');
    expect(await worktrees.state(facts)).toMatchObject({ ahead: 1, behind: 0, unmerged: 1 });
    expect(await codeOf(worktrees.merge(facts))).toBe('no_base');
    expect(await codeOf(worktrees.remove(facts))).toBe('unmerged');
    const other = await worktrees.create(repo, 'y');
    expect(await codeOf(worktrees.remove(other.facts))).toBe('ok');
  });

  it('from a worktree of another session, and comes back there', async () => {
    const first = await worktrees.create(repo, 'first');
    const second = await worktrees.create(first.cwd, 'second');
    expect(second.facts).toMatchObject({ repository: first.facts.path, base: first.facts.branch });
    await write(second.facts.path, 'b.txt', 'b\n');
    await worktrees.commit(second.facts, 'b');
    await worktrees.merge(second.facts);
    expect(await exists(path.join(first.facts.path, 'b.txt'))).toBe(true);
    expect(await exists(path.join(repo, 'b.txt'))).toBe(false);
  });

  it.each(['inside of the data directory', 'around the data directory'])(
    'of a repository %s',
    async (where) => {
      const inside = where.startsWith('inside');
      const data = path.join(repo, 'state', 'worktrees');
      const place = inside ? await repository(path.join(root, 'data', 'nested')) : repo;
      const own = inside ? worktrees : new Worktrees({ directory: data, roots: [] });
      const { facts } = await own.create(place, 'x');
      expect(git(place, 'status', '--porcelain')).toBe('');
      expect(await own.state(facts)).toMatchObject({ uncommitted: 0, files: [] });
      await own.remove(facts);
      expect(git(place, 'status', '--porcelain')).toBe('');
    },
  );

  it('beside a branch that is called “aperture”', async () => {
    git(repo, 'branch', 'aperture');
    const { facts } = await worktrees.create(repo, 'x');
    expect(facts.branch).toMatch(/^aperture-x-/);
    expect(await codeOf(worktrees.remove(facts))).toBe('ok');
  });

  it('where submodules are listed, which are not cloned, and its removal is not held up by them', async () => {
    const library = await repository(path.join(root, 'library'));
    git(repo, '-c', 'protocol.file.allow=always', 'submodule', 'add', '--quiet', library, 'lib');
    commit(repo, 'with a submodule');
    const { facts } = await worktrees.create(repo, 'x');
    expect(await worktrees.state(facts)).toMatchObject({ uncommitted: 0, files: [] });
    expect(await codeOf(worktrees.remove(facts))).toBe('ok');
    expect(await exists(facts.path)).toBe(false);
    const other = await worktrees.create(repo, 'y');
    git(
      other.facts.path,
      '-c',
      'protocol.file.allow=always',
      'submodule',
      '--quiet',
      'update',
      '--init',
    );
    expect(await codeOf(worktrees.remove(other.facts))).toBe('submodules');
    expect(await exists(path.join(other.facts.path, 'lib', 'part'))).toBe(true);
  });
});

describe('a worktree is not made', () => {
  it('where there is no repository, nothing checked out, or no commit; and says so', async () => {
    const none = path.join(root, 'none');
    await mkdir(none);
    expect(await codeOf(worktrees.create(none, 'x'))).toBe('not_a_repository');
    expect(await worktrees.info(none)).toMatchObject({
      possible: false,
      why: expect.stringContaining('in no git repository'),
    });
    const empty = await emptyRepository(path.join(root, 'empty'));
    expect(await codeOf(worktrees.create(empty, 'x'))).toBe('no_commit');
    git(root, 'clone', '--quiet', '--bare', repo, 'bare.git');
    expect(await codeOf(worktrees.create(path.join(root, 'bare.git'), 'x'))).toBe(
      'no_working_tree',
    );
    expect(await codeOf(worktrees.create(path.join(repo, '.git'), 'x'))).toBe('no_working_tree');
    const without = new Worktrees({ directory: undefined, roots: [] });
    expect(await codeOf(without.create(repo, 'x'))).toBe('no_worktrees');
    expect(await exists(path.join(root, 'data'))).toBe(false);
  });

  it('[R70] of a repository that reaches outside of the roots', async () => {
    const options = { directory: path.join(root, 'data'), roots: [path.join(repo, 'part')] };
    const narrow = new Worktrees(options);
    expect(await codeOf(narrow.create(path.join(repo, 'part'), 'x'))).toBe('outside_roots');
    expect(await narrow.info(path.join(repo, 'part'))).toMatchObject({ possible: false });
    const wide = new Worktrees({ ...options, roots: [repo] });
    const { facts } = await wide.create(path.join(repo, 'part'), 'x');
    await write(facts.path, 'b.txt', 'b\n');
    await wide.commit(facts, 'b');
    // A later gateway with other roots.
    expect(await codeOf(narrow.merge(facts))).toBe('outside_roots');
    expect(await codeOf(wide.merge(facts))).toBe('ok');
  });

  it('when a filter that the files need is missing, as with large files; nothing is left behind', async () => {
    await write(repo, '.gitattributes', '*.bin filter=big\n');
    await write(repo, 'a.bin', 'pointer\n');
    commit(repo, 'large');
    git(repo, 'config', 'filter.big.smudge', 'no-such-program');
    git(repo, 'config', 'filter.big.required', 'true');
    await expect(worktrees.create(repo, 'x')).rejects.toMatchObject({
      code: 'git_failed',
      message: expect.stringContaining('filter'),
    });
    expect(git(repo, 'branch', '--list', 'aperture/*')).toBe('');
    expect(git(repo, 'worktree', 'list', '--porcelain').match(/^worktree /gm)).toHaveLength(1);
    const [folder] = (await readdir(path.join(root, 'data'))).filter(
      (name) => !name.startsWith('.'),
    );
    expect(await readdir(path.join(root, 'data', folder!))).toEqual([]);
  });

  it('[R70] with what the gateway’s own environment says of git', async () => {
    const other = await repository(path.join(root, 'other'));
    vi.stubEnv('GIT_DIR', path.join(other, '.git'));
    vi.stubEnv('GIT_WORK_TREE', other);
    vi.stubEnv('GIT_INDEX_FILE', path.join(root, 'index'));
    try {
      const { facts } = await worktrees.create(repo, 'x');
      expect(facts.repository).toBe(repo);
    } finally {
      vi.unstubAllEnvs();
    }
    expect(git(other, 'branch', '--list', 'aperture/*')).toBe('');
  });
});

describe('what changed', () => {
  it('is told with counts, committed or not, new files included, whatever the user’s settings hide', async () => {
    git(repo, 'config', 'status.showUntrackedFiles', 'no');
    git(repo, 'config', 'diff.noprefix', 'true');
    git(repo, 'config', 'color.ui', 'always');
    git(repo, 'config', 'diff.external', 'no-such-program');
    const { facts } = await worktrees.create(repo, 'x');
    await write(facts.path, 'b.txt', 'b\nb\n');
    commit(facts.path, 'second');
    await write(facts.path, 'part/a.txt', 'one\ntwo\n');
    await write(facts.path, ' new file ', 'n\n');
    await write(facts.path, 'data.bin', 'a\0b');
    git(facts.path, 'add', 'data.bin');
    const state = await worktrees.state(facts);
    expect(state).toMatchObject({
      ahead: 1,
      behind: 0,
      uncommitted: 3,
      unmerged: 1,
      base: 'main',
      current: facts.branch,
    });
    expect(state.files).toHaveLength(4);
    expect(state.files).toEqual(
      expect.arrayContaining([
        { path: 'b.txt', change: 'added', added: 2, removed: 0 },
        { path: 'part/a.txt', change: 'changed', added: 1, removed: 0 },
        { path: 'data.bin', change: 'added' },
        { path: ' new file ', change: 'untracked' },
      ]),
    );
    const { patch } = await worktrees.diff(facts, 'part/a.txt');
    expect(patch.slice(patch.indexOf('@@'))).toBe('@@ -1 +1,2 @@\n one\n+two');
    expect(await worktrees.diff(facts, 'data.bin')).toMatchObject({ binary: true });
  });

  it('is counted from where base and worktree parted last', async () => {
    const { facts } = await worktrees.create(repo, 'x');
    await write(repo, 'main.txt', 'm\n');
    commit(repo, 'on main');
    await write(facts.path, 'b.txt', 'b\n');
    commit(facts.path, 'b');
    expect(await worktrees.state(facts)).toMatchObject({ ahead: 1, behind: 1 });
    git(facts.path, 'merge', '--quiet', '--no-edit', 'main');
    const { behind, files } = await worktrees.state(facts);
    expect(behind).toBe(0);
    expect(files.map((file) => file.path)).toEqual(['b.txt']);
  });

  it('[R30] is bounded, and says so', async () => {
    const { facts } = await worktrees.create(repo, 'x');
    await mkdir(path.join(facts.path, 'many'));
    for (let i = 0; i < 510; i++) await write(facts.path, `many/${i}`, '');
    await write(facts.path, 'long.txt', 'x'.repeat(99).concat('\n').repeat(6_000));
    const state = await worktrees.state(facts);
    expect(state.files).toHaveLength(500);
    expect(state).toMatchObject({ truncated: true, uncommitted: 511 });
    const fresh = await worktrees.diff(facts, 'long.txt');
    expect(fresh.truncated).toBe(true);
    expect(fresh.patch.length).toBeLessThan(600 * 1024);
    git(facts.path, 'add', '-A');
    expect(await worktrees.diff(facts, 'long.txt')).toMatchObject({ truncated: true });
    commit(facts.path, 'long');
    // Of a long file the neighbourhood is enough.
    git(repo, 'merge', '--quiet', facts.branch);
    await write(facts.path, 'long.txt', `first\n${'x'.repeat(99).concat('\n').repeat(6_000)}`);
    const near = await worktrees.diff(facts, 'long.txt');
    expect(near.truncated).toBeUndefined();
    expect(near.patch.length).toBeLessThan(2_000);
  });

  it('[R70] a diff shows no file from elsewhere', async () => {
    const { facts } = await worktrees.create(repo, 'x');
    await write(root, 'secret.txt', 'secret\n');
    await symlink(path.join(root, 'secret.txt'), path.join(facts.path, 'link'));
    await symlink(root, path.join(facts.path, 'up'));
    expect((await worktrees.diff(facts, 'link')).patch).toBe(
      `@@ -0,0 +1,1 @@\n+${path.join(root, 'secret.txt')}`,
    );
    for (const given of [
      '../../secret.txt',
      path.join(root, 'secret.txt'),
      '',
      'a\0b',
      'part/../a',
    ])
      expect(await codeOf(worktrees.diff(facts, given))).toBe('bad_path');
    const through = await worktrees.diff(facts, 'up/secret.txt').catch(() => ({ patch: '' }));
    expect(through.patch).not.toContain('secret\n');
    expect(through.patch).not.toContain('+secret');
  });

  it('a directory that became something else is not mistaken for the worktree', async () => {
    // The data directory lies in a repository: git would find that one instead.
    const own = new Worktrees({ directory: path.join(repo, 'state'), roots: [] });
    const { facts } = await own.create(repo, 'x');
    await rm(path.join(facts.path, '.git'));
    await write(repo, 'mine.txt', 'mine\n');
    for (const work of [
      own.state(facts),
      own.commit(facts, 'x'),
      own.merge(facts),
      own.remove(facts),
      own.remove(facts, 'mark'),
    ])
      expect(await codeOf(work)).toBe('broken_worktree');
    expect(git(repo, 'status', '--porcelain')).toBe('?? mine.txt');
  });
});
