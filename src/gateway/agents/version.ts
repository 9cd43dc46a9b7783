import { readFile, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { isObject, parseJson } from '../../core/json.ts';
import { oneLine } from '../../core/text/sanitise.ts';
import { agentEnvironment } from '../acp/environment.ts';
import { capture } from '../workspace/process.ts';
import type { AgentSpec } from './types.ts';

/** Longest wait for a program that is asked; ms. */
const TIMEOUT_MS = 5_000;
const MAX_OUTPUT = 16 * 1024;
const MAX_MANIFEST = 256 * 1024;
/** Directories above the program in which its package may begin. */
const LEVELS = 4;

/**
 * A program's version: what its npm package says, without running anything; else what it prints for `--version`,
 * run without a key, without input and not for long.
 *
 * @returns undefined when it says none.
 */
export async function versionOf(
  { command }: Pick<AgentSpec, 'command'>,
  timeoutMs: number = TIMEOUT_MS,
): Promise<string | undefined> {
  return (await packaged(command)) ?? (await asked(command, timeoutMs));
}

/** Remembers versions until the program is another file. */
export class Versions {
  readonly #known = new Map<string, Promise<string | undefined>>();

  async of(spec: Pick<AgentSpec, 'command'>): Promise<string | undefined> {
    const real = await realpath(spec.command).catch(() => spec.command);
    const found = await stat(real).catch(() => undefined);
    const key = `${spec.command}\0${real}\0${found?.mtimeMs}\0${found?.size}`;
    let version = this.#known.get(key);
    if (!version) {
      // One for each program; older ones of it are of no use any more.
      for (const old of this.#known.keys()) {
        if (old.startsWith(`${spec.command}\0`)) this.#known.delete(old);
      }
      version = versionOf(spec);
      this.#known.set(key, version);
    }
    return version;
  }
}

/** npm links a package's programs to files inside of it. */
async function packaged(command: string): Promise<string | undefined> {
  const real = await realpath(command).catch(() => undefined);
  if (real === undefined) return undefined;
  let directory = path.dirname(real);
  for (let level = 0; level < LEVELS; level++, directory = path.dirname(directory)) {
    const text = await readFile(path.join(directory, 'package.json'), 'utf8').catch(
      () => undefined,
    );
    if (text === undefined) continue;
    const manifest = parsed(text);
    const { bin, version } = manifest ?? {};
    const programs = isObject(bin) ? Object.values(bin) : [bin];
    const own = programs.some(
      (file) => typeof file === 'string' && path.resolve(directory, file) === real,
    );
    return own && typeof version === 'string' ? oneLine(version, 40) : undefined;
  }
  return undefined;
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value = parseJson(text, { maxLength: MAX_MANIFEST });
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

async function asked(command: string, timeoutMs: number): Promise<string | undefined> {
  const result = await capture([command, '--version'], {
    cwd: homedir(),
    env: agentEnvironment({ env: {}, passEnv: [] }, process.env),
    signal: new AbortController().signal,
    timeoutMs,
    maxBytes: MAX_OUTPUT,
  }).catch(() => undefined);
  if (!result || result.timedOut || result.code !== 0) return undefined;
  const said = result.stdout.toString('utf8').trim() || result.stderr.trim();
  return /\d+\.\d+[\w.+-]*/.exec(said.slice(0, 500))?.[0].slice(0, 40);
}
