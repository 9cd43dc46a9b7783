import { ApertureError } from '../../core/errors.ts';
import { capture, type Captured } from './process.ts';

const TIMEOUT_MS = 20_000;

/** Looking at a repository must not run what the repository itself brings along. */
const SAFE = [
  ['--literal-pathspecs'],
  ['-c', 'core.fsmonitor=false'],
  ['-c', 'core.quotePath=false'],
  ['-c', 'core.pager=cat'],
  ['-c', 'submodule.recurse=false'],
].flat();

export interface GitOptions {
  root: string;
  signal: AbortSignal;
  maxBytes?: number;
}

/**
 * Runs git in the workspace, by argument vector, without optional locks, prompts or pagers.
 *
 * @throws ApertureError `no_git` when git is not installed, `git_timeout` after 20 s
 */
export async function git(args: readonly string[], options: GitOptions): Promise<Captured> {
  let result: Captured;
  try {
    result = await capture(['git', '--no-pager', ...SAFE, ...args], {
      cwd: options.root,
      signal: options.signal,
      timeoutMs: TIMEOUT_MS,
      maxBytes: options.maxBytes ?? 4 * 1024 * 1024,
      env: { ...process.env, GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
    });
  } catch (error) {
    if (error instanceof ApertureError) {
      throw new ApertureError('no_git', 'This needs `git`, which is not on PATH. Install it.', {
        cause: error,
      });
    }
    throw error;
  }
  if (result.timedOut) {
    throw new ApertureError('git_timeout', 'git took longer than 20 s and was stopped.', {
      retryable: true,
    });
  }
  return result;
}

/** Whether the workspace lies in the working tree of a repository. */
export async function inRepository(options: GitOptions): Promise<boolean> {
  const { code, stdout } = await git(['rev-parse', '--is-inside-work-tree'], options);
  return code === 0 && stdout.toString('utf8').trim() === 'true';
}

/** `HEAD`, or git's name for the empty tree in a repository without a commit. */
export async function baseCommit(options: GitOptions): Promise<string> {
  const { code } = await git(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], options);
  if (code === 0) return 'HEAD';
  const empty = await git(['hash-object', '-t', 'tree', '--stdin'], options);
  return empty.stdout.toString('utf8').trim();
}

export interface ChangedFile {
  /** From the workspace's root, with `/`. */
  path: string;
  change: 'added' | 'changed' | 'deleted' | 'untracked';
}

/** What differs between the base and the working tree, below `pathspec`, untracked files included. */
export async function changedFiles(
  base: string,
  pathspec: string,
  options: GitOptions,
): Promise<ChangedFile[]> {
  const files: ChangedFile[] = [];
  const tracked = await git(
    // prettier-ignore
    ['diff', '--no-ext-diff', '--no-textconv', '--no-renames', '--relative', '--ignore-submodules',
      '--name-status', '-z', base, '--', pathspec],
    options,
  );
  if (tracked.code !== 0) throw failed(tracked);
  const fields = tracked.stdout.toString('utf8').split('\0');
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const change = fields[i] === 'A' ? 'added' : fields[i] === 'D' ? 'deleted' : 'changed';
    files.push({ path: fields[i + 1]!, change });
  }
  const others = await git(
    ['ls-files', '--others', '--exclude-standard', '-z', '--', pathspec],
    options,
  );
  if (others.code !== 0) throw failed(others);
  for (const path of others.stdout.toString('utf8').split('\0')) {
    if (path) files.push({ path, change: 'untracked' });
  }
  return files;
}

/** A file's bytes at the base; `undefined` if it is larger than `maxBytes`. */
export async function blobAt(
  base: string,
  path: string,
  options: GitOptions & { maxBytes: number },
): Promise<Buffer | undefined> {
  const blob = await git(['cat-file', 'blob', `${base}:./${path}`], options);
  if (blob.code !== 0) throw failed(blob);
  return blob.truncated ? undefined : blob.stdout;
}

function failed({ stderr }: Captured): ApertureError {
  const line = stderr.trim().split('\n').at(-1) ?? '';
  return new ApertureError('git_failed', `git could not do it: ${line || 'no reason given'}`);
}
