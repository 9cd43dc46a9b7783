/** Where a host stands, as browsers see it: this device, a network around it, or the internet. */
export type Reach = 'loopback' | 'private' | 'public';

/**
 * By the name alone, as it stands in a URL: a public name that resolves to a private number looks public here.
 * The ranges are those of browsers' Local Network Access.
 */
export function reachOf(hostname: string): Reach {
  const host = hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  if (host === 'localhost' || host.endsWith('.localhost')) return 'loopback';
  if (host.includes(':')) return reachOfV6(host);
  if (/^\d+(\.\d+){3}$/.test(host)) return reachOfV4(host.split('.').map(Number));
  // One word, or a name that is asked for on the wire: only a network nearby knows it.
  return !host.includes('.') || /\.(?:local|lan|internal|home\.arpa)$/.test(host)
    ? 'private'
    : 'public';
}

function reachOfV4([a = 0, b = 0]: readonly number[]): Reach {
  if (a === 127) return 'loopback';
  const near =
    a === 0 ||
    a === 10 ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 169 && b === 254) ||
    (a === 100 && b >= 64 && b < 128);
  return near ? 'private' : 'public';
}

function reachOfV6(host: string): Reach {
  if (host === '::1') return 'loopback';
  // URLs write a mapped number as two groups of hex.
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host);
  if (mapped) {
    const high = Number.parseInt(mapped[1]!, 16);
    return reachOfV4([high >> 8, high & 255]);
  }
  return /^f[cd]|^fe[89ab]/.test(host) ? 'private' : 'public';
}
