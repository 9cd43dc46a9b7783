import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Worktrees } from '../../../src/gateway/worktree/worktrees.ts';
import {
  codeOf,
  commit,
  directory,
  emptyRepository,
  exists,
  git,
  identify,
  repository,
} from './support.ts';

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

describe('merging back', () => {
  it('brings the branch into its base, and a second time there is nothing to do', async () => {
    const { facts } = await worktrees.create(repo, 'x');
    await write(facts.path, 'b.txt', 'b\n');
    expect(await codeOf(worktrees.merge(facts))).toBe('uncommitted');
    await worktrees.commit(facts, 'Add b');
    await write(repo, 'other.txt', 'o\n');
    commit(repo, 'on main meanwhile');
    await worktrees.merge(facts);
    expect(await readFile(path.join(repo, 'b.txt'), 'utf8')).toBe('b\n');
    expect(await readFile(path.join(repo, 'other.txt'), 'utf8')).toBe('o\n');
    expect(git(repo, 'status', '--porcelain')).toBe('');
    expect(await worktrees.state(facts)).toMatchObject({ ahead: 0, unmerged: 0, files: [] });
    expect(await codeOf(worktrees.merge(facts))).toBe('nothing_to_merge');
    expect(await codeOf(worktrees.commit(facts, 'again'))).toBe('nothing_to_commit');
    expect(await codeOf(worktrees.commit(facts, '  '))).toBe('bad_message');
  });

  it('[R47] refuses what could lose something, says why, and leaves everything as it was', async () => {
    const { facts } = await worktrees.create(repo, 'x');
    await write(facts.path, 'part/a.txt', 'theirs\n');
    commit(facts.path, 'second');
    await write(repo, 'part/a.txt', 'ours\n');
    await expect(worktrees.merge(facts)).rejects.toMatchObject({
      code: 'base_dirty',
      message: expect.stringContaining('part/a.txt'),
    });
    const before = commit(repo, 'third');
    await expect(worktrees.merge(facts)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('part/a.txt'),
    });
    expect(git(repo, 'rev-parse', 'HEAD')).toBe(before);
    expect(git(repo, 'status', '--porcelain')).toBe('');
    expect(await readFile(path.join(repo, 'part', 'a.txt'), 'utf8')).toBe('ours\n');
    git(repo, 'checkout', '--quiet', '-b', 'other');
    expect(await codeOf(worktrees.merge(facts))).toBe('base_not_checked_out');
    git(repo, 'branch', '--quiet', '-D', 'main');
    expect(await codeOf(worktrees.merge(facts))).toBe('no_base');
    git(facts.path, 'checkout', '--quiet', '-b', 'elsewhere');
    expect(await codeOf(worktrees.merge(facts))).toBe('other_branch');
  });

  it('does not end a merge that somebody else has under way', async () => {
    const { facts } = await worktrees.create(repo, 'x');
    await write(facts.path, 'b.txt', 'b\n');
    commit(facts.path, 'b');
    git(repo, 'checkout', '--quiet', '-b', 'side');
    git(repo, 'commit', '--quiet', '--allow-empty', '-m', 'side');
    git(repo, 'checkout', '--quiet', 'main');
    git(repo, 'merge', '--quiet', '--no-commit', '--no-ff', 'side');
    expect(await codeOf(worktrees.merge(facts))).toBe('base_dirty');
    expect(git(repo, 'rev-parse', '--verify', 'MERGE_HEAD')).toBe(git(repo, 'rev-parse', 'side'));
  });

  it('what git itself refuses is told in its words, and nothing is half done', async () => {
    const { facts } = await worktrees.create(repo, 'x');
    await write(facts.path, 'b.txt', 'b\n');
    commit(facts.path, 'b');
    // A file that nobody committed stands in the way.
    await write(repo, 'b.txt', 'mine, and nowhere else\n');
    await expect(worktrees.merge(facts)).rejects.toMatchObject({
      code: 'merge_failed',
      message: expect.stringContaining('b.txt'),
    });
    expect(await readFile(path.join(repo, 'b.txt'), 'utf8')).toBe('mine, and nowhere else\n');
  });

  it('a hook that refuses leaves nothing half merged', async () => {
    const { facts } = await worktrees.create(repo, 'x');
    await write(facts.path, 'b.txt', 'b\n');
    commit(facts.path, 'b');
    await write(repo, 'c.txt', 'c\n');
    const before = commit(repo, 'c');
    const hook = path.join(repo, '.git', 'hooks', 'pre-merge-commit');
    await mkdir(path.dirname(hook), { recursive: true });
    await writeFile(hook, '#!/bin/sh\necho not on a Saturday >&2\nexit 1\n', { mode: 0o755 });
    await expect(worktrees.merge(facts)).rejects.toMatchObject({
      code: 'merge_failed',
      message: expect.stringContaining('not on a Saturday'),
    });
    expect(git(repo, 'rev-parse', 'HEAD')).toBe(before);
    expect(git(repo, 'status', '--porcelain')).toBe('');
    await rm(hook);
    expect(await codeOf(worktrees.merge(facts))).toBe('ok');
  });

  it('without a name for git to sign with it is refused, and nothing is half done', async () => {
    vi.stubEnv('HOME', root);
    vi.stubEnv('XDG_CONFIG_HOME', root);
    try {
      const { facts } = await worktrees.create(repo, 'x');
      await write(facts.path, 'b.txt', 'b\n');
      commit(facts.path, 'b');
      await write(repo, 'c.txt', 'c\n');
      const before = commit(repo, 'c');
      git(repo, 'config', '--unset', 'user.name');
      git(repo, 'config', '--unset', 'user.email');
      git(repo, 'config', 'user.useConfigOnly', 'true');
      expect(await codeOf(worktrees.merge(facts))).toBe('merge_failed');
      expect(git(repo, 'rev-parse', 'HEAD')).toBe(before);
      expect(git(repo, 'status', '--porcelain')).toBe('');
      identify(repo);
      expect(await codeOf(worktrees.merge(facts))).toBe('ok');
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe('removing', () => {
  it('never takes uncommitted work, nor commits that are nowhere else', async () => {
    git(repo, 'config', 'status.showUntrackedFiles', 'no');
    const { facts } = await worktrees.create(repo, 'x');
    await write(facts.path, 'b.txt', 'b\n');
    expect(await codeOf(worktrees.remove(facts))).toBe('uncommitted');
    expect(await readFile(path.join(facts.path, 'b.txt'), 'utf8')).toBe('b\n');
    await worktrees.commit(facts, 'second');
    expect(await codeOf(worktrees.remove(facts))).toBe('unmerged');
    await worktrees.merge(facts);
    await worktrees.remove(facts);
    expect(await exists(facts.path)).toBe(false);
    expect(git(repo, 'branch', '--list', facts.branch)).toBe('');
    expect(git(repo, 'worktree', 'list', '--porcelain').match(/^worktree /gm)).toHaveLength(1);
    // Asked again, as after a crash in between.
    expect(await codeOf(worktrees.remove(facts))).toBe('ok');
  });

  it('looks at its own branch too, when another is checked out there', async () => {
    const { facts } = await worktrees.create(repo, 'x');
    await write(facts.path, 'b.txt', 'b\n');
    const only = commit(facts.path, 'only here');
    git(facts.path, 'checkout', '--quiet', '-b', 'elsewhere', 'main');
    expect(await worktrees.state(facts)).toMatchObject({ unmerged: 1, current: 'elsewhere' });
    expect(await codeOf(worktrees.remove(facts))).toBe('unmerged');
    expect(git(repo, 'rev-parse', facts.branch)).toBe(only);
    git(facts.path, 'checkout', '--quiet', '--detach', only);
    git(repo, 'branch', '--quiet', '-D', facts.branch);
    // Nobody but this HEAD has it now.
    expect(await codeOf(worktrees.remove(facts))).toBe('unmerged');
    git(repo, 'tag', 'kept', only);
    expect(await codeOf(worktrees.remove(facts))).toBe('ok');
  });

  it('with its directory gone, the branch still keeps what is only there; others’ worktrees are not pruned', async () => {
    const { facts } = await worktrees.create(repo, 'x');
    const other = await worktrees.create(repo, 'y');
    await write(facts.path, 'b.txt', 'b\n');
    const only = commit(facts.path, 'only here');
    await rm(facts.path, { recursive: true });
    await rm(other.facts.path, { recursive: true });
    const state = await worktrees.state(facts);
    expect(state).toMatchObject({ missing: true, ahead: 1, unmerged: 1, files: [] });
    expect(await codeOf(worktrees.merge(facts))).toBe('worktree_missing');
    expect(await codeOf(worktrees.remove(facts))).toBe('unmerged');
    expect(git(repo, 'rev-parse', facts.branch)).toBe(only);
    expect(await codeOf(worktrees.remove(facts, state.mark))).toBe('ok');
    expect(git(repo, 'branch', '--list', facts.branch)).toBe('');
    expect(git(repo, 'worktree', 'list')).toContain(other.facts.path);
  });

  it('what is discarded is what was looked at, and no more', async () => {
    const { facts } = await worktrees.create(repo, 'x');
    await write(facts.path, 'b.txt', 'b\n');
    const { mark } = await worktrees.state(facts);
    expect((await worktrees.state(facts)).mark).toBe(mark);
    await write(facts.path, 'c.txt', 'written meanwhile\n');
    expect(await codeOf(worktrees.remove(facts, mark))).toBe('worktree_changed');
    expect(await exists(path.join(facts.path, 'c.txt'))).toBe(true);
    const now = await worktrees.state(facts);
    await write(facts.path, 'c.txt', 'other words\n');
    expect(await codeOf(worktrees.remove(facts, now.mark))).toBe('worktree_changed');
    const { mark: last } = await worktrees.state(facts);
    expect(await codeOf(worktrees.remove(facts, last))).toBe('ok');
    expect(await exists(facts.path)).toBe(false);
  });

  it('a worktree whose state cannot be read is not taken for a clean one', async () => {
    const { facts } = await worktrees.create(repo, 'x');
    await write(facts.path, 'b.txt', 'b\n');
    const index = git(facts.path, 'rev-parse', '--path-format=absolute', '--git-path', 'index');
    await writeFile(index, 'no index at all');
    expect(await codeOf(worktrees.remove(facts))).toBe('git_failed');
    expect(await exists(path.join(facts.path, 'b.txt'))).toBe(true);
  });

  it('one that somebody locked stays', async () => {
    const { facts } = await worktrees.create(repo, 'x');
    git(repo, 'worktree', 'lock', facts.path);
    expect(await codeOf(worktrees.remove(facts))).toBe('git_failed');
    expect(await exists(facts.path)).toBe(true);
  });
});
