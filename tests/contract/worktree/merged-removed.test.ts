import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Worktrees } from '../../../src/gateway/worktree/worktrees.ts';
import { codeOf, commit, directory, exists, git, identify, repository } from './support.ts';

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
