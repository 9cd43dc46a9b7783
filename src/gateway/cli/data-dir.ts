import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { ApertureError } from '../../core/errors.ts';
import { MIN_TOKEN_LENGTH } from './options.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where programs of this platform keep what is theirs, such as logs and state. */
export function defaultDataDir(env: Environment, platform: NodeJS.Platform): string {
  if (platform === 'win32') {
    return path.join(env['LOCALAPPDATA'] || path.join(homedir(), 'AppData', 'Local'), 'aperture');
  }
  const state = env['XDG_STATE_HOME'];
  const base = state && path.isAbsolute(state) ? state : path.join(homedir(), '.local', 'state');
  return path.join(base, 'aperture');
}

/**
 * The token of this data directory; made at the first start, so that pages stay signed in over a restart.
 * 256 bits, readable by its owner alone (R67).
 *
 * @throws ApertureError `bad_data_dir`
 */
export async function keptToken(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'token');
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    const token = kept.trim();
    if (token.length >= MIN_TOKEN_LENGTH && /^[\x21-\x7e]+$/.test(token)) {
      await chmod(file, 0o600);
      return token;
    }
    const made = randomBytes(32).toString('base64url');
    await writeFile(file, `${made}\n`, { mode: 0o600 });
    await chmod(file, 0o600);
    return made;
  } catch (error) {
    throw new ApertureError(
      'bad_data_dir',
      `The data directory ${dataDir} cannot be used (${(error as NodeJS.ErrnoException).code ?? String(error)}). Choose another with --data-dir D.`,
      { cause: error },
    );
  }
}
