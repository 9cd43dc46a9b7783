/** A running time as `9s`, `4:07`, `1:02:09`; `ms` below zero (clocks differ) counts as zero. */
export function formatElapsed(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1_000));
  if (total < 60) return `${total}s`;
  const seconds = String(total % 60).padStart(2, '0');
  const minutes = Math.floor(total / 60);
  if (minutes < 60) return `${minutes}:${seconds}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${seconds}`;
}

/** Bytes as `812 KB` or `1.4 MB`, decimal units. */
export function formatBytes(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} KB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** The end of a path: what tells directories apart. `/home/me/code/app` at depth 2 is `…/code/app`. */
export function shortPath(path: string, depth = 2): string {
  const parts = path.split('/').filter(Boolean);
  return parts.length <= depth + 1 ? path : `…/${parts.slice(-depth).join('/')}`;
}
