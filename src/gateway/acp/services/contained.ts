import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, realpath, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { INVALID_PARAMS, RpcError } from '../json-rpc.ts';

// What an agent asks of the gateway stays inside the session's directories. The agent runs as the same user
// and could reach further by itself; but what the gateway does in its name, it does inside, and says so.

export const RESOURCE_NOT_FOUND = -32002;
const INTERNAL_ERROR = -32603;

/** Whether `inner` is `outer` or lies inside it; both real paths. */
export function contains(outer: string, inner: string): boolean {
  const way = path.relative(outer, inner);
  return way === '' || (way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way));
}

/** Where a session may read, write and run: its directory first. Real paths. */
export type Roots = readonly string[];

/** @throws RpcError when it lies outside of all roots. */
function checkInside(roots: Roots, real: string, given: string): string {
  if (roots.some((root) => contains(root, real))) return real;
  throw new RpcError(
    INVALID_PARAMS,
    `${given} is outside of this session's directory (${roots.join(', ')}).`,
  );
}

/** @throws RpcError unless it is an absolute path. */
export function absolute(given: unknown, what = 'path'): string {
  if (typeof given === 'string' && path.isAbsolute(given) && !given.includes('\0')) {
    return path.normalize(given);
  }
  throw new RpcError(INVALID_PARAMS, `“${what}” must be an absolute path.`);
}

/** Of something that exists, all symbolic links followed. @throws RpcError */
export async function realInside(roots: Roots, given: string): Promise<string> {
  return checkInside(roots, await explained(given, realpath(given)), given);
}

/** An ordinary file that exists. @throws RpcError */
export async function openToRead(roots: Roots, given: string): Promise<[FileHandle, Stats]> {
  const real = await realInside(roots, given);
  // NONBLOCK: a pipe without a writer must not hold anybody up.
  return opened(real, given, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

/**
 * An ordinary file, made with the directories above it if it is not there; not emptied yet.
 *
 * @throws RpcError
 */
export async function openToWrite(roots: Roots, given: string): Promise<[FileHandle, Stats]> {
  const directory = await realOrMade(roots, path.dirname(given), given);
  let target = path.join(directory, path.basename(given));
  const link = await lstat(target).catch(() => undefined);
  // A link that leads nowhere would make a file wherever it points to.
  if (link?.isSymbolicLink()) target = await realInside(roots, target);
  return opened(
    target,
    given,
    constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  );
}

/** The directory's real path; what is missing of it is made below the part that exists. */
async function realOrMade(roots: Roots, directory: string, given: string): Promise<string> {
  let existing = directory;
  const missing: string[] = [];
  for (;;) {
    const real = await realpath(existing).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' && path.dirname(existing) !== existing) return undefined;
      throw failed(error, given);
    });
    if (real !== undefined) {
      const whole = path.join(checkInside(roots, real, given), ...missing);
      if (missing.length > 0) await explained(given, mkdir(whole, { recursive: true }));
      // Again: what was a name a moment ago may be a link by now.
      return realInside(roots, whole);
    }
    missing.unshift(path.basename(existing));
    existing = path.dirname(existing);
  }
}

async function opened(real: string, given: string, flags: number): Promise<[FileHandle, Stats]> {
  const file = await explained(given, open(real, flags, 0o666));
  const stats = await file.stat();
  if (stats.isFile()) return [file, stats];
  await file.close();
  throw new RpcError(INVALID_PARAMS, `${given} is not an ordinary file.`);
}

async function explained<T>(given: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw failed(error, given);
  }
}

function failed(error: unknown, given: string): RpcError {
  if (error instanceof RpcError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new RpcError(RESOURCE_NOT_FOUND, `${given} does not exist.`);
  }
  if (code === 'EISDIR' || code === 'ENXIO') {
    return new RpcError(INVALID_PARAMS, `${given} is not an ordinary file.`);
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new RpcError(INTERNAL_ERROR, `${given} may not be read or written by this user.`);
  }
  return new RpcError(INTERNAL_ERROR, `${given}: ${message}`);
}
