import { createHash, randomBytes } from 'node:crypto';
import { mkdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ApertureError, toErrorInfo } from '../../core/errors.ts';
import type { RepositoryInfo, WorktreeDiff, WorktreeState } from '../../core/wire/worktree.ts';
import { contains } from '../acp/services/contained.ts';
import { diffOf } from './diff.ts';
import type { WorktreeFacts } from './facts.ts';
import { git, run, WORK_MS } from './git.ts';
import { commitAll, mergeBack } from './merge.ts';
import { removeWorktree } from './remove.ts';
import { commitOf, headOf, locate, type Place } from './repository.ts';
import { stateOf } from './state.ts';

export interface WorktreesOptions {
  /** Where they stand; undefined: this gateway makes none. */
  readonly directory: string | undefined;
  /** Real paths; a repository must lie inside of one, if there are any (R70). */
  readonly roots: readonly string[];
}

/** A worktree that was made, and where a session works in it. */
export interface MadeWorktree {
  readonly facts: WorktreeFacts;
  readonly cwd: string;
}

/**
 * Git worktrees of sessions. They stand in the gateway's own directory, so that no tool that looks through the
 * repository finds each of its files several times; each on a branch of its own. Everything is done by git, one
 * thing at a time for each repository.
 */
export class Worktrees {
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(private readonly options: WorktreesOptions) {}

  /** Whether a session in this directory can have one. Never rejects for what git says. */
  async info(cwd: string): Promise<RepositoryInfo> {
    try {
      const { top, branch } = await this.#locate(cwd);
      return { possible: true, repository: top, ...(branch !== undefined && { branch }) };
    } catch (error) {
      return { possible: false, why: toErrorInfo(error).message };
    }
  }

  /**
   * @param cwd a directory in a repository; a real path. @param title words for the branch's name.
   * @throws ApertureError `no_worktrees`, `not_a_repository`, `no_working_tree`, `no_commit`, `outside_roots`, and
   *   as `git`. Nothing is left behind then.
   */
  async create(cwd: string, title: string): Promise<MadeWorktree> {
    const place = await this.#locate(cwd);
    const commit = await commitOf(place.top, 'HEAD');
    if (commit === undefined) throw noCommit(place.top);
    return this.#alone(place.gitDir, () => this.#make(place, commit, cwd, title));
  }

  state(facts: WorktreeFacts): Promise<WorktreeState> {
    return this.#alone(facts.gitDir, () => stateOf(facts));
  }

  diff(facts: WorktreeFacts, file: string): Promise<WorktreeDiff> {
    return this.#alone(facts.gitDir, () => diffOf(facts, file));
  }

  commit(facts: WorktreeFacts, message: unknown): Promise<void> {
    return this.#alone(facts.gitDir, () => commitAll(facts, message));
  }

  /** @throws also `outside_roots`: an earlier gateway may have had other roots. */
  merge(facts: WorktreeFacts): Promise<void> {
    return this.#alone(facts.gitDir, async () => {
      this.#checkRoots(facts.repository);
      await mergeBack(facts);
    });
  }

  remove(facts: WorktreeFacts, discard?: string): Promise<void> {
    return this.#alone(facts.gitDir, () => removeWorktree(facts, discard));
  }

  async #locate(cwd: string): Promise<Place> {
    if (this.options.directory === undefined) {
      throw new ApertureError(
        'no_worktrees',
        'This gateway has no directory to keep worktrees in.',
      );
    }
    const place = await locate(cwd);
    this.#checkRoots(place.top);
    if ((await commitOf(place.top, 'HEAD')) === undefined) throw noCommit(place.top);
    return place;
  }

  /** A worktree has all of the repository's files: they must be what sessions may see. */
  #checkRoots(repository: string): void {
    const { roots } = this.options;
    if (roots.length === 0 || roots.some((root) => contains(root, repository))) return;
    throw new ApertureError(
      'outside_roots',
      `The repository ${repository} reaches outside of what this gateway allows (${roots.join(', ')}).`,
    );
  }

  async #make(
    { top, prefix, gitDir, branch: base }: Place,
    commit: string,
    from: string,
    title: string,
  ): Promise<MadeWorktree> {
    const slug = `${slugOf(title)}-${randomBytes(3).toString('hex')}`;
    // A branch that is called so leaves no room for others below it.
    const taken = (await commitOf(gitDir, headOf('aperture'))) !== undefined;
    const branch = `aperture${taken ? '-' : '/'}${slug}`;
    const id = createHash('sha256').update(top).digest('hex').slice(0, 8);
    const folder = path.join(await this.#directory(), `${slugOf(path.basename(top))}-${id}`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const place = path.join(await realpath(folder), slug);
    const args = ['worktree', 'add', '--quiet', '--no-track', '-b', branch, '--', place, commit];
    try {
      await git(top, args, { timeoutMs: WORK_MS });
      const real = await realpath(place);
      const facts: WorktreeFacts = {
        repository: top,
        gitDir,
        path: real,
        branch,
        ...(base !== undefined && { base }),
        commit,
        from,
      };
      return { facts, cwd: await insideOf(real, prefix) };
    } catch (error) {
      // Both names are ours and new: nobody can have anything there.
      await run(gitDir, ['worktree', 'remove', '--force', '--', place]).catch(() => {});
      await rm(place, { recursive: true, force: true }).catch(() => {});
      await run(gitDir, ['branch', '--quiet', '-D', '--', branch]).catch(() => {});
      throw error;
    }
  }

  async #directory(): Promise<string> {
    const directory = this.options.directory!;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    // It may itself lie in a repository.
    await writeFile(path.join(directory, '.gitignore'), '*\n');
    return directory;
  }

  /** One thing at a time: git's own locks would make the second fail. */
  #alone<T>(gitDir: string, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(gitDir) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settle = (): void => {
      if (this.#queues.get(gitDir) === settled) this.#queues.delete(gitDir);
    };
    const settled: Promise<void> = mine.then(settle, settle);
    this.#queues.set(gitDir, settled);
    return mine;
  }
}

/** The same place as in the repository, if it is there: what nobody has committed is not in the new tree. */
async function insideOf(place: string, prefix: string): Promise<string> {
  const wanted = await realpath(path.join(place, prefix)).catch(() => place);
  const found = await stat(wanted);
  return found.isDirectory() && contains(place, wanted) ? wanted : place;
}

/** Letters and digits without accents, for branches and directories that every shell and file system takes. */
const slugOf = (name: string): string =>
  name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, '') || 'session';

const noCommit = (top: string): ApertureError =>
  new ApertureError(
    'no_commit',
    `The repository ${top} has no commit yet, so there is nothing to begin from. Commit once, then try again.`,
  );
