import { constants } from 'node:fs';
import { lstat, open, readlink, realpath } from 'node:fs/promises';
import path from 'node:path';
import { ApertureError } from '../../core/errors.ts';
import type { WorktreeDiff } from '../../core/wire/worktree.ts';
import { contains } from '../acp/services/contained.ts';
import type { WorktreeFacts } from './facts.ts';
import { failed, git, run } from './git.ts';
import { mustBeThere } from './merge.ts';
import { baseOf, parting } from './state.ts';

/** Longest patch that is sent, bytes. */
const MAX_PATCH = 512 * 1024;
/** Lines around a change: all of the file, or, of a long one, a few. */
const CONTEXTS = [1_000_000, 3];

/**
 * One file's change since the worktree left its base, committed or not.
 * @param given from the worktree's root.
 * @throws ApertureError `bad_path`, as `mustBeThere`, and as {@link git}.
 */
export async function diffOf(facts: WorktreeFacts, given: string): Promise<WorktreeDiff> {
  if (given === '' || given.includes('\0') || path.isAbsolute(given) || escapes(given)) {
    throw new ApertureError('bad_path', 'Name a file by its path from the worktree’s root.');
  }
  await mustBeThere(facts);
  const from = await parting(facts, await baseOf(facts));
  for (const context of CONTEXTS) {
    const args = [
      ['diff', '--no-color', '--no-ext-diff', '--no-textconv', '--no-renames'],
      ['--ignore-submodules=none', `--unified=${context}`, from, '--', given],
    ].flat();
    const result = await run(facts.path, args, { maxBytes: MAX_PATCH });
    if (result.code !== 0) throw failed(args, result);
    if (result.stdout === '') return untracked(facts.path, given);
    if (result.truncated && context !== CONTEXTS.at(-1)) continue;
    return {
      path: given,
      patch: result.stdout,
      ...(/^(Binary files |GIT binary patch)/m.test(headOf(result.stdout)) && { binary: true }),
      ...(result.truncated && { truncated: true }),
    };
  }
  throw new Error('unreachable');
}

/** A file that git does not know: all of it is new. Read by hand, without following a link. */
async function untracked(place: string, given: string): Promise<WorktreeDiff> {
  const args = ['ls-files', '--others', '--exclude-standard', '-z', '--', given];
  const others = (await git(place, args)).split('\0');
  const none = { path: given, patch: '' };
  if (!others.includes(given)) return none;
  const file = path.join(place, given);
  if (!contains(place, await realpath(path.dirname(file)))) return none;
  const found = await lstat(file);
  if (found.isSymbolicLink()) return { path: given, patch: added(await readlink(file)) };
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    if (!(await handle.stat()).isFile()) return none;
    const bytes = Buffer.alloc(MAX_PATCH);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(bytes, length, MAX_PATCH - length);
      length += bytesRead;
      if (bytesRead === 0 || length === MAX_PATCH) break;
    }
    const text = bytes.subarray(0, length);
    if (text.includes(0)) return { path: given, patch: '', binary: true };
    const cut = (await handle.stat()).size > length;
    return {
      path: given,
      patch: added(text.toString('utf8')),
      ...(cut && { truncated: true as const }),
    };
  } finally {
    await handle.close();
  }
}

function added(text: string): string {
  if (text === '') return '';
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return `@@ -0,0 +1,${lines.length} @@\n${lines.map((line) => `+${line}`).join('\n')}`;
}

/** What stands before the first hunk. */
const headOf = (patch: string): string =>
  patch.slice(0, Math.max(0, patch.search(/^@@ /m)) || 2_000);

const escapes = (given: string): boolean => given.split(/[/\\]/).includes('..');
