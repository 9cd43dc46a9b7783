import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** Nothing of whoever runs the tests: no settings, no identity, no GIT_DIR. */
const ENV = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
};

/** Git as a person would use it in a terminal. */
export function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, env: ENV, encoding: 'utf8', stdio: 'pipe' }).trim();
}

export function commit(place: string, message: string): string {
  git(place, 'add', '-A');
  git(place, 'commit', '--quiet', '-m', message);
  return git(place, 'rev-parse', 'HEAD');
}

export async function directory(): Promise<string> {
  const made = await realpath(await mkdtemp(path.join(tmpdir(), 'aperture-worktree-')));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** An empty repository with an identity of its own. */
export async function emptyRepository(place: string): Promise<string> {
  await mkdir(place, { recursive: true });
  git(place, 'init', '--quiet', '--initial-branch', 'main');
  identify(place);
  return place;
}

export function identify(place: string): void {
  git(place, 'config', 'user.name', 'Somebody');
  git(place, 'config', 'user.email', 'somebody@example.org');
}

/** A repository with `part/a.txt` in one commit on `main`. */
export async function repository(place: string): Promise<string> {
  await emptyRepository(place);
  await mkdir(path.join(place, 'part'));
  await writeFile(path.join(place, 'part', 'a.txt'), 'one\n');
  commit(place, 'first');
  return place;
}

export const exists = (place: string): Promise<boolean> =>
  stat(place).then(
    () => true,
    () => false,
  );

/** The error's code; `ok` if there is none. */
export const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'ok',
    (error: { code?: string; message?: string }) => error.code ?? `no code: ${error.message}`,
  );
