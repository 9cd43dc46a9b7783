import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

export interface PathSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
}

/**
 * The absolute path of an executable on PATH, without running anything; undefined when there is none.
 * Relative entries of PATH are passed over: what they mean would depend on where the gateway was started.
 */
export function findOnPath(command: string, { env, platform }: PathSource): string | undefined {
  const windows = platform === 'win32';
  const { delimiter } = windows ? path.win32 : path.posix;
  for (const directory of variable('PATH', env, windows).split(delimiter)) {
    if (!path.isAbsolute(directory)) continue;
    for (const extension of extensions(command, env, windows)) {
      const candidate = path.join(directory, command + extension);
      if (isExecutable(candidate, windows)) return candidate;
    }
  }
  return undefined;
}

/** Whether this very file can be started. */
export function isExecutable(file: string, windows: boolean): boolean {
  try {
    // Windows has no execute bit; there the extension decides.
    accessSync(file, windows ? constants.F_OK : constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function extensions(command: string, env: PathSource['env'], windows: boolean): string[] {
  if (!windows) return [''];
  const known = (variable('PATHEXT', env, true) || '.COM;.EXE;.BAT;.CMD')
    .split(';')
    .map((extension) => extension.trim().toLowerCase())
    .filter(Boolean);
  return known.includes(path.win32.extname(command).toLowerCase()) ? ['', ...known] : known;
}

/** Windows spells variables as it likes (`Path`). */
function variable(name: string, env: PathSource['env'], windows: boolean): string {
  const exact = env[name];
  if (exact !== undefined || !windows) return exact ?? '';
  const key = Object.keys(env).find((key) => key.toUpperCase() === name);
  return (key !== undefined && env[key]) || '';
}
