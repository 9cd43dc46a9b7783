import { ApertureError } from '../../core/errors.ts';
import { code } from './markdown.ts';

/** A file-system error as a sentence. */
export function explain(error: unknown, shown: string): ApertureError {
  if (error instanceof ApertureError) return error;
  const { code: errno, message } = error as NodeJS.ErrnoException;
  const sentence =
    {
      ENOENT: `There is no ${code(shown)} here. \`/ls\` shows what there is.`,
      ENOTDIR: `A part of ${code(shown)} is a file, not a directory.`,
      EACCES: `${code(shown)} may not be read: permission denied.`,
      EPERM: `${code(shown)} may not be used: permission denied.`,
      ELOOP: `${code(shown)} is a symlink that goes round in circles or changed just now.`,
      ENXIO: `${code(shown)} is no regular file.`,
      ENAMETOOLONG: `The path is too long.`,
    }[errno ?? ''] ?? `${code(shown)} cannot be used: ${message}.`;
  return new ApertureError('file_error', sentence, { cause: error });
}
